import { expect, test } from 'vitest'
import { isWorthKeeping } from './worth-keeping.ts'

test('isWorthKeeping passes over what was made in no time, in runs of many tasks alone', () => {
  expect(isWorthKeeping(257, 3)).toBe(false)
  expect(isWorthKeeping(8784, 10)).toBe(true)
  expect(isWorthKeeping(8784, null)).toBe(true)
  expect(isWorthKeeping(256, 0)).toBe(true)
})
