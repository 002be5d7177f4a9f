import { expect, test } from 'vitest'
import { oneStart } from './one-start.ts'

const start = 'Error: no such luck\n    at main (app.js:1:7)\n\nNode.js v20'

test.each([
  ['', ''],
  ['one line', 'one line'],
  ['again\nagain', 'again'],
  ['first\nsecond', 'first\nsecond'],
  ['first\nfirst\nsecond', 'first\nfirst\nsecond'],
  [start, start],
  [`${start}\n${start}`, start],
  [Array<string>(6).fill(start).join('\n'), start],
  [`Node.js v20\n${start}\n${start}`, start],
  [`${start}\n${start}\nError: another`, `${start}\n${start}\nError: another`],
])('of %j one start is %j', (printed, one) => {
  expect(oneStart(printed)).toBe(one)
})
