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
