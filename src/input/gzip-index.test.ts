/** A gzip file read in parts by its index gives what it gives as a whole; and an index that is not right gives nothing. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { constants, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { indexInto, partsByIndex } from '../../test/fixtures/gzip-index.ts'
import { gzipSplit, makeFolder, readParts, readUnits, type Unit } from '../../test/fixtures/splits.ts'
import { jsonl } from './decode/jsonl.ts'
import { text } from './decode/text.ts'
import { readIndexCuts } from './source/gzip-index.ts'
import type { GzipCut, GzipSplit } from './split.ts'

const folder = makeFolder()
afterAll(() => folder.remove())

type Format = ReturnType<typeof text>
const formats: readonly (readonly [string, Format])[] = [
  ['text', text()],
  ['jsonl', jsonl() as unknown as Format],
]

/** Reads all parts, by their index. */
function readByIndex(
  { parts, indexFolder }: ReturnType<typeof partsByIndex>,
  format: Format,
  chunkBytes?: number,
): ReturnType<typeof readParts> {
  return readParts(parts, format, chunkBytes, { indexFolder })
}

/** Reads the whole file, and has its index written. */
async function indexed(
  content: Uint8Array,
  everyBytes: number,
  format: Format = text(),
  chunkBytes?: number,
): Promise<{ whole: GzipSplit; index: string; cuts: readonly GzipCut[]; units: Unit[]; bytes: number }> {
  const path = folder.write('file.gz', content)
  const index = join(path, '..', 'file.index')
  const whole = gzipSplit(path)
  const { units, totals } = await readUnits(whole, format, chunkBytes, {
    index: indexInto(index, everyBytes),
  })
  const cuts = readIndexCuts(index, content.length) ?? []
  return { whole, index, cuts, units, bytes: totals.bytes }
}

const { Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE, Z_FILTERED } = constants

/** Text of some 10 to 300 KB with lines of any length, and noise among them that deflate stores. */
const content = fc
  .tuple(
    fc.array(
      fc.oneof(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.constantFrom('{"a":1}', '{"a":', '\r')),
      {
        minLength: 5,
        maxLength: 80,
      },
    ),
    fc.nat(),
    fc.integer({ min: 1000, max: 4000 }),
  )
  .map(([words, seed, lines]) => {
    let state = seed
    const pieces: Buffer[] = []
    const next = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return (state >>> 8) % below
    }
    for (let line = 0; line < lines; line++) {
      pieces.push(Buffer.from(`${words[next(words.length)]} ${next(1e6)}${next(40) === 0 ? '' : '\n'}`))
      if (next(100) === 0) pieces.push(Buffer.from(Array.from({ length: 900 }, () => next(256))))
    }
    return Buffer.concat(pieces)
  })

const packed = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  // Little memory makes short blocks.
  memLevel: fc.integer({ min: 1, max: 9 }),
  windowBits: fc.integer({ min: 9, max: 15 }),
  strategy: fc.constantFrom(Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE, Z_FILTERED),
})

describe('a gzip file read by its index', () => {
  test.each(formats)(
    'holds the lines of the whole, each once and at its place: %s',
    { tags: ['large'] },
    async (_, format) => {
      let cutsSeen = 0
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.tuple(
              fc.oneof(
                { weight: 4, arbitrary: content },
                { weight: 1, arbitrary: fc.constant(Buffer.alloc(0)) },
              ),
              packed,
            ),
            { minLength: 1, maxLength: 3 },
          ),
          fc.constantFrom(1, 5000, 50_000),
          fc.constantFrom(1000, 1 << 20),
          fc.integer({ min: 1, max: 5 }),
          async (members, everyBytes, chunkBytes, nth) => {
            const file = Buffer.concat(members.map(([data, options]) => gzipSync(data, options)))
            const { whole, index, cuts, units, bytes } = await indexed(file, everyBytes, format, chunkBytes)
            cutsSeen += cuts.length
            const chosen = cuts.filter((_, at) => at % nth === 0)
            const parts = await readByIndex(partsByIndex(whole, index, chosen), format, chunkBytes)
            expect(parts.units).toEqual(units)
            expect(parts.bytes).toBe(bytes)
          },
        ),
        // So many that chance does not come near to the bound: of 40 files and 64 cuts it did.
        { numRuns: 120 },
      )
      expect(cutsSeen).toBeGreaterThan(192)
    },
  )
})

