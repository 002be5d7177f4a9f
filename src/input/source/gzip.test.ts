import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { gzipSplit, makeFolder, makeGzip, readRecords, readUnits } from '../../../test/fixtures/splits.ts'
import { TallymanError } from '../../errors.ts'
import { bytes } from '../decode/bytes.ts'
import { text } from '../decode/text.ts'

const folder = makeFolder()
afterAll(() => folder.remove())

/** The decompressed content of a gzip file, or the error reading it ends with. */
async function contentOf(file: Uint8Array, chunkBytes?: number): Promise<string | TallymanError> {
  const split = gzipSplit(folder.write('file.gz', file))
  try {
    const [content] = await readRecords(split, bytes(), chunkBytes)
    return content instanceof Uint8Array ? Buffer.from(content).toString('latin1') : 'no bytes'
  } catch (error) {
    if (error instanceof TallymanError) return error
    throw error
  }
}

async function faultOf(file: Uint8Array): Promise<{ code: string; message: string }> {
  const outcome = await contentOf(file)
  if (typeof outcome === 'string') throw new Error('The file was read without an error.')
  return { code: outcome.code, message: outcome.message.replace(/^.*file\.gz, byte /, '') }
}

const one = Buffer.from('first line\nsecond line\n')
const two = Buffer.from('third line\n')

