import { Readable } from 'node:stream'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { ZipFile } from 'yazl'
import {
  type HandMadeMember,
  makeFolder,
  makeMember,
  memberSplit,
  readFacts,
  readRecords,
  readUnits,
} from '../../../test/fixtures/splits.ts'
import { TallymanError } from '../../errors.ts'
import { bytes } from '../decode/bytes.ts'
import { text } from '../decode/text.ts'
import type { ByteChunks } from './byte-chunks.ts'
import { takeMemory } from './chunk-memory.ts'
import { OpenedFile } from './opened-file.ts'
import { openZipMember } from './zip-member.ts'

const folder = makeFolder()
afterAll(() => folder.remove())

type Facts = HandMadeMember['facts']

async function contentOf(
  archive: Uint8Array,
  facts: Facts,
  chunkBytes?: number,
): Promise<string | TallymanError> {
  try {
    const [content] = await readRecords(
      memberSplit(folder.write('a.zip', archive), facts),
      bytes(),
      chunkBytes,
    )
    return content instanceof Uint8Array ? Buffer.from(content).toString('latin1') : 'no bytes'
  } catch (error) {
    if (error instanceof TallymanError) return error
    throw error
  }
}

/** Opens a member, and closes all once it was used. */
async function reading(
  archive: Uint8Array,
  facts: Facts,
  chunkBytes: number,
  use: (member: ByteChunks, file: OpenedFile) => Promise<void>,
): Promise<void> {
  const split = memberSplit(folder.write('a.zip', archive), facts)
  const file = await OpenedFile.open(split.path, split.identity, '')
  try {
    const member = await openZipMember(file, split, chunkBytes)
    try {
      await use(member, file)
    } finally {
      await member.close()
    }
  } finally {
    await file.close()
  }
}

async function drain(member: ByteChunks, see: (chunk: Buffer) => void = () => undefined): Promise<void> {
  for (let chunk = await member.next(); chunk !== null; chunk = await member.next()) see(chunk)
}

async function faultOf(archive: Uint8Array, facts: Facts): Promise<{ code: string; message: string }> {
  const outcome = await contentOf(archive, facts)
  if (typeof outcome === 'string') throw new Error('The member was read without an error.')
  return { code: outcome.code, message: outcome.message.replace(/^.*a\.zip!folder\/one\.jsonl, byte /, '') }
}

const content = Buffer.from(
  Array.from({ length: 300 }, (_, index) => `line ${(index * index) % 91}\n`).join(''),
)
const after = Buffer.from('PK\x01\x02 and what follows in an archive')

