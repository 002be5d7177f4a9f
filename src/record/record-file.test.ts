import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TallymanError } from '../errors.ts'
import type { ByteSink, ByteSource, RecordFileKind } from './record-file.ts'
import { RecordFileReader } from './record-file-reader.ts'
import { RecordFileWriter } from './record-file-writer.ts'

type Row = readonly [key: Buffer, value: Buffer]

/** Keeps copies, as `ByteSink` asks: the writer uses its chunk again. */
function memorySink(): ByteSink & { content(): Buffer } {
  const chunks: Buffer[] = []
  return { write: (chunk) => void chunks.push(Buffer.from(chunk)), content: () => Buffer.concat(chunks) }
}

function memorySource(content: Buffer): ByteSource {
  return {
    name: 'map-7.spill',
    sizeBytes: content.length,
    read: (into, atByte) => content.copy(into, 0, atByte),
  }
}

function written(rows: readonly Row[], kind: RecordFileKind = 'spill', blockBytes?: number): Buffer {
  const sink = memorySink()
  const writer = new RecordFileWriter(sink, kind, blockBytes)
  for (const [key, value] of rows) {
    // As it is written from the middle of what stands in memory.
    const [keyStart, valueStart] = [2, 2 + key.length]
    const bytes = Buffer.concat([Buffer.from('..'), key, value, Buffer.from('..')])
    writer.append(bytes, keyStart, valueStart, bytes, valueStart, valueStart + value.length)
  }
  const totals = writer.finish()
  expect(totals).toMatchObject({ records: rows.length, bytes: sink.content().length })
  return sink.content()
}

function readAll(content: Buffer, kind: RecordFileKind = 'spill', startByte = 0): Row[] {
  const reader = new RecordFileReader({ ...memorySource(content), startByte }, kind)
  const rows: Row[] = []
  while (reader.next()) {
    const { bytes, keyStart, keyEnd, valueStart, valueEnd } = reader
    rows.push([
      Buffer.from(bytes.subarray(keyStart, keyEnd)),
      Buffer.from(bytes.subarray(valueStart, valueEnd)),
    ])
  }
  return rows
}

function areEqual(a: readonly Row[], b: readonly Row[]): boolean {
  return (
    a.length === b.length && a.every(([key, value], at) => key.equals(b[at]![0]) && value.equals(b[at]![1]))
  )
}

function damageIn(content: Buffer, kind: RecordFileKind = 'spill', startByte = 0): TallymanError {
  try {
    readAll(content, kind, startByte)
  } catch (error) {
    if (error instanceof TallymanError && error.code === 'file-damaged') return error
    throw error
  }
  throw new Error('A damaged file was read as good.')
}

const anyBytes = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes))
const anyRows: fc.Arbitrary<Row[]> = fc.array(fc.tuple(anyBytes, anyBytes), { maxLength: 30 })
const anyBlockBytes = fc.integer({ min: 1, max: 300 })