describe('gzipChunks', () => {
  test('reads several members as one stream, lines crossing them, whatever the chunks', async () => {
    const file = Buffer.concat([gzipSync('a\nb'), gzipSync(''), gzipSync('c\n'), gzipSync('d')])
    for (const chunkBytes of [1, 5, 64, 1 << 20]) {
      const { units, totals } = await readUnits(
        gzipSplit(folder.write('members.gz', file)),
        text(),
        chunkBytes,
      )
      expect(units.map(({ record, startByte }) => [record, startByte])).toEqual([
        ['a', 0],
        ['bc', 2],
        ['d', 5],
      ])
      expect(totals).toEqual({ readBytes: file.length, bytes: 6, lines: 3 })
    }
  })

  test('reads headers with every combination of optional fields', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record(
          {
            extra: fc.uint8Array({ maxLength: 3000 }),
            name: fc.string({ unit: 'grapheme-ascii', maxLength: 300 }),
            comment: fc.string({ unit: 'grapheme-ascii' }),
            headerCrc: fc.boolean(),
          },
          { requiredKeys: [] },
        ),
        fc.constantFrom(1, 10, 1000),
        async (parts, chunkBytes) => {
          const file = Buffer.concat([makeGzip(one, parts), makeGzip(two, parts)])
          expect(await contentOf(file, chunkBytes)).toBe(`${one}${two}`)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('passes over zeros after the last member, and over nothing else', async () => {
    const file = gzipSync(one)
    expect(await contentOf(Buffer.concat([file, Buffer.alloc(5000)]))).toBe(String(one))
    const fileBytes = file.length
    expect(await faultOf(Buffer.concat([file, Buffer.from('garbage')]))).toEqual({
      code: 'input-damaged',
      message: `23: after gzip member 1, from byte ${fileBytes} of the file, come 7 bytes that are neither another member nor padding with zeros.`,
    })
    const hidden = Buffer.concat([file, Buffer.alloc(300_000), Buffer.from([1])])
    expect((await faultOf(hidden)).message).toContain('come 300,001 bytes that are neither')
    expect((await faultOf(Buffer.concat([file, Buffer.alloc(10), file]))).message).toContain(
      'neither another member',
    )
    expect((await faultOf(Buffer.concat([file, Buffer.from([0x1f])]))).message).toContain(
      'cut off inside the header of gzip member 2',
    )
    expect((await faultOf(Buffer.concat([file, Buffer.from('\x1f and more text')]))).message).toContain(
      'begins with 0x1f20, not with 0x1f8b',
    )
  })

  test('names file, byte and line of damage, and the way out', async () => {
    const path = folder.write('flipped.gz', Buffer.concat([gzipSync(one), corrupt(gzipSync(two), -6)]))
    await expect(readUnits(gzipSplit(path), text())).rejects.toMatchObject({
      code: 'input-damaged',
      message: expect.stringMatching(
        /flipped\.gz, byte 34 \(line 4\): gzip member 2 has CRC-32 0x[0-9a-f]{8}; the file says 0x[0-9a-f]{8}\.$/,
      ),
      wayOut: 'Mend the file or fetch it again, or do without it: --accept flipped.gz.',
    })
  })

  test('says which of checksum, length, header, method and flags is wrong', async () => {
    const file = gzipSync(one)
    expect((await faultOf(corrupt(file, -5))).message).toContain('has CRC-32')
    expect((await faultOf(corrupt(file, -4))).message).toBe(
      '23: gzip member 1 holds 23 bytes; the file says 22 (modulo 2^32).',
    )
    expect((await faultOf(corrupt(file, 0))).message).toContain('begins with 0x1e8b')
    expect(await faultOf(corrupt(file, 2))).toMatchObject({
      code: 'input-unsupported',
      message: expect.stringContaining('method 9'),
    })
    expect(await faultOf(corrupt(file, 3, 0x80))).toMatchObject({
      code: 'input-unsupported',
      message: expect.stringContaining('reserved flags'),
    })
    const checked = makeGzip(one, { name: 'name', headerCrc: true })
    expect((await faultOf(corrupt(checked, 11))).message).toContain('has a header whose checksum is')
  })

  test('an empty file, and one that is no gzip data, are damaged', async () => {
    expect((await faultOf(Buffer.alloc(0))).message).toBe(
      '0: the file is cut off inside the header of gzip member 1, which begins at byte 0 of the file.',
    )
    expect((await faultOf(Buffer.from('plain text, really'))).message).toContain('this is no gzip data')
  })

  test('a file cut off anywhere is damaged, and says so', async () => {
    const file = Buffer.concat([
      makeGzip(one, { extra: Buffer.alloc(20), name: 'name', headerCrc: true }),
      gzipSync(two),
    ])
    const boundary = file.length - gzipSync(two).length
    for (let fileBytes = 0; fileBytes < file.length; fileBytes++) {
      const outcome = await contentOf(file.subarray(0, fileBytes))
      if (fileBytes === boundary) expect(outcome).toBe(String(one))
      else
        expect(outcome).toMatchObject({ code: 'input-damaged', message: expect.stringContaining('cut off') })
    }
  })

  test('a flipped bit anywhere is an error, or changes nothing', async () => {
    const content = Buffer.from(
      Array.from({ length: 400 }, (_, index) => `line ${(index * index) % 91}\n`).join(''),
    )
    const file = Buffer.concat([
      makeGzip(content.subarray(0, 1000), { name: 'name' }),
      makeGzip(content.subarray(1000), { headerCrc: true }),
    ])
    await fc.assert(
      fc.asyncProperty(
        fc.nat(file.length - 1),
        fc.nat(7),
        fc.constantFrom(64, 500, 1 << 20),
        async (at, bit, chunkBytes) => {
          const outcome = await contentOf(corrupt(file, at, 1 << bit), chunkBytes)
          if (typeof outcome === 'string') expect(outcome).toBe(String(content))
          else expect(outcome.code).toMatch(/^input-(damaged|unsupported)$/)
        },
      ),
      { numRuns: 400 },
    )
  })

  test('a bomb costs time, not memory', async () => {
    const split = gzipSplit(folder.write('bomb.gz', gzipSync(Buffer.alloc(200_000_000), { level: 1 })))
    const format = text({ recordBytesMax: 1000 })
    const before = process.memoryUsage().rss
    const { units } = await readUnits(split, format)
    expect(units).toMatchObject([{ rejected: expect.stringContaining('200,000,000 bytes long') }])
    expect(process.memoryUsage().rss - before).toBeLessThan(120_000_000)
  })
})

/** A copy with one bit flipped; a negative place counts from the end. */
function corrupt(file: Uint8Array, at: number, mask = 1): Buffer {
  const copy = Buffer.from(file)
  const index = at < 0 ? copy.length + at : at
  copy.writeUInt8(copy.readUInt8(index) ^ mask, index)
  return copy
}