describe('openZipMember', () => {
  test('reads what an archiver wrote: stored, deflated, empty, and with sizes behind the data', async () => {
    const zip = new ZipFile()
    zip.addBuffer(content, 'day/deflated')
    zip.addBuffer(content, 'day/stored', { compress: false })
    zip.addBuffer(Buffer.alloc(0), 'day/empty')
    zip.addReadStream(streamOf(content), 'day/streamed_07:00')
    zip.addReadStream(streamOf(content), 'day/zip64', { forceZip64Format: true })
    zip.end()
    const parts: Buffer[] = []
    for await (const part of zip.outputStream) parts.push(Buffer.from(part))
    const archive = Buffer.concat(parts)
    const read = new Map<string, string | TallymanError>()
    for (const facts of readFacts(archive)) {
      // What stands in the zip64 extra field is the planner's to read; here it is known.
      const compressedBytes =
        facts.member === 'day/zip64' ? deflateRawSync(content).length : facts.compressedBytes
      const uncompressedBytes = facts.member === 'day/zip64' ? content.length : facts.uncompressedBytes
      const localHeaderByte =
        facts.member === 'day/zip64' ? archive.lastIndexOf('PK\x03\x04') : facts.localHeaderByte
      for (const chunkBytes of [1, 100, 1 << 20]) {
        read.set(
          `${facts.member} ${chunkBytes}`,
          await contentOf(
            archive,
            { ...facts, compressedBytes, uncompressedBytes, localHeaderByte },
            chunkBytes,
          ),
        )
      }
    }
    expect(read.size).toBe(15)
    for (const [name, outcome] of read)
      expect(outcome).toBe(name.startsWith('day/empty') ? '' : String(content))
  })

  test('names archive, member, byte and line, and the way out', async () => {
    const member = makeMember(content, { deflated: false })
    const path = folder.write('geo.zip', flip(member.archive, member.dataByte + 2000))
    await expect(readUnits(memberSplit(path, member.facts), text(), 1000)).rejects.toMatchObject({
      code: 'input-damaged',
      message: expect.stringMatching(
        /geo\.zip!folder\/one\.jsonl, byte 2,[0-9]{3} \(line 301\): the member's bytes have CRC-32 0x[0-9a-f]{8}; the archive says 0x[0-9a-f]{8}\.$/,
      ),
      wayOut: "Mend the file or fetch it again, or do without it: --accept 'geo.zip!folder/one.jsonl'.",
    })
  })

  test('a method other than stored and deflated is named, and so is encryption', async () => {
    const { archive, facts } = makeMember(content)
    expect(await faultOf(archive, { ...facts, method: 93 })).toEqual({
      code: 'input-unsupported',
      message:
        '0: the member is compressed with method 93 (Zstandard); tallyman reads stored (0) and deflated (8).',
    })
    expect((await faultOf(archive, { ...facts, method: 77 })).message).toContain('with method 77;')
    const encrypted = makeMember(content, { flags: 1 })
    expect(await faultOf(encrypted.archive, encrypted.facts)).toEqual({
      code: 'input-unsupported',
      message: '0: the member is encrypted.',
    })
  })

  test.each([
    [1, 'Shrink'],
    [2, 'Reduce'],
    [3, 'Reduce'],
    [4, 'Reduce'],
    [5, 'Reduce'],
    [6, 'Implode'],
    [9, 'Deflate64'],
    [10, 'PKWARE DCL Implode'],
    [12, 'bzip2'],
    [14, 'LZMA'],
    [16, 'IBM z/OS CMPSC'],
    [18, 'IBM TERSE'],
    [19, 'IBM LZ77'],
    [20, 'Zstandard'],
    [94, 'MP3'],
    [95, 'XZ'],
    [96, 'JPEG'],
    [97, 'WavPack'],
    [98, 'PPMd'],
    [99, 'AES encryption'],
  ])('method %i is named as APPNOTE 4.4.5 has it: %s', async (method, name) => {
    const { archive, facts } = makeMember(content)
    expect((await faultOf(archive, { ...facts, method })).message).toBe(
      `0: the member is compressed with method ${method} (${name}); tallyman reads stored (0) and deflated (8).`,
    )
  })

  test('a member of one chunk is read once, and an empty one has none', async () => {
    const one = makeMember(content)
    await reading(one.archive, one.facts, content.length, async (member, file) => {
      expect(await member.next()).toEqual(content)
      expect(await member.next()).toBe(null)
      expect(await member.next()).toBe(null)
      expect(file.readBytes).toBe(30 + one.facts.compressedBytes)
    })
    for (const deflated of [true, false]) {
      const empty = makeMember(Buffer.alloc(0), { deflated })
      await reading(empty.archive, empty.facts, 1000, async (member) =>
        expect(await member.next()).toBe(null),
      )
    }
  })

  test('a member that holds less than a chunk and should take far more is not read as a whole', async () => {
    const data = Buffer.concat([deflateRawSync('short'), Buffer.alloc(1_000_000)])
    const { archive, facts } = makeMember(Buffer.from('short'), { data })
    await reading(archive, facts, 1000, async (member, file) => {
      await expect(drain(member)).rejects.toMatchObject({
        message: expect.stringContaining('bytes before the archive says'),
      })
      expect(file.readBytes).toBeLessThan(10_000)
    })
  })

  test.each([
    ['a damaged one of one chunk', { flags: 8 }, { crc32: 1 }, content.length],
    ['one of several', {}, {}, 500],
  ])('what a member lay in is there for whoever reads next: %s', async (_, options, lie, chunkBytes) => {
    const { archive, facts } = makeMember(content, options)
    for (let spare = 0; spare < 3; spare++) takeMemory(1)
    const memories = new Set<ArrayBufferLike>()
    await reading(archive, { ...facts, ...lie }, chunkBytes, async (member) => {
      const ended = drain(member, (chunk) => {
        memories.add(chunk.buffer)
        member.giveBack?.(chunk)
      })
      await ('crc32' in lie ? expect(ended).rejects.toThrow('CRC-32') : ended)
    })
    expect(memories.size).toBeGreaterThan(0)
    expect(memories).toContain(takeMemory(1).buffer)
  })

  test('a length that lies is found out, too short or too long, stored or deflated', async () => {
    for (const deflated of [true, false]) {
      const { archive, facts } = makeMember(content, { deflated, flags: 8 })
      const whole = Buffer.concat([archive, after])
      const { compressedBytes, uncompressedBytes } = facts
      const lies: [Partial<Facts>, string][] = deflated
        ? [
            [{ uncompressedBytes: uncompressedBytes + 1 }, 'the member holds'],
            [{ uncompressedBytes: uncompressedBytes - 1 }, 'the member holds more than the'],
            [{ uncompressedBytes: 0 }, 'the member holds more than the 0 bytes'],
            [{ compressedBytes: compressedBytes + 1 }, '1 byte before the archive says'],
            [{ compressedBytes: compressedBytes - 1 }, 'the compressed data is cut off'],
            [{ compressedBytes: 0 }, 'the compressed data is cut off'],
          ]
        : [
            [{ uncompressedBytes: uncompressedBytes + 1 }, 'two lengths'],
            [{ compressedBytes: compressedBytes - 1 }, 'two lengths'],
            [{ compressedBytes: compressedBytes - 1, uncompressedBytes: uncompressedBytes - 1 }, 'CRC-32'],
            [{ compressedBytes: compressedBytes + 1, uncompressedBytes: uncompressedBytes + 1 }, 'CRC-32'],
          ]
      for (const [lie, message] of lies) {
        for (const chunkBytes of [100, 1 << 20]) {
          const outcome = await contentOf(whole, { ...facts, ...lie }, chunkBytes)
          expect(outcome).toMatchObject({ code: 'input-damaged', message: expect.stringContaining(message) })
        }
      }
    }
  })

  test('a header that is not there, or contradicts the directory, is damage', async () => {
    const { archive, facts } = makeMember(content, { before: Buffer.alloc(10) })
    expect((await faultOf(archive, { ...facts, localHeaderByte: 0 })).message).toContain(
      'is 0x00000000 and not a local header',
    )
    expect((await faultOf(archive, { ...facts, localHeaderByte: archive.length - 5 })).message).toContain(
      'the archive is cut off',
    )
    expect(
      (await faultOf(archive, { ...facts, method: 0, compressedBytes: 1, uncompressedBytes: 1 })).message,
    ).toContain('contradicts itself about the compression method: 8 in')
    expect((await faultOf(archive, { ...facts, crc32: 1 })).message).toContain(
      'contradicts itself about CRC-32',
    )
    expect((await faultOf(archive, { ...facts, uncompressedBytes: 1 })).message).toContain(
      'contradicts itself about the length',
    )
  })

  test('a header without checksum and sizes is taken as it is, since the directory has them', async () => {
    const { archive, facts } = makeMember(content)
    archive.fill(0, 14, 26)
    expect(await contentOf(archive, facts)).toBe(String(content))
  })

  test('an archive cut off anywhere is damaged', async () => {
    for (const deflated of [true, false]) {
      const { archive, facts } = makeMember(content, { deflated })
      for (let fileBytes = 0; fileBytes < archive.length; fileBytes += 7) {
        const outcome = await contentOf(archive.subarray(0, fileBytes), facts)
        expect(outcome).toMatchObject({ code: 'input-damaged', message: expect.stringContaining('cut off') })
      }
    }
  })

  test('a flipped bit anywhere is an error, or changes nothing', async () => {
    const members = [
      makeMember(content),
      makeMember(content, { flags: 8 }),
      makeMember(content, { deflated: false }),
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...members),
        fc.nat(),
        fc.nat(7),
        fc.constantFrom(64, 500, 1 << 20),
        async (member, place, bit, chunkBytes) => {
          const archive = Buffer.concat([member.archive, after])
          const outcome = await contentOf(
            flip(archive, place % archive.length, 1 << bit),
            member.facts,
            chunkBytes,
          )
          if (typeof outcome === 'string') expect(outcome).toBe(String(content))
          else expect(outcome.code).toMatch(/^input-(damaged|unsupported)$/)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('random bytes in place of deflated data never pass', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (data) => {
        const { archive, facts } = makeMember(content, { data })
        expect(await contentOf(archive, facts)).toMatchObject({ code: 'input-damaged' })
      }),
      { numRuns: 200 },
    )
  })

  test('a bomb is stopped as soon as it gives more than declared', async () => {
    const data = deflateRawSync(Buffer.alloc(100_000_000), { level: 1 })
    const bomb = makeMember(content, { data, flags: 8 })
    const before = process.memoryUsage().rss
    const started = process.cpuUsage()
    const path = folder.write('bomb.zip', bomb.archive)
    await expect(
      readUnits(memberSplit(path, { ...bomb.facts, uncompressedBytes: 1000 }), text()),
    ).rejects.toMatchObject({
      message: expect.stringContaining('the member holds more than the 1,000 bytes the archive says'),
    })
    expect(process.memoryUsage().rss - before).toBeLessThan(60_000_000)
    expect(process.cpuUsage(started).user).toBeLessThan(500_000)
  })
})

function flip(file: Uint8Array, at: number, mask = 1): Buffer {
  const copy = Buffer.from(file)
  copy.writeUInt8(copy.readUInt8(at) ^ mask, at)
  return copy
}

async function* chunksOf(whole: Buffer): AsyncGenerator<Buffer> {
  yield whole
}

function streamOf(whole: Buffer): Readable {
  return Readable.from(chunksOf(whole))
}
