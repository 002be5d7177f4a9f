import { createColors } from 'picocolors'
import { expect, test } from 'vitest'
import { sayFault } from './terminal.ts'

const own = '    at map (/home/ada/words.job.ts:3:7)'

/** What is said of an error of a job. */
function said(message: string, stack: string): string[] {
  const lines: string[] = []
  const say = (line: string): void => void lines.push(line)
  sayFault({ say, colors: createColors(false) }, { code: 'job-threw', message, stack })
  return lines
}

test.each([
  ['no such luck', `Error: no such luck\n${own}`],
  ['', `Error\n${own}`],
  // It stands in the place as well.
  ['job', `Error: job\n${own}`],
  ['map', `Error: another\n${own}`],
])('sayFault tells of %j where it was', (message, stack) => {
  expect(said(message, stack)).toEqual([`Error: ${message}`, own])
})

test('sayFault does not take places that a message has for its own', () => {
  const message = `The app has ended. It printed last:\nError: no such luck\n${own}`
  expect(said(message, `TallymanError: ${message}\n    at node:internal/main:1:1`)).toEqual([
    `Error: ${message}`,
  ])
})
