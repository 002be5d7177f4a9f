import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { indexInto, partsByIndex } from '../../../test/fixtures/gzip-index.ts'
import { makeBlocks, makeMembers } from '../../../test/fixtures/gzip-members.ts'
import {
  gzipSplit,
  identityOf,
  makeFolder,
  makeGzip,
  readParts,
  readRecords,
  readUnits,
} from '../../../test/fixtures/splits.ts'
import { TallymanError } from '../../errors.ts'
import { bytes } from '../decode/bytes.ts'
import { text } from '../decode/text.ts'
import type { GzipBlock, GzipCut, GzipPart, GzipSplit } from '../split.ts'
import type { ByteChunks } from './byte-chunks.ts'
import { gzipChunks } from './gzip.ts'
import { type IndexFile, readIndexCuts } from './gzip-index.ts'
import { OpenedFile } from './opened-file.ts'

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

test('The chunks of a gzip file are as long as asked for, and never longer; those of a long member behind a short one are shorter', async () => {
  const [short, long] = [Buffer.alloc(1000, 'x'), Buffer.alloc(150_000, 'y')]
  const lengthsOf = async (members: readonly Buffer[], chunkBytes: number): Promise<number[]> => {
    const lengths: number[] = []
    const file = Buffer.concat(members.map((content) => gzipSync(content)))
    await opened(file, whole, { chunkBytes }, async (chunks) => {
      for (let chunk = await chunks.next(); chunk !== null; chunk = await chunks.next())
        lengths.push(chunk.length)
    })
    return lengths
  }
  expect(await lengthsOf([long, long], 1 << 20)).toEqual([150_000, 150_000])
  expect(Math.max(...(await lengthsOf([long, long], 1000)))).toBe(1000)
  const behindShort = await lengthsOf([short, long], 1 << 20)
  expect(behindShort[0]).toBe(1000)
  expect(Math.max(...behindShort)).toBe(16_384)
})

describe('a part of a gzip file between members', () => {
  const pieces = ['one\ntw', 'o\nthree\n', 'four\nfi', 've\n']
  const { file, cuts } = makeMembers(pieces)
  const part = (start: GzipCut | null, end: GzipCut | null): GzipSplit => ({
    ...gzipSplit(folder.write('file.gz', file)),
    part: { start, end },
  })

  test('is refused where it does not end as planned, with both numbers, bytes and lengths', async () => {
    const [first, second] = cuts as [GzipCut, GzipCut]
    const has = `member 3 begins at byte ${second.byte}, after 14 bytes.`
    const lies: [GzipCut, string][] = [
      [
        { ...second, byte: second.byte - 1 },
        `gzip member 3 should begin at byte ${second.byte - 1} of the file, after 14 bytes of data; ${has}`,
      ],
      [
        { ...second, dataByte: 1 },
        `gzip member 3 should begin at byte ${second.byte} of the file, after 1 byte of data; ${has}`,
      ],
      [
        { ...second, members: 1 },
        `gzip member 2 should begin at byte ${second.byte} of the file, after 14 bytes of data; ${has}`,
      ],
    ]
    for (const [lie, message] of lies) {
      for (const start of [null, first]) {
        const error = await readUnits(part(start, lie), text()).catch((error: unknown) => error)
        expect(error).toMatchObject({ code: 'input-damaged', message: expect.stringContaining(message) })
      }
    }
  })

  test('is checked to its end where reading stops before', async () => {
    const [, second] = cuts as [GzipCut, GzipCut]
    const damaged = corrupt(file, second.byte - 8)
    for (const [content, isGood] of [
      [file, true],
      [damaged, false],
    ] as const) {
      await opened(content, { start: null, end: second }, { chunkBytes: 64 }, async (chunks) => {
        expect(String(await chunks.next())).toBe(pieces[0])
        if (isGood) await chunks.finish?.()
        else await expect(chunks.finish?.()).rejects.toThrow('gzip member 2 has CRC-32')
      })
    }
  })

  test('has chunks with something in them, also where members hold nothing', async () => {
    const empty = ['', 'a', '', '', 'b', '']
    for (const { file } of [makeMembers(empty), makeBlocks(empty)]) {
      await opened(file, whole, { chunkBytes: 1000 }, async (chunks) => {
        expect(String(await chunks.next())).toBe('a')
        expect(String(await chunks.next())).toBe('b')
        expect(await chunks.next()).toBe(null)
      })
    }
  })
})

