import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { anyPoint } from '../../test/fixtures/keys-and-values.ts'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import {
  canonicalJson,
  compareKeys,
  encodeKey,
  hashBytes,
  type Key,
  RecordFileWriter,
} from '../record/index.ts'
import { type PartRow, partRows } from './part-rows.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

let parts = 0
function writePart(rows: readonly (readonly [Key, unknown])[]): string {
  parts += 1
  const file = folder.at(`part-${parts}`)
  const chunks: Buffer[] = []
  const writer = new RecordFileWriter({ write: (chunk) => void chunks.push(Buffer.from(chunk)) }, 'part')
  for (const [key, value] of rows) {
    const [keyBytes, json] = [encodeKey(key), Buffer.from(canonicalJson(value))]
    writer.append(keyBytes, 0, keyBytes.length, json, 0, json.length)
  }
  writer.finish()
  writeFileSync(file, Buffer.concat(chunks))
  return file
}

const keysOf = (files: readonly string[]): Key[] => [...partRows(files)].map(({ key }) => key)

/** Open files of this process; none where the system does not tell. */
function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0
  }
}

describe('partRows', () => {
  test('merges partitions in key order', () => {
    const files = [
      writePart([
        [null, 1],
        [2, 1],
        ['～', 1],
      ]),
      writePart([
        [true, 1],
        [10, 1],
        [['a'], 1],
      ]),
      writePart([
        [1n, 1],
        ['😀', 1],
      ]),
    ]
    expect(keysOf(files)).toEqual([null, true, 1n, 2, 10, '～', '😀', ['a']])
  })

  test('gives the key, and the value as the JSON that was written', () => {
    const value = { n: 9007199254740993n, zero: -0, text: 'ä\ud800' }
    expect([...partRows([writePart([[['de', 1n], value]])])]).toEqual<PartRow[]>([
      { key: ['de', 1n], valueJson: '{"n":9007199254740993,"zero":-0,"text":"ä\\ud800"}' },
    ])
  })

  test('gives nothing where there is no part, and passes over one without rows', () => {
    expect(keysOf([])).toEqual([])
    expect(keysOf([writePart([]), writePart([['a', 1]]), writePart([])])).toEqual(['a'])
  })

  test('gives every row once, in order, however the keys are spread over partitions', () => {
    const scalar = fc.oneof(
      fc.string({ unit: anyPoint, maxLength: 4 }),
      fc.integer(),
      fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
      fc.constantFrom(null, true, false),
    )
    const key: fc.Arbitrary<Key> = fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }))
    const keys = fc.uniqueArray(key, { selector: (key) => encodeKey(key).toString('hex'), maxLength: 40 })
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 5 }), (keys, partitions) => {
        const sorted = [...keys].sort(compareKeys)
        const files = Array.from({ length: partitions }, (_, partition) =>
          writePart(
            sorted
              .filter((key) => {
                const bytes = encodeKey(key)
                return hashBytes(bytes, 0, bytes.length) % partitions === partition
              })
              .map((key) => [key, 0]),
          ),
        )
        expect(keysOf(files)).toEqual(sorted)
      }),
      { numRuns: 60 },
    )
  })

  test('reads across blocks of a part', () => {
    const rows = Array.from({ length: 20_000 }, (_, index): [Key, unknown] => [index, 'x'.repeat(20)])
    const files = [0, 1].map((rest) => writePart(rows.filter(([key]) => Number(key) % 2 === rest)))
    expect(readFileSync(files[0]!).length).toBeGreaterThan(4 * 64 * 1024)
    expect(keysOf(files)).toEqual(rows.map(([key]) => key))
  })

  test('fails for a part that is damaged or gone, naming it, and leaves no file open', () => {
    const good = writePart([['a', 1]])
    const damaged = writePart([['b', 'some text']])
    const bytes = readFileSync(damaged)
    bytes[bytes.length - 20]! ^= 1
    writeFileSync(damaged, bytes)
    const noPart = folder.at('no-part')
    writeFileSync(noPart, 'something else')
    const before = openFiles()
    for (const wrong of [damaged, noPart, folder.at('gone')]) {
      const refusal = expect.objectContaining({
        code: 'file-damaged',
        message: expect.stringContaining(wrong),
      })
      expect(() => keysOf([good, wrong])).toThrow(refusal)
    }
    expect(openFiles()).toBe(before)
  })

  test('leaves no file open when nobody reads on', () => {
    const before = openFiles()
    for (const { key } of partRows([writePart([['a', 1]]), writePart([['b', 1]])])) {
      expect(key).toBe('a')
      break
    }
    expect(openFiles()).toBe(before)
  })
})