const lines = Buffer.from(
  Array.from({ length: 20_000 }, (_, at) => `line ${at} ${Math.imul(at, 2654435761) >>> 0}\n`).join(''),
)
const file = gzipSync(lines, { memLevel: 5 })

describe('the index of a gzip file', () => {
  test('has cuts as far apart as asked for, at blocks that begin at any bit', async () => {
    const { cuts } = await indexed(Buffer.concat([file, file]), 33_000)
    const distances = cuts.map(({ dataByte }, at) => dataByte - (cuts[at - 1]?.dataByte ?? 0))
    expect(Math.min(...distances)).toBeGreaterThanOrEqual(33_000)
    expect(Math.max(...distances)).toBeLessThan(120_000)
    expect(cuts.length).toBeGreaterThan(12)
    expect(
      new Set(cuts.flatMap(({ block }) => (block === undefined ? [] : [block.bits]))).size,
    ).toBeGreaterThan(4)
  })

  test('has cuts at members where those are far apart', async () => {
    const { whole, index, cuts, units } = await indexed(Buffer.concat([file, file, file, file]), 600_000)
    expect(cuts.map(({ byte, members, block }) => ({ byte, members, block }))).toEqual([
      { byte: file.length * 2, members: 2, block: undefined },
    ])
    expect((await readByIndex(partsByIndex(whole, index), text())).units).toEqual(units)
  })

  test('is thinned out where it would have too many cuts', async () => {
    const long = Buffer.from(lines.toString().replaceAll('\n', ' '))
    const content = Buffer.concat(Array.from({ length: 120 }, () => [long, Buffer.from('\n')]).flat())
    const { cuts, whole, index, units } = await indexed(gzipSync(content, { level: 1, memLevel: 3 }), 1)
    expect(content.length / 33_000).toBeGreaterThan(1024 * 1.2)
    expect(cuts.length).toBeGreaterThan(512)
    expect(cuts.length).toBeLessThanOrEqual(1024)
    const few = cuts.filter((_, at) => at % 100 === 0)
    expect((await readByIndex(partsByIndex(whole, index, few), text())).units).toEqual(units)
  })

  test('is not there where the file is damaged, cut off, or has no place to cut it at', async () => {
    const damaged = Buffer.from(file)
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 5) ^ 1, damaged.length - 5)
    for (const bad of [damaged, file.subarray(0, -9), Buffer.concat([file, Buffer.from('x')])]) {
      await expect(indexed(bad, 10_000)).rejects.toMatchObject({ code: 'input-damaged' })
      expect(readIndexCuts(join(folder.write('x', ''), '..', 'file.index'), bad.length)).toBe(null)
    }
    const { index } = await indexed(gzipSync('short\n'), 1)
    expect(existsSync(index)).toBe(false)
  })

  test('is known by its size, and refused where any bit of its table, of its head or tail is another', async () => {
    const { index, whole, cuts } = await indexed(file, 100_000)
    const { sizeBytes } = whole.identity
    expect(readIndexCuts(index, sizeBytes + 1)).toBe(null)
    const bytes = readFileSync(index)
    const windowsEnd = Math.max(
      ...cuts.map(({ block }) => (block?.windowByte ?? 0) + (block?.windowBytes ?? 0)),
    )
    for (let at = 0; at < bytes.length; at++) {
      if (at >= 22 && at < windowsEnd) continue
      const changed = Buffer.from(bytes)
      changed.writeUInt8(changed.readUInt8(at) ^ (1 << (at % 8)), at)
      expect(readIndexCuts(folder.write('changed.index', changed), sizeBytes)).toBe(null)
    }
    for (const end of [0, 10, 30, bytes.length - 1])
      expect(readIndexCuts(folder.write('changed.index', bytes.subarray(0, end)), sizeBytes)).toBe(null)
  })

  test('is found out where a window is damaged, gone, or says something else', async () => {
    const { index, whole, cuts } = await indexed(file, 100_000)
    const { parts, indexFolder } = partsByIndex(whole, index)
    const second = parts[1] as GzipSplit
    const bytes = readFileSync(index)
    const [{ block } = {}] = cuts
    for (let at = 0; at < (block?.windowBytes ?? 0); at += 97) {
      const changed = Buffer.from(bytes)
      const place = (block?.windowByte ?? 0) + at
      changed.writeUInt8(changed.readUInt8(place) ^ 0x10, place)
      folder.write('file.index', changed)
      await expect(readUnits(second, text(), undefined, { indexFolder })).rejects.toMatchObject({
        code: 'input-damaged',
      })
    }
    const away = { indexFolder: join(indexFolder, 'nowhere') }
    await expect(readUnits(second, text(), undefined, away)).rejects.toMatchObject({ code: 'input-damaged' })
  })

  test('is found out where any of what it says of a cut is not so', async () => {
    const { index, whole, cuts, units } = await indexed(file, 100_000)
    const [first, second] = cuts as [GzipCut, GzipCut]
    if (second.block === undefined) throw new Error('the second cut is at no block')
    const { block } = second
    const lies: GzipCut[] = [
      { ...second, byte: second.byte + 1 },
      { ...second, byte: second.byte - 1 },
      { ...second, dataByte: second.dataByte + 1 },
      { ...second, members: 1 },
      ...[1, 2, 3, 4, 5, 6, 7].map((more) => ({
        ...second,
        block: { ...block, bits: (block.bits + more) % 8 },
      })),
      { ...second, block: { ...block, memberBytes: block.memberBytes + 1 } },
      { ...second, block: { ...block, memberCrc32: block.memberCrc32 ^ 1 } },
      { ...second, block: { ...block, ...windowOf(first) } },
    ]
    for (const lie of lies) {
      const { parts, indexFolder } = partsByIndex(whole, index, [first, lie, ...cuts.slice(2)])
      const read = await Promise.allSettled(
        parts.map((part) => readUnits(part, text(), undefined, { indexFolder })),
      )
      const isFound = read.some(
        (outcome) =>
          outcome.status === 'rejected' && Reflect.get(Object(outcome.reason), 'code') === 'input-damaged',
      )
      // What is not found has to be no lie: at a stored block, several bits lead to the same.
      if (!isFound) {
        const found = await readByIndex({ parts, indexFolder }, text())
        expect(found.units, JSON.stringify(lie)).toEqual(units)
      }
      expect(isFound, JSON.stringify(lie)).toBe(true)
    }
  })

  test('does not hide what is wrong with the file since', async () => {
    const { index, whole } = await indexed(file, 100_000)
    const { parts, indexFolder } = partsByIndex(whole, index)
    const damaged = Buffer.from(file)
    const at = Math.floor(file.length / 2)
    damaged.writeUInt8(damaged.readUInt8(at) ^ 4, at)
    const path = folder.write('file.gz', damaged)
    const { identity } = gzipSplit(path)
    const read = await Promise.allSettled(
      parts.map((part) => readUnits({ ...part, identity }, text(), undefined, { indexFolder })),
    )
    expect(read.map(({ status }) => status)).toContain('rejected')
    folder.write('file.gz', file)
    await expect(readUnits(parts[1] as GzipSplit, text(), undefined, { indexFolder })).rejects.toMatchObject({
      code: 'input-changed',
    })
  })
})

function windowOf({
  block,
}: GzipCut): Pick<NonNullable<GzipCut['block']>, 'windowByte' | 'windowBytes' | 'windowCrc32'> {
  const { windowByte = 0, windowBytes = 0, windowCrc32 = 0 } = block ?? {}
  return { windowByte, windowBytes, windowCrc32 }
}
