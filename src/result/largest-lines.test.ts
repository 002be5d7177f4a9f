import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { canonicalJson } from '../record/index.ts'
import { largestLines } from './largest-lines.ts'

const folder = mkdtempSync(join(tmpdir(), 'tallyman-largest-'))
afterAll(() => rmSync(folder, { recursive: true }))

function write(values: readonly unknown[]): void {
  const lines = values.map(
    (value, index) => `{"key":["k${index}",${index}],"value":${canonicalJson(value as never)}}\n`,
  )
  writeFileSync(join(folder, 'result.jsonl'), lines.join(''))
}

const table = { file: 'result.jsonl' }

const values = fc.oneof(
  fc.nat(20),
  fc.integer(),
  fc.bigInt(-(10n ** 20n), 10n ** 20n),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(null, true, false, 'e', ':5', 'a":7', '', [1, 5], { e: 5 }, { a: { b: 1e30 } }, [], {}),
)

test('largestLines finds what sorting all rows finds: numbers alone, largest first, equal ones in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(values, { maxLength: 400 }),
      fc.integer({ min: 1, max: 120 }),
      async (list, most) => {
        write(list)
        const sorted = list
          .map((value, index) => ({ value, index }))
          .filter(
            (one): one is { value: number | bigint; index: number } =>
              typeof one.value === 'number' || typeof one.value === 'bigint',
          )
          .sort((a, b) => (a.value < b.value ? 1 : a.value > b.value ? -1 : a.index - b.index))
          .slice(0, most)
        const { rows } = await largestLines(folder, table, most)
        expect(rows.map(({ key }) => key[1])).toEqual(sorted.map(({ index }) => String(index)))
        expect(rows.map(({ value }) => value)).toEqual(sorted.map(({ value }) => canonicalJson(value)))
      },
    ),
    { numRuns: 60 },
  )
})

test('largestLines cuts what it holds again and again, and passes over rows that are too long', async () => {
  const numbers: unknown[] = Array.from({ length: 20_000 }, (_, index) => (index * 7919) % 20_011)
  // Shorter and longer than what is read at once, and just not too long.
  const long = [70_000, 900_000, 256 * 1024, 65_000].map((length) => 'x'.repeat(length))
  for (const at of [0, 7, 9999, 20_000]) {
    write(numbers.toSpliced(at, 0, ...long))
    const { rows, tooLong } = await largestLines(folder, table, 3)
    expect(rows.map(({ value }) => value)).toEqual(['20010', '20009', '20008'])
    expect(tooLong).toBe(3)
  }
})
