import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import {
  gzipSplit,
  makeFolder,
  makeMember,
  memberSplit,
  rangeSplit,
  readFacts,
  readRecords,
  readUnits,
} from '../../test/fixtures/splits.ts'
import { requires } from '../../test/requires.ts'
import { bytes } from './decode/bytes.ts'
import { fixedWidth } from './decode/fixed-width.ts'
import { jsonl } from './decode/jsonl.ts'
import { text } from './decode/text.ts'
import { openSplit } from './open-split.ts'
import type { Split } from './split.ts'

const folder = makeFolder()
afterAll(() => folder.remove())

describe('openSplit on plain files', () => {
  test('gives lines with their place: LF, CRLF, empty lines, no final newline, a byte order mark', async () => {
    const path = folder.write('lines.txt', '\ufeffone\r\n\n일\nlast')
    const { units, totals } = await readUnits(rangeSplit(path), text())
    expect(units).toEqual([
      { record: 'one', startByte: 3, endByte: 6, line: 1 },
      { record: '', startByte: 8, endByte: 8, line: 2 },
      { record: '일', startByte: 9, endByte: 12, line: 3 },
      { record: 'last', startByte: 13, endByte: 17, line: 4 },
    ])
    expect(totals).toEqual({ readBytes: 17, bytes: 17, lines: 4 })
  })

  test('an empty file has no lines', async () => {
    const path = folder.write('empty.txt', '')
    expect(await readUnits(rangeSplit(path), text())).toEqual({
      units: [],
      totals: { readBytes: 0, bytes: 0, lines: 0 },
    })
  })

  test('any cutting into ranges gives the records of the whole file, each once', async () => {
    const line = fc.constantFrom('', 'a', '{"id":1}', 'xyz'.repeat(5), '\r', ' ')
    await fc.assert(
      fc.asyncProperty(
        fc.array(line),
        fc.array(fc.nat(100)),
        fc.integer({ min: 1, max: 30 }),
        async (lines, cuts, chunkBytes) => {
          const content = lines.join('\n')
          const path = folder.write('cut.txt', content)
          const whole = (await readUnits(rangeSplit(path), text())).units
          const edges = [
            0,
            ...new Set(cuts.filter((at) => at > 0 && at < content.length)),
            content.length,
          ].sort((a, b) => a - b)
          const parts = []
          let bytesRead = 0
          for (let index = 0; index + 1 < edges.length; index++) {
            const { units, totals } = await readUnits(
              rangeSplit(path, edges[index], edges[index + 1]),
              text(),
              chunkBytes,
            )
            parts.push(...units)
            bytesRead += totals.bytes
          }
          const place = ({ line: _, ...unit }: (typeof whole)[number]) => unit
          expect(parts.map(place)).toEqual(whole.map(place))
          expect(bytesRead).toBe(content.length)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('jsonl: blank lines are no records, but count as lines; any JSON value is a record', async () => {
    const path = folder.write('blank.jsonl', '{"a":1}\n\n \t\r\n42\nnull\n')
    const { units } = await readUnits(rangeSplit(path), jsonl())
    expect(units.map(({ record, line }) => [record, line])).toEqual([
      [{ a: 1 }, 1],
      [42, 4],
      [null, 5],
    ])
  })

  test('jsonl: what does not decode is rejected with reason, byte and excerpt, and the reading goes on', async () => {
    const path = folder.write(
      'bad.jsonl',
      Buffer.concat([Buffer.from('{"a":1}\n{"a":\n"'), Buffer.from([0xff]), Buffer.from('"\n2\n')]),
    )
    const { units } = await readUnits(rangeSplit(path), jsonl())
    expect(units).toEqual([
      { record: { a: 1 }, startByte: 0, endByte: 7, line: 1 },
      {
        rejected: 'expected a value after ":", found the end of the record',
        atByte: 5,
        startByte: 8,
        endByte: 13,
        line: 2,
      },
      { rejected: 'byte 0xff is not valid UTF-8 there', atByte: 1, startByte: 14, endByte: 17, line: 3 },
      { record: 2, startByte: 18, endByte: 19, line: 4 },
    ])
  })

  test('fixedWidth: what does not fit is rejected with line and byte, in whatever chunks, and the last half line is named', async () => {
    const path = folder.write('stations.txt', 'KR1  12\r\n\nKÖ2  x2\nKR3   4\nKR4')
    const format = fixedWidth({ fields: { id: [1, 3], value: { at: [5, 7], type: 'number' } } })
    for (const chunkBytes of [1, 7, 1000]) {
      expect((await readUnits(rangeSplit(path), format, chunkBytes)).units).toEqual([
        { record: { id: 'KR1', value: 12 }, startByte: 0, endByte: 7, line: 1 },
        {
          rejected: 'field "value" (characters 5 to 7) holds " x2", which is no number',
          atByte: 5,
          startByte: 10,
          endByte: 18,
          line: 3,
        },
        { record: { id: 'KR3', value: 4 }, startByte: 19, endByte: 26, line: 4 },
        {
          rejected:
            'the line has 3 characters; its fields need 7; this last line has no newline: it was probably cut off while it was written',
          atByte: 3,
          startByte: 27,
          endByte: 30,
          line: 5,
        },
      ])
    }
  })

  test('a last line that does not decode and has no newline is said to be cut off', async () => {
    const path = folder.write('half.jsonl', '{"a":1}\n{"a":"hal')
    const { units } = await readUnits(rangeSplit(path), jsonl(), 3)
    expect(units[1]?.rejected).toBe(
      'expected the closing quote of a string, found the end of the record; this last line has no newline: it was probably cut off while it was written',
    )
    const whole = folder.write('whole.jsonl', '{"a":1}\n{"a":"whole"}')
    expect(await readRecords(rangeSplit(whole), jsonl())).toEqual([{ a: 1 }, { a: 'whole' }])
  })

  test('text that is not UTF-8 is rejected', async () => {
    const path = folder.write('cut.txt', Buffer.from('일').subarray(0, 2))
    expect((await readUnits(rangeSplit(path), text())).units[0]?.rejected).toBe(
      'byte 0xec is not valid UTF-8 there; this last line has no newline: it was probably cut off while it was written',
    )
  })

  test('what holds no lines is refused where it begins, in whatever it is packed, and read where files are records', async () => {
    const content = Buffer.from('\ufeffone\ntwo\n', 'utf16le')
    const member = makeMember(content)
    const plain = folder.write('utf16.txt', content)
    const packed = folder.write('utf16.gz', gzipSync(content))
    const archive = folder.write('utf16.zip', member.archive)
    const splits = [
      [rangeSplit(plain), plain, 'utf16.txt'],
      [gzipSplit(packed), packed, 'utf16.gz'],
      [memberSplit(archive, member.facts), `${archive}!folder/one.jsonl`, "'utf16.zip!folder/one.jsonl'"],
    ] as const
    for (const [split, name, accepted] of splits) {
      await expect(readUnits(split, text())).rejects.toMatchObject({
        code: 'input-unsupported',
        message: `${name}, byte 0 (line 1): it is text in UTF-16: it begins with its byte order mark, and UTF-8 is read.`,
        wayOut: `Convert it (iconv -f UTF-16 -t UTF-8), or do without it: --accept ${accepted}.`,
      })
      expect(await readRecords(split, bytes())).toEqual([new Uint8Array(content)])
    }
    // Later on such bytes are damage of a line.
    const { units } = await readUnits(rangeSplit(folder.write('later.txt', 'a\n\xff\xfe\n')), text())
    expect(units).toMatchObject([{ record: 'a' }, { record: 'ÿþ' }])
    const part = rangeSplit(folder.write('part.txt', Buffer.from('a\n\xff\xfe\n', 'latin1')), 2)
    expect((await readUnits(part, text())).units).toMatchObject([
      { rejected: expect.stringContaining('0xff') },
    ])
  })

  test('a line beyond the limit is rejected with its length, whatever the chunks, and the next one is read', async () => {
    const path = folder.write(
      'long.txt',
      `${'é'.repeat(2000)}\r\nshort\n${'y'.repeat(10)}\n${'z'.repeat(11)}`,
    )
    for (const chunkBytes of [1, 7, 1000, 1 << 20]) {
      const { units } = await readUnits(rangeSplit(path), text({ recordBytesMax: 10 }), chunkBytes)
      expect(units.map(({ record, rejected }) => record ?? rejected)).toEqual([
        'the line is 4,000 bytes long; a record may have 10 (recordBytesMax)',
        'short',
        'yyyyyyyyyy',
        'the line is 11 bytes long; a record may have 10 (recordBytesMax)',
      ])
    }
  })

  test('excerpt is the first 200 characters of the line at hand, also of one that is too long', async () => {
    const path = folder.write('excerpt.txt', `${'é😀'.repeat(1000)}\nab\n`)
    const format = text({ recordBytesMax: 100 })
    for (const chunkBytes of [16, 1 << 20]) {
      const reader = await openSplit(rangeSplit(path), format, format.decoder(), { chunkBytes })
      const excerpts = []
      while (await reader.nextChunk())
        while (reader.next() !== 'end-of-chunk') excerpts.push(reader.excerpt())
      await reader.close()
      expect(excerpts).toEqual(['é😀'.repeat(100), 'ab'])
    }
  })
})

describe('openSplit with bytes()', () => {
  const content = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 256))

  test('gives a whole file, gzip file or member as one record, a copy', async () => {
    const member = makeMember(content)
    const splits = [
      rangeSplit(folder.write('whole.bin', content)),
      gzipSplit(folder.write('whole.gz', gzipSync(content))),
      memberSplit(folder.write('whole.zip', member.archive), member.facts),
    ]
    for (const split of splits) {
      for (const chunkBytes of [100, 1 << 20]) {
        const { units, totals } = await readUnits(split, bytes(), chunkBytes)
        expect(units).toEqual([{ record: new Uint8Array(content), startByte: 0, endByte: 5000, line: 1 }])
        expect(totals).toMatchObject({ bytes: 5000, lines: 1 })
      }
    }
  })

  test('an empty file is a record of no bytes', async () => {
    expect(await readRecords(rangeSplit(folder.write('none.bin', '')), bytes())).toEqual([new Uint8Array(0)])
  })

  test('a file beyond the limit is rejected, with its length', async () => {
    const split = gzipSplit(folder.write('large.gz', gzipSync(content)))
    for (const chunkBytes of [100, 3000, 1 << 20]) {
      const { units } = await readUnits(split, bytes({ recordBytesMax: 4999 }), chunkBytes)
      expect(units).toMatchObject([
        { rejected: 'the file is 5,000 bytes long; a record may have 4,999 (recordBytesMax)', endByte: 5000 },
      ])
    }
  })

  test('refuses a part of a file', async () => {
    const path = folder.write('part.bin', content)
    const gzip = gzipSplit(folder.write('part.gz', gzipSync(content)))
    const end = { byte: 10, dataByte: 10, members: 1 }
    for (const split of [
      rangeSplit(path, 0, 10),
      rangeSplit(path, 10),
      { ...gzip, part: { start: null, end } },
      { ...gzip, part: { start: end, end: null } },
    ])
      await expect(readUnits(split, bytes())).rejects.toMatchObject({
        code: 'internal',
        message: `${split.path}: a format that takes whole files was given a part of one.`,
      })
  })
})

/** Reads to the end, and does something once the first bytes are read. Returns the records. */
async function readMeeting(split: Split, meet: () => void): Promise<number> {
  const format = text()
  const reader = await openSplit(split, format, format.decoder(), { chunkBytes: 500 })
  let records = 0
  try {
    while (await reader.nextChunk()) {
      for (let kind = reader.next(); kind !== 'end-of-chunk'; kind = reader.next()) records += 1
      if (records > 0) meet()
      meet = () => undefined
    }
    return records
  } finally {
    await reader.close()
  }
}

describe('openSplit and the file it was planned with', () => {
  test('a file that is not there is input-missing', async () => {
    const path = folder.write('gone.txt', 'a\n')
    const split = rangeSplit(path)
    rmSync(path)
    await expect(readUnits(split, text())).rejects.toMatchObject({
      code: 'input-missing',
      message: `${path}: cannot be opened: ENOENT: no such file or directory, open '${path}'.`,
    })
  })

  test('a file that grew or was touched before opening is input-changed', async () => {
    const path = folder.write('grown.txt', 'a\n')
    const split = rangeSplit(path)
    appendFileSync(path, 'b\n')
    await expect(readUnits(split, text())).rejects.toMatchObject({
      code: 'input-changed',
      message: `${path}: the file has 4 bytes now; it had 2 when the run was planned.`,
    })
    const touched = folder.write('touched.txt', 'a\n')
    const touchedSplit = rangeSplit(touched)
    utimesSync(touched, 1, 1)
    await expect(readUnits(touchedSplit, text())).rejects.toMatchObject({ code: 'input-changed' })
  })

  test('a file that changes while it is read is input-changed, also when only a range of it is read', async () => {
    const content = 'line\n'.repeat(1000)
    for (const change of [
      (path: string) => appendFileSync(path, 'b\n'),
      (path: string) => truncateSync(path, 2000),
      (path: string) => writeFileSync(path, content.toUpperCase()),
    ]) {
      for (const endByte of [3000, content.length]) {
        const path = folder.write('changing.txt', content)
        utimesSync(path, 1, 1)
        const format = text()
        const reader = await openSplit(rangeSplit(path, 0, endByte), format, format.decoder(), {
          chunkBytes: 500,
        })
        expect(await reader.nextChunk()).toBe(true)
        change(path)
        const rest = async () => {
          do while (reader.next() !== 'end-of-chunk');
          while (await reader.nextChunk())
        }
        await expect(rest()).rejects.toMatchObject({ code: 'input-changed' })
        await expect(reader.nextChunk()).rejects.toMatchObject({ code: 'input-changed' })
        await reader.close()
      }
    }
  })

  test('a plain file that is edited while it is read, its time put back, is input-touched; an archive has its checksums', async () => {
    const content = 'line\n'.repeat(1000)
    const edit = (path: string, byte: number) => {
      const { atimeMs, mtime } = statSync(path)
      const fd = openSync(path, 'r+')
      writeSync(fd, 'L', byte)
      closeSync(fd)
      utimesSync(path, atimeMs / 1000, mtime)
    }
    const changes: readonly (readonly [string, (path: string) => void])[] = [
      ['edit', (path) => edit(path, 2500)],
      ['rights', (path) => chmodSync(path, 0o600)],
    ]
    for (const [name, change] of changes) {
      const path = folder.write(`${name}.txt`, content)
      utimesSync(path, 1, 1)
      await expect(readMeeting(rangeSplit(path), () => change(path))).rejects.toMatchObject({
        code: 'input-touched',
        message: expect.stringContaining(': the file was changed while it was read'),
      })
      await expect(readMeeting(rangeSplit(path), () => undefined)).resolves.toBe(1000)
    }
    const archive = folder.write('rights.gz', gzipSync(content))
    await expect(readMeeting(gzipSplit(archive), () => chmodSync(archive, 0o600))).resolves.toBe(1000)
  })

  test('an archive that is touched while it is read is input-changed at its end', async () => {
    const path = folder.write('touched.gz', gzipSync('line\n'.repeat(1000)))
    const format = text()
    const reader = await openSplit(gzipSplit(path), format, format.decoder(), { chunkBytes: 500 })
    expect(await reader.nextChunk()).toBe(true)
    utimesSync(path, 1, 1)
    const rest = async () => {
      do while (reader.next() !== 'end-of-chunk');
      while (await reader.nextChunk())
    }
    await expect(rest()).rejects.toMatchObject({
      code: 'input-changed',
      message: expect.stringMatching(
        /byte 5,000 \(line 1,001\): the file was written to after the run was planned\.$/,
      ),
    })
    await reader.close()
  })

  test('a file that ends before its planned size, with nothing else amiss, is input-damaged', async () => {
    const path = folder.write('short.txt', 'a\nb\n')
    const split = rangeSplit(path)
    const reader = await openSplit(split, text(), text().decoder(), { chunkBytes: 2 })
    await reader.close()
    const member = makeMember(Buffer.from('x'.repeat(100)), { deflated: false })
    const cutOff = folder.write('short.zip', member.archive.subarray(0, member.archive.length - 10))
    await expect(readUnits(memberSplit(cutOff, member.facts), text())).rejects.toMatchObject({
      code: 'input-damaged',
      message: `${cutOff}!folder/one.jsonl, byte 0: the archive is cut off: the member's data goes to byte 150, and the file ends at byte 140.`,
      wayOut: "Mend the file or fetch it again, or do without it: --accept 'short.zip!folder/one.jsonl'.",
    })
  })
})

const openFiles = '/proc/self/fd'

describe.skipIf(!requires('The list of open files in /proc/self/fd', existsSync(openFiles)))('close', () => {
  function isOpen(path: string): boolean {
    return readdirSync(openFiles).some((fd) => {
      try {
        return readlinkSync(join(openFiles, fd)) === path
      } catch (error) {
        // The descriptor that listed the folder is gone by now.
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
        throw error
      }
    })
  }

  const content = Buffer.from('some line or other\n'.repeat(100_000))
  const member = makeMember(content)
  const stored = makeMember(content, { deflated: false })
  const splits = () => [
    rangeSplit(folder.write('close.txt', content)),
    gzipSplit(folder.write('close.gz', gzipSync(content))),
    memberSplit(folder.write('close.zip', member.archive), member.facts),
    memberSplit(folder.write('close-stored.zip', stored.archive), stored.facts),
  ]

  test('releases the file before the first chunk, in the middle, at the end, and twice', async () => {
    for (const split of splits()) {
      for (const batches of [0, 1, 2, Number.POSITIVE_INFINITY]) {
        const format = text()
        const reader = await openSplit(split, format, format.decoder(), { chunkBytes: 65_536 })
        expect(isOpen(split.path)).toBe(true)
        for (let count = 0; count < batches && (await reader.nextChunk()); count++)
          while (reader.next() !== 'end-of-chunk');
        await Promise.all([reader.close(), reader.close()])
        expect(isOpen(split.path)).toBe(false)
      }
    }
  })

  test('releases the file when opening fails', async () => {
    const path = folder.write('close-bad.zip', stored.archive)
    await expect(readUnits(memberSplit(path, { ...stored.facts, method: 12 }), text())).rejects.toMatchObject(
      { code: 'input-unsupported' },
    )
    expect(isOpen(path)).toBe(false)
  })
})

const tweets = fileURLToPath(new URL('../../../shared/data/tweets', import.meta.url))

describe.skipIf(!requires('The folder ../shared/data/tweets', existsSync(tweets)))(
  'openSplit on real day archives',
  () => {
    test('reads every member, the same as its inflated file cut into ranges, with exact ids', async () => {
      for (const name of readdirSync(join(tweets, 'geo-only'))) {
        const path = join(tweets, 'geo-only', name)
        for (const facts of readFacts(readFileSync(path))) {
          if (facts.member.endsWith('/')) continue
          const split = memberSplit(path, facts)
          const records = await readRecords(split, jsonl<{ id: bigint; id_str: string }>(), 10_000)
          for (const record of records) {
            if (typeof record !== 'object' || record === null || !('id' in record) || !('id_str' in record))
              throw new Error('No tweet.')
            expect(String(record.id)).toBe(record.id_str)
          }
          const [whole] = await readRecords(split, bytes())
          if (!(whole instanceof Uint8Array)) throw new Error('No bytes.')
          const plain = folder.write(`${basename(name)}.jsonl`, whole)
          const half = Math.floor(whole.length / 2)
          const ranges = [rangeSplit(plain, 0, half), rangeSplit(plain, half)]
          const parts = await Promise.all(ranges.map((range) => readRecords(range, jsonl(), 5_000)))
          expect(parts.flat()).toEqual(records)
        }
      }
    })
  },
)
