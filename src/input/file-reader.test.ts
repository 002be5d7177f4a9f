import { afterAll, describe, expect, test } from 'vitest'
import { makeFolder, makeMember, memberSplit, rangeSplit } from '../../test/fixtures/splits.ts'
import { type InputFormat, noRecord, RecordRejection } from '../job/index.ts'
import { openSplit } from './open-split.ts'
import type { Split } from './split.ts'
import type { SplitReader } from './split-reader.ts'

const folder = makeFolder()
afterAll(() => folder.remove())

/** Whole files, as what `decode` makes of a file's text. */
function wholeFiles(
  decode: (text: string) => string | typeof noRecord,
  recordBytesMax = 10_000,
): InputFormat<string> {
  return {
    name: 'whole',
    unit: 'file',
    recordBytesMax,
    options: {},
    decoder: () => ({ decode: (bytes, start, end) => decode(bytes.toString('latin1', start, end)) }),
  }
}

async function open(
  split: Split,
  format: InputFormat<string>,
  chunkBytes = 1000,
): Promise<SplitReader<string>> {
  return openSplit(split, format, format.decoder(), { chunkBytes })
}

/** The kinds of units, chunk by chunk; the last unit is still at hand. */
async function kindsOf(reader: SplitReader<string>): Promise<string[][]> {
  const kinds: string[][] = []
  while (await reader.nextChunk()) {
    const ofChunk: string[] = []
    let kind = reader.next()
    for (; kind !== 'end-of-chunk' && ofChunk.length < 3; kind = reader.next()) ofChunk.push(kind)
    kinds.push(ofChunk)
  }
  return kinds
}

const long = Array.from({ length: 500 }, (_, number) => `${number} `).join('')

describe('a reader of whole files', () => {
  test.each([1, 7, 1000, 1500, 100_000])(
    'gathers a file in chunks of %i bytes, and gives it once',
    async (chunkBytes) => {
      const path = folder.write('long.txt', long)
      const reader = await open(
        rangeSplit(path),
        wholeFiles((text) => text),
        chunkBytes,
      )
      const kinds = await kindsOf(reader)
      expect(kinds.flat()).toEqual(['record'])
      expect(kinds.at(-1)).toEqual(['record'])
      expect(reader.record).toBe(long)
      expect([reader.startByte, reader.endByte, reader.line]).toEqual([0, long.length, 1])
      expect(reader.totals).toEqual({ readBytes: long.length, bytes: long.length, lines: 1 })
      expect(await reader.nextChunk()).toBe(false)
      await reader.close()
    },
  )

  test('gathers a member of which the archive says that it is longer or shorter than it is', async () => {
    // Its header says no length.
    for (const claimed of [10, 1_000_000]) {
      const member = makeMember(Buffer.from(long), { flags: 8 })
      const path = folder.write('lying.zip', member.archive)
      const split = { ...memberSplit(path, member.facts), uncompressedBytes: claimed }
      const reader = await open(
        split,
        wholeFiles((text) => text),
        100,
      )
      // What is wrong is found by the source, and said with the length that there is.
      const failure = await kindsOf(reader).catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'input-damaged' })
      // And again by whoever asks again.
      await expect(reader.nextChunk()).rejects.toBe(failure)
      await reader.close()
    }
  })

  test('counts a file that is a record of nothing, and rejects nothing', async () => {
    const path = folder.write('none.txt', 'nothing')
    const reader = await open(
      rangeSplit(path),
      wholeFiles(() => noRecord),
    )
    expect((await kindsOf(reader)).flat()).toEqual([])
    expect(reader.totals).toEqual({ readBytes: 7, bytes: 7, lines: 1 })
    await reader.close()
  })

  test('has read no unit before the file is gathered', async () => {
    const path = folder.write('begun.txt', long)
    const reader = await open(
      rangeSplit(path),
      wholeFiles((text) => text),
      100,
    )
    await reader.nextChunk()
    expect(reader.next()).toBe('end-of-chunk')
    expect(reader.totals).toMatchObject({ bytes: 100, lines: 0 })
    expect(reader.rejection.message).toBe('nothing was rejected')
    await reader.close()
  })

  test('rejects what the format rejects, with its first characters; what else it throws is an error', async () => {
    const path = folder.write('wrong.txt', `ab${'c'.repeat(300)}`)
    const reader = await open(
      rangeSplit(path),
      wholeFiles((text) => {
        throw new RecordRejection(`"${text.slice(0, 2)}" is no beginning`, 1)
      }),
    )
    expect((await kindsOf(reader)).flat()).toEqual(['rejected'])
    expect(reader.rejection).toMatchObject({ message: '"ab" is no beginning', atByte: 1 })
    expect(reader.excerpt()).toBe(`ab${'c'.repeat(198)}`)
    await reader.close()

    const broken = await open(
      rangeSplit(path),
      wholeFiles(() => {
        throw new Error('a decoder that is wrong')
      }),
    )
    await expect(kindsOf(broken)).rejects.toThrow('a decoder that is wrong')
    await broken.close()
  })

  test.each([
    ['as long as it may be', 2000, ['record'], ''],
    [
      'longer by one byte',
      1999,
      ['rejected'],
      'the file is 2,000 bytes long; a record may have 1,999 (recordBytesMax)',
    ],
    [
      'longer than its first chunk may be',
      999,
      ['rejected'],
      'the file is 2,000 bytes long; a record may have 999 (recordBytesMax)',
    ],
  ])('a file that is %s', async (_, recordBytesMax, kinds, message) => {
    const content = 'é'.repeat(20) + 'x'.repeat(1960)
    for (const chunkBytes of [10, 1000, 1500, 4000]) {
      const path = folder.write('bounded.txt', content)
      const reader = await open(
        rangeSplit(path),
        wholeFiles((text) => text, recordBytesMax),
        chunkBytes,
      )
      expect((await kindsOf(reader)).flat()).toEqual(kinds)
      if (message !== '') expect(reader.rejection.message).toBe(message)
      expect(reader.excerpt()).toBe('é'.repeat(20) + 'x'.repeat(180))
      expect(reader.totals).toEqual({ readBytes: 2000, bytes: 2000, lines: 1 })
      await reader.close()
    }
  })

  test('holds a thousand bytes of a file that is too long', async () => {
    const path = folder.write('huge.txt', 'y'.repeat(3_000_000))
    const held: number[] = []
    const format: InputFormat<string> = {
      ...wholeFiles((text) => text, 200_000),
      decoder: () => ({
        decode: (bytes) => {
          held.push(bytes.length)
          return ''
        },
      }),
    }
    const reader = await open(rangeSplit(path), format, 100_000)
    expect((await kindsOf(reader)).flat()).toEqual(['rejected'])
    expect(reader.excerpt()).toBe('y'.repeat(200))
    // It is not shown to the format.
    expect(held).toEqual([])
    await reader.close()
  })
})