describe('a part of a gzip file between blocks', () => {
  // Little memory makes short blocks.
  const member = (seed: number): Buffer =>
    Buffer.from(
      Array.from({ length: 9000 }, (_, at) => `${Math.imul(at + seed, 2654435761) >>> 0}\n`).join(''),
    )
  const contents = [member(1), member(2)]
  const file = Buffer.concat(contents.map((content) => gzipSync(content, { memLevel: 1 })))
  const split = (): GzipSplit => gzipSplit(folder.write('file.gz', file))

  async function indexed(): Promise<{ index: string; cuts: readonly GzipCut[] }> {
    const index = folder.write('file.index', '')
    await readUnits(split(), text(), 5000, { index: indexInto(index, 20_000) })
    return { index, cuts: readIndexCuts(index, file.length) ?? [] }
  }

  test.each([64, 5000, 1 << 20])(
    'holds what the whole holds there: chunks of %i bytes',
    async (chunkBytes) => {
      const { index, cuts } = await indexed()
      const blocks = cuts.flatMap(({ block }) => block ?? [])
      expect(new Set(blocks.map(({ bits }) => bits)).size).toBeGreaterThan(1)
      expect(new Set(cuts.map(({ members }) => members))).toEqual(new Set([0, 1]))
      const { units } = await readUnits(split(), text())
      const { parts, indexFolder } = partsByIndex(split(), index)
      expect((await readParts(parts, text(), chunkBytes, { indexFolder })).units).toEqual(units)
    },
  )

  test('is inflated to its end and no further before that is asked for, and then a little at a time', async () => {
    const { index, cuts } = await indexed()
    const [first, second] = cuts as [GzipCut, GzipCut]
    const inSecondMember = cuts.find(({ members }) => members === 1) as GzipCut
    for (const [start, end] of [
      [null, first],
      [first, second],
      [null, inSecondMember],
    ] as const) {
      const options = { chunkBytes: 1 << 20, indexFile: index }
      await opened(file, { start, end }, options, async (chunks) => {
        let dataByte = start?.dataByte ?? 0
        while (dataByte < end.dataByte) dataByte += (await chunks.next())?.length ?? Number.POSITIVE_INFINITY
        expect(dataByte).toBe(end.dataByte)
        expect((await chunks.next())?.length).toBeLessThanOrEqual(65_536)
      })
    }
  })

  test('is refused where what the index says of its end is not so, whatever of it', async () => {
    const { index, cuts } = await indexed()
    const [first, end] = cuts as [GzipCut, GzipCut]
    const block = end.block as GzipBlock
    const lies: GzipCut[] = [
      { ...end, members: end.members + 1 },
      { ...end, dataByte: end.dataByte + 1 },
      { ...end, dataByte: end.dataByte + 1, block: { ...block, memberBytes: block.memberBytes + 1 } },
      { ...end, block: { ...block, memberBytes: block.memberBytes + 1 } },
      { ...end, block: { ...block, memberCrc32: block.memberCrc32 ^ 1 } },
      // Beyond all of the member, of the file, and of its data.
      { ...end, dataByte: file.length * 10, block },
      { ...end, byte: file.length + 9, dataByte: file.length * 10, block },
    ]
    for (const lie of lies) {
      for (const start of [null, first]) {
        const options = { chunkBytes: 5000, indexFile: index }
        await opened(file, { start, end: lie }, options, async (chunks) => {
          const fault = await drain(chunks).catch((error: unknown) => error)
          expect(fault).toMatchObject({
            code: 'input-damaged',
            message: `the data before its byte ${lie.dataByte.toLocaleString('en-US')} is not what the index of the file says`,
          })
        })
      }
    }
  })

  test('is checked to its end where reading stops before', async () => {
    const { index, cuts } = await indexed()
    const [start, end] = cuts as [GzipCut, GzipCut]
    const block = end.block as GzipBlock
    const lie = { ...end, block: { ...block, memberCrc32: block.memberCrc32 ^ 1 } }
    const options = { chunkBytes: 1000, indexFile: index }
    await opened(file, { start, end }, options, async (chunks) => {
      await chunks.next()
      await chunks.finish?.()
    })
    await opened(file, { start, end: lie }, options, async (chunks) => {
      await chunks.next()
      await expect(chunks.finish?.()).rejects.toThrow('is not what the index of the file says')
    })
  })

  test('cannot be begun without its index, nor where that leads to no block', async () => {
    const { index, cuts } = await indexed()
    const [start] = cuts as [GzipCut]
    const open = (indexFile: string | undefined, start: GzipCut): Promise<void> =>
      opened(
        file,
        { start, end: null },
        { chunkBytes: 1000, ...(indexFile === undefined ? {} : { indexFile }) },
        drain,
      )
    await expect(open(undefined, start)).rejects.toThrow('the index of the gzip file cannot be read')
    await expect(open(`${index}.gone`, start)).rejects.toThrow('the index of the gzip file cannot be read')
    await expect(open(index, start)).resolves.toBe(undefined)
    // Seven bits of a byte that is all ones: a block of a kind that there is not.
    const ones = Buffer.from(file)
    ones.writeUInt8(0xff, start.byte - 1)
    const block = { ...(start.block as GzipBlock), bits: 7 }
    const options = { chunkBytes: 1000, indexFile: index }
    await expect(opened(ones, { start: { ...start, block }, end: null }, options, drain)).rejects.toThrow(
      'the index of the gzip file leads to where no block begins',
    )
  })

  test('has no index where reading was given up, and the file of that is closed', async () => {
    const counts = { created: 0, closed: 0 }
    const create = (): IndexFile => {
      counts.created += 1
      return {
        write: () => undefined,
        close: () => {
          counts.closed += 1
        },
      }
    }
    const options = { chunkBytes: 1000, index: { everyBytes: 1000, create } }
    await opened(file, whole, options, async (chunks) => {
      while (counts.created === 0) if ((await chunks.next()) === null) throw new Error('There is no cut.')
      expect(counts.closed).toBe(0)
    })
    expect(counts).toEqual({ created: 1, closed: 1 })
  })
})

const whole: GzipPart = { start: null, end: null }

/** Opens a part of a file, and closes all once it was used. */
async function opened(
  content: Uint8Array,
  part: GzipPart,
  options: Parameters<typeof gzipChunks>[2],
  use: (chunks: ByteChunks) => Promise<void>,
): Promise<void> {
  const path = folder.write('opened.gz', content)
  const file = await OpenedFile.open(path, identityOf(path), '')
  try {
    const chunks = await gzipChunks(file, part, options)
    try {
      await use(chunks)
    } finally {
      await chunks.close()
    }
  } finally {
    await file.close()
  }
}

async function drain(chunks: ByteChunks): Promise<void> {
  while ((await chunks.next()) !== null);
}

/** A copy with one bit flipped; a negative place counts from the end. */
function corrupt(file: Uint8Array, at: number, mask = 1): Buffer {
  const copy = Buffer.from(file)
  const index = at < 0 ? copy.length + at : at
  copy.writeUInt8(copy.readUInt8(index) ^ mask, index)
  return copy
}
