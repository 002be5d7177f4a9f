import { expect, test } from 'vitest'
import { encodeKey, type Key } from '../record/index.ts'
import { LargestKeys } from './largest-keys.ts'

/** As a merge has it, behind the number of its table. */
function encoded(key: Key): { buffer: Buffer; length: number } {
  const buffer = Buffer.concat([Buffer.from([0]), encodeKey(key)])
  return { buffer, length: buffer.length }
}

test('LargestKeys keeps the three of which there is most, and none of which there is little', () => {
  const largest = new LargestKeys()
  for (const [key, bytes] of [
    ['small', 65_535],
    ['third', 70_000],
    ['c', 65_536],
    ['first', 2 ** 33],
    ['as large as the third', 70_000],
    ['d', 66_000],
    ['x'.repeat(300), 80_000],
  ] as const)
    largest.add('table', encoded(key), bytes)
  expect(largest.list).toEqual([
    { table: 'table', key: '"first"', bytes: 2 ** 33 },
    { table: 'table', key: `"${'x'.repeat(199)}…`, bytes: 80_000 },
    { table: 'table', key: '"third"', bytes: 70_000 },
  ])
})

test('LargestKeys keeps the first of those of which there is as much', () => {
  const largest = new LargestKeys()
  for (const key of ['a', 'b', 'c', 'd']) largest.add('table', encoded(key), 70_000)
  expect(largest.list.map(({ key }) => key)).toEqual(['"a"', '"b"', '"c"'])
  // One more than the least of three has its place.
  largest.add('table', encoded('e'), 70_001)
  largest.add('table', encoded('f'), 70_001)
  expect(largest.list.map(({ key }) => key)).toEqual(['"e"', '"f"', '"a"'])
  largest.add('table', encoded('g'), 70_001)
  expect(largest.list.map(({ key }) => key)).toEqual(['"e"', '"f"', '"g"'])
})

test('LargestKeys shows a key of 200 characters as it is, and of a longer one the first 200', () => {
  const largest = new LargestKeys()
  for (const [index, length] of [198, 199].entries())
    largest.add('table', encoded('x'.repeat(length)), 2 ** 20 - index)
  expect(largest.list.map(({ key }) => key)).toEqual([`"${'x'.repeat(198)}"`, `"${'x'.repeat(199)}…`])
})
