/** A gzip file read in parts gives what it gives as a whole: records, positions, rejected lines. */
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { makeBlocks, makeMembers } from '../../test/fixtures/gzip-members.ts'
import { gzipSplit, makeFolder, readParts, readUnits } from '../../test/fixtures/splits.ts'
import { jsonl } from './decode/jsonl.ts'
import { text } from './decode/text.ts'
import type { GzipCut, GzipSplit } from './split.ts'

const folder = makeFolder()
afterAll(() => folder.remove())

function partsOf(whole: GzipSplit, cuts: readonly GzipCut[]): GzipSplit[] {
  return [null, ...cuts].map((start, index) => ({ ...whole, part: { start, end: cuts[index] ?? null } }))
}

/** Text with few lines or many, cut anywhere, also in the middle of a character. */
const cutText = fc
  .tuple(
    fc.array(
      fc.oneof(
        fc.constantFrom('\n', '\r\n', '\n\n', '\ufeff', '{"a":1}\n', '{"a":'),
        fc.string({ unit: 'grapheme' }),
      ),
      { maxLength: 40 },
    ),
    fc.array(fc.nat(), { maxLength: 12 }),
  )
  .map(([pieces, places]) => {
    const bytes = Buffer.from(pieces.join(''))
    const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
    return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
  })

describe('the parts of a gzip file', () => {
  test.each([
    ['text', text()],
    ['jsonl', jsonl() as unknown as ReturnType<typeof text>],
  ])('hold together the lines of the whole, each once and at its place: %s', async (_, format) => {
    await fc.assert(
      fc.asyncProperty(
        cutText,
        fc.boolean(),
        fc.array(fc.boolean(), { minLength: 13, maxLength: 13 }),
        fc.constantFrom(1, 7, 64, 1 << 20),
        async (members, isBlocks, wanted, chunkBytes) => {
          const { file, cuts } = isBlocks ? makeBlocks(members) : makeMembers(members)
          // The plan has data in every part; and a byte order mark is taken for the start of the line after it.
          const chosen = cuts.filter(({ dataByte }, index) => wanted[index] && dataByte > 3)
          const whole = gzipSplit(folder.write('file.gz', file))
          const parts = await readParts(partsOf(whole, chosen), format, chunkBytes)
          const { units, totals } = await readUnits(whole, format, chunkBytes)
          expect(parts.units).toEqual(units)
          expect(parts.bytes).toBe(totals.bytes)
        },
      ),
      { numRuns: 300 },
    )
  })

  const contents = ['one\ntw', 'o\nthree\n', 'four\nfi', 've\n', 'six\n']

  test.each([
    ['blocks of bgzip', makeBlocks],
    ['members', makeMembers],
  ])('are refused where they do not end as planned: %s', async (_, make) => {
    const { file, cuts } = make(contents)
    const whole = gzipSplit(folder.write('file.gz', file))
    const end = cuts[2] as GzipCut
    const wrong = [
      { ...end, byte: end.byte - 1 },
      { ...end, dataByte: end.dataByte + 1 },
      { ...end, members: end.members - 1 },
    ]
    for (const cut of wrong) {
      const [first] = partsOf(whole, [cut])
      await expect(readUnits(first as GzipSplit, text())).rejects.toMatchObject({ code: 'input-damaged' })
    }
  })

  test('are checked to their end, though their last line ends before', async () => {
    // All of the second part is the middle of one line.
    const { file, cuts } = makeMembers(['a\nb', 'c'.repeat(1000), 'd\ne\n'])
    const damaged = Buffer.from(file)
    const second = cuts[1] as GzipCut
    damaged.writeUInt8(damaged.readUInt8(second.byte - 8) ^ 1, second.byte - 8)
    const parts = partsOf(gzipSplit(folder.write('file.gz', damaged)), cuts)
    const found = await Promise.allSettled(parts.map((part) => readUnits(part, text(), 64)))
    expect(found.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
  })

  test('leave a block of bgzip that is damaged to the reader of members, which says what is wrong', async () => {
    const { file, cuts } = makeBlocks(contents)
    const damaged = Buffer.from(file)
    const third = cuts[1] as GzipCut
    damaged.writeUInt8(damaged.readUInt8(third.byte + 20) ^ 0xff, third.byte + 20)
    const plain = Buffer.concat([gzipSync('one\ntwo\n'), gzipSync('three\n')])
    const messageOf = async (bytes: Buffer): Promise<string> => {
      const read = readUnits(gzipSplit(folder.write('file.gz', bytes)), text())
      return await read.then(
        () => 'nothing',
        (error: Error) => error.message,
      )
    }
    expect(await messageOf(plain)).toBe('nothing')
    expect(await messageOf(damaged)).toMatch(/file\.gz, byte (14|21) \(line [45]\): .*(damaged|CRC-32)/)
  })
})