describe('RecordFileWriter and RecordFileReader', () => {
  it('give back every record in order, whatever the size of blocks', () => {
    fc.assert(
      fc.property(
        anyRows,
        anyBlockBytes,
        fc.constantFrom<RecordFileKind>('spill', 'part'),
        (rows, blockBytes, kind) => {
          expect(readAll(written(rows, kind, blockBytes), kind)).toEqual(rows)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('take records longer than a block, between short ones', () => {
    const short: Row = [Buffer.from('k'), Buffer.from('v')]
    const long: Row = [Buffer.alloc(200_000, 1), Buffer.alloc(3_000_000, 2)]
    const empty: Row = [long[1], Buffer.alloc(0)]
    const rows = [short, long, long, empty, short, ...new Array<Row>(50_000).fill(short), long]
    expect(areEqual(readAll(written(rows)), rows)).toBe(true)
  })

  it('write files one behind another, each of which is read where it stands and nowhere else', () => {
    fc.assert(
      fc.property(fc.array(anyRows, { minLength: 1, maxLength: 4 }), anyBlockBytes, (files, blockBytes) => {
        const sink = memorySink()
        const writer = new RecordFileWriter(sink, 'spill', blockBytes)
        let startByte = 0
        const places = files.map((rows) => {
          expect(writer.isEmpty).toBe(true)
          for (const [key, value] of rows) writer.append(key, 0, key.length, value, 0, value.length)
          expect(writer.isEmpty).toBe(rows.length === 0)
          const { bytes, records } = writer.finish()
          expect(records).toBe(rows.length)
          startByte += bytes
          return { startByte: startByte - bytes, bytes }
        })
        expect(sink.content().length).toBe(startByte)
        for (const [index, { startByte, bytes }] of places.entries()) {
          const content = sink.content().subarray(startByte, startByte + bytes)
          expect(readAll(content, 'spill', startByte)).toEqual(files[index])
          const error = damageIn(content, 'spill', startByte + 1)
          expect(error.message).toMatch(/ wrong checksum, at byte \d+\.$/)
        }
      }),
    )
  })

  it('give blocks as they stand, and take their records as they stand', () => {
    fc.assert(
      fc.property(fc.array(anyRows, { maxLength: 4 }), (blocks) => {
        // A block of its own for each, made of files of one block.
        const sink = memorySink()
        const writer = new RecordFileWriter(sink, 'part', 10_000)
        const payloads = blocks.map((rows) => {
          const reader = new RecordFileReader(memorySource(written(rows, 'spill', 10_000)), 'spill')
          const payload = Buffer.from(reader.nextPayload(0) ?? [])
          expect(reader.nextPayload(rows.length)).toBe(null)
          expect(reader.nextPayload(0)).toBe(null)
          return payload
        })
        for (const [index, payload] of payloads.entries()) {
          const room = writer.roomBytes
          const around = Buffer.concat([Buffer.from('<'), payload, Buffer.from('>')])
          writer.appendEncoded(around, 1, 1 + payload.length, blocks[index]!.length)
          expect(writer.roomBytes).toBe(room - payload.length)
          expect(writer.isEmpty).toBe(blocks.slice(0, index + 1).flat().length === 0)
        }
        writer.finish()
        expect(readAll(sink.content(), 'part')).toEqual(blocks.flat())
        expect(sink.content()).toEqual(written(blocks.flat(), 'part', 10_000))
      }),
    )
  })

  it('has room for a block, and again when it has written one', () => {
    const sink = memorySink()
    const writer = new RecordFileWriter(sink, 'spill', 50)
    const bytes = Buffer.alloc(200)
    const append = (length: number) => writer.append(bytes, 100, 101, bytes, 100, 100 + length)
    expect(writer.roomBytes).toBe(50)
    append(10)
    expect(writer.roomBytes).toBe(50 - 13)
    expect(sink.content().length).toBe(0)
    // With lengths of 16 bytes it would just fit, as far as is known before.
    append(50 - 13 - 16 - 1)
    expect(writer.roomBytes).toBe(50 - 13 - 23)
    expect(sink.content().length).toBe(0)
    append(10)
    expect(writer.roomBytes).toBe(50 - 13)
    expect(sink.content().length).toBe(5 + 8 + 36)
  })

  it('refuse a record of 2 GiB, of which nothing is read', () => {
    // Memory that is never touched is never given.
    const value = Buffer.allocUnsafeSlow(2 ** 31)
    const writer = new RecordFileWriter(memorySink(), 'spill')
    const append = () => writer.append(Buffer.from('k'), 0, 1, value, 0, value.length)
    expect(append).toThrow('Record of 2147483655 bytes is longer than 2147483647.')
    expect(append).toThrow(
      expect.objectContaining({ code: 'value-invalid', wayOut: expect.stringMatching('smaller values') }),
    )
    expect(writer.isEmpty).toBe(true)
  })

  it('take a file without records', () => {
    expect(written([]).length).toBe(21)
    expect(readAll(written([]))).toEqual([])
  })

  it('tell files of different records apart by the crc32 of the whole', () => {
    const crcOf = (rows: readonly Row[]): number => {
      const writer = new RecordFileWriter(memorySink(), 'spill', 40)
      for (const [key, value] of rows) writer.append(key, 0, key.length, value, 0, value.length)
      return writer.finish().crc32
    }
    fc.assert(
      fc.property(anyRows, anyRows, (rows, others) => {
        expect(crcOf(rows)).toBe(crcOf([...rows]))
        if (!areEqual(rows, others)) expect(crcOf(rows)).not.toBe(crcOf(others))
      }),
    )
  })

  it('give the same bytes for the same records', () => {
    fc.assert(
      fc.property(anyRows, anyBlockBytes, (rows, blockBytes) => {
        expect(written(rows, 'part', blockBytes)).toEqual(written(rows, 'part', blockBytes))
      }),
    )
  })
})

describe('RecordFileReader', () => {
  const anyFile = fc
    .tuple(anyRows, anyBlockBytes)
    .map(([rows, blockBytes]) => written(rows, 'spill', blockBytes))

  it('refuses a file with any bit flipped', () => {
    const rows: Row[] = Array.from({ length: 12 }, (_, index) => [
      Buffer.from(`key-${index}`),
      Buffer.from([index]),
    ])
    const content = written(rows, 'spill', 40)
    for (let bit = 0; bit < content.length * 8; bit += 1) {
      content[bit >> 3]! ^= 1 << (bit & 7)
      damageIn(content)
      content[bit >> 3]! ^= 1 << (bit & 7)
    }
    expect(readAll(content)).toEqual(rows)
  })

  it('refuses a file with any bytes changed', () => {
    fc.assert(
      fc.property(
        anyFile,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 6 }),
        (content, changes) => {
          const changed = Buffer.from(content)
          for (const [at, flip] of changes) changed[at % content.length]! ^= flip
          fc.pre(!changed.equals(content))
          damageIn(changed)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('refuses a file cut off at any place', () => {
    const content = written(
      Array.from({ length: 20 }, (_, index): Row => [Buffer.alloc(index), Buffer.alloc(3)]),
      'spill',
      50,
    )
    for (let length = 0; length < content.length; length += 1) damageIn(content.subarray(0, length))
  })

  it('refuses a file with bytes appended, among them a second file', () => {
    fc.assert(
      fc.property(anyFile, fc.uint8Array({ minLength: 1 }), (content, more) => {
        expect(damageIn(Buffer.concat([content, more])).message).toMatch(
          /goes on after its end, at byte \d+\.$/,
        )
        damageIn(Buffer.concat([content, content]))
      }),
    )
  })

  it('refuses a file with a piece cut out, doubled or filled with zeros', () => {
    fc.assert(
      fc.property(anyFile, fc.nat(), fc.nat(), (content, a, b) => {
        const [start, end] = [a % content.length, b % (content.length + 1)].sort((x, y) => x - y) as [
          number,
          number,
        ]
        fc.pre(start < end)
        const [before, piece, after] = [
          content.subarray(0, start),
          content.subarray(start, end),
          content.subarray(end),
        ]
        damageIn(Buffer.concat([before, after]))
        damageIn(Buffer.concat([before, piece, piece, after]))
        const zeros = Buffer.concat([before, Buffer.alloc(piece.length), after])
        if (!zeros.equals(content)) damageIn(zeros)
      }),
      { numRuns: 500 },
    )
  })

  it('refuses whole blocks that changed places', () => {
    // Two blocks of the same length, whose checksums would be right anywhere if they did not cover the place.
    const rows: Row[] = ['a', 'b'].map((key) => [Buffer.from(key), Buffer.from('1')])
    const content = written(rows, 'spill', 18)
    const [start, first, second, end] = [
      content.subarray(0, 5),
      content.subarray(5, 17),
      content.subarray(17, 29),
      content.subarray(29),
    ]
    expect(readAll(Buffer.concat([start, first, second, end]))).toEqual(rows)
    expect(damageIn(Buffer.concat([start, second, first, end])).message).toContain(
      'has a block with a wrong checksum, at byte 5',
    )
    expect(damageIn(Buffer.concat([start, first, first, end])).message).toContain(
      'has a block with a wrong checksum, at byte 17',
    )
  })

  it('refuses a file of the other kind, of another version, or that was not finished', () => {
    expect(damageIn(written([], 'part'), 'spill').message).toBe(
      'File "map-7.spill" is not a spill file of version 1, at byte 2.',
    )
    const later = written([])
    later[4] = 2
    expect(damageIn(later).message).toContain('is not a spill file of version 1, at byte 4.')
    const sink = memorySink()
    new RecordFileWriter(sink, 'spill', 10).append(Buffer.from('key'), 0, 3, Buffer.from('value'), 0, 5)
    expect(damageIn(sink.content()).message).toContain('is cut off')
  })

  it('says in which file, where in it, and what to do', () => {
    const content = written([[Buffer.from('k'), Buffer.from('v')]])
    content[content.length - 1]! ^= 1
    const error = damageIn(content, 'spill')
    expect(error.message).toBe('File "map-7.spill" has a block with a wrong checksum, at byte 17.')
    expect(error).toMatchObject({ file: 'map-7.spill', wayOut: expect.stringMatching(/^Check the disk/) })
    expect(damageIn(content.subarray(0, 3)).message).toBe('File "map-7.spill" is cut off, at byte 3.')
    expect(damageIn(content.subarray(0, 10), 'spill', 100).message).toBe(
      'File "map-7.spill" is cut off, at byte 110.',
    )
    const without = { name: 'one', sizeBytes: 3, read: (into: Buffer) => content.copy(into, 0, 0, 3) }
    expect(() => new RecordFileReader(without, 'spill')).toThrow('File "one" is cut off, at byte 3.')
  })

  it('refuses records that do not fit their block, and a block that is refused by who takes it apart', () => {
    const sink = memorySink()
    const writer = new RecordFileWriter(sink, 'spill')
    // Lengths of a key and a value, of which there is less.
    writer.appendEncoded(Buffer.from([1, 3, 7, 7]), 0, 4, 1)
    writer.finish()
    const content = sink.content()
    expect(damageIn(content).message).toBe(
      'File "map-7.spill" has a record that is longer than its block, at byte 17.',
    )
    const reader = new RecordFileReader(memorySource(content), 'spill')
    expect(reader.nextPayload(0)).toEqual(Buffer.from([1, 3, 7, 7]))
    expect(reader.refuseRecord().message).toBe(damageIn(content).message)
    expect(() => reader.nextPayload(1)).toThrow('is damaged')
  })

  it('refuses another number of records than the file says it has', () => {
    const sink = memorySink()
    const writer = new RecordFileWriter(sink, 'spill')
    writer.appendEncoded(Buffer.from([0, 0]), 0, 2, 2)
    writer.finish()
    expect(damageIn(sink.content()).message).toBe(
      'File "map-7.spill" says it has 2 records, and it has 1, at byte 15.',
    )
    const reader = new RecordFileReader(memorySource(sink.content()), 'spill')
    reader.nextPayload(0)
    expect(reader.nextPayload(2)).toBe(null)
  })

  it('takes no memory for a length that the file cannot hold', () => {
    const content = written([[Buffer.from('k'), Buffer.from('v')]])
    content.writeUInt32LE(0xffffffff, 9)
    expect(damageIn(content).message).toBe('File "map-7.spill" has a block that is cut off, at byte 5.')
  })

  it('goes on refusing after it has met damage, and goes on returning false after the end', () => {
    const content = written([[Buffer.from('k'), Buffer.from('v')]])
    const reader = new RecordFileReader(memorySource(content), 'spill')
    expect([reader.next(), reader.next(), reader.next()]).toEqual([true, false, false])
    content[14] = 0xff
    const damaged = new RecordFileReader(memorySource(content), 'spill')
    expect(() => damaged.next()).toThrow('has a block with a wrong checksum')
    expect(() => damaged.next()).toThrow('is damaged')
  })

  it('reads nothing more once it has said that there is none, since the file may be closed then', () => {
    const content = written([[Buffer.from('k'), Buffer.from('v')]])
    let reads = 0
    const source = memorySource(content)
    const read = (into: Buffer, at: number): number => {
      reads += 1
      return source.read(into, at)
    }
    const reader = new RecordFileReader({ ...source, read }, 'spill')
    while (reader.next());
    const readsToTheEnd = reads
    expect([reader.next(), reader.nextPayload(0)]).toEqual([false, null])
    expect(reads).toBe(readsToTheEnd)
  })

  it.each([
    ['as large', 100, 100],
    ['smaller, where it is small itself', 900_000, 10],
    ['smaller, but not by far', 1_400_000, 400_000],
  ])('takes its memory again for a block that is %s', (_, firstBytes, nextBytes) => {
    const row = (bytes: number): Row => [Buffer.from('k'), Buffer.alloc(bytes)]
    const content = written([row(firstBytes), row(nextBytes), row(firstBytes)], 'spill', 20)
    const reader = new RecordFileReader(memorySource(content), 'spill')
    reader.next()
    const memory = reader.bytes.buffer
    while (reader.next()) expect(reader.bytes.buffer === memory).toBe(true)
  })

  it('gives back the memory of one long record', () => {
    const short: Row = [Buffer.alloc(10), Buffer.alloc(10)]
    const content = written([[Buffer.alloc(10), Buffer.alloc(5_000_000)], ...new Array<Row>(10).fill(short)])
    const reader = new RecordFileReader(memorySource(content), 'spill')
    reader.next()
    expect(reader.bytes.length).toBeGreaterThan(5_000_000)
    reader.next()
    expect(reader.bytes.length).toBeLessThan(100_000)
  })
})
