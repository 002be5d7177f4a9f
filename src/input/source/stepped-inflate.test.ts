import { constants, deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { identityOf, makeFolder } from '../../../test/fixtures/splits.ts'
import { SourceFault } from './byte-chunks.ts'
import { FileFeed } from './file-feed.ts'
import { canInflateInSteps, Inflater } from './inflater.ts'
import { OpenedFile } from './opened-file.ts'
import type { RawInflate } from './raw-inflate.ts'
import { SteppedInflate } from './stepped-inflate.ts'
import { StreamInflate } from './stream-inflate.ts'

const folder = makeFolder()
afterAll(() => folder.remove())

/** What was inflated, where the stream ended in the file, or what it failed with. */
interface Outcome {
  readonly data: Buffer
  readonly atByte: number
  readonly fault: string | null
  readonly chunkBytesMax: number
}

async function inflate(
  content: Buffer,
  chunkBytes: number,
  open: (feed: FileFeed, chunkBytes: number) => RawInflate,
): Promise<Outcome> {
  const path = folder.write('data', content)
  const file = await OpenedFile.open(path, identityOf(path), '')
  const feed = new FileFeed(file, 0, content.length, chunkBytes)
  const inflate = open(feed, chunkBytes)
  const chunks: Buffer[] = []
  let fault: string | null = null
  try {
    for (let chunk = await inflate.next(); chunk !== null; chunk = await inflate.next())
      chunks.push(Buffer.from(chunk))
  } catch (error) {
    if (!(error instanceof SourceFault)) throw error
    fault = error.code
  }
  const { atByte } = feed
  await inflate.close()
  await feed.close()
  await file.close()
  const chunkBytesMax = Math.max(0, ...chunks.map(({ length }) => length))
  return { data: Buffer.concat(chunks), atByte, fault, chunkBytesMax }
}

const stepped = (feed: FileFeed, chunkBytes: number): RawInflate =>
  new SteppedInflate(feed, chunkBytes, new Inflater())
const streamed = (feed: FileFeed, chunkBytes: number): RawInflate => new StreamInflate(feed, chunkBytes)

const { Z_DEFAULT_STRATEGY, Z_FILTERED, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE } = constants
const deflated = fc
  .tuple(
    fc.array(fc.oneof(fc.string({ maxLength: 50 }), fc.uint8Array({ maxLength: 500 }).map(String)), {
      maxLength: 60,
    }),
    fc.nat(60),
    fc.record({
      level: fc.integer({ min: 0, max: 9 }),
      windowBits: fc.integer({ min: 9, max: 15 }),
      memLevel: fc.integer({ min: 1, max: 9 }),
      strategy: fc.constantFrom(Z_DEFAULT_STRATEGY, Z_FILTERED, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE),
    }),
  )
  .map(([pieces, repeats, options]) => {
    const data = Buffer.from(pieces.join('\n').repeat(repeats))
    return { data, compressed: deflateRawSync(data, options) }
  })
const chunkSizes = fc.constantFrom(1, 64, 100, 1000, 1 << 20)

describe('SteppedInflate', () => {
  test('is what this version of Node takes', () => {
    expect(canInflateInSteps()).toBe(true)
  })

  test('gives the data of any stream in chunks as long as asked for, and leaves the feed behind it', async () => {
    await fc.assert(
      fc.asyncProperty(
        deflated,
        fc.uint8Array({ maxLength: 300 }),
        chunkSizes,
        async ({ data, compressed }, after, chunkBytes) => {
          const file = Buffer.concat([compressed, after])
          const outcome = await inflate(file, chunkBytes, stepped)
          expect(outcome.fault).toBe(null)
          expect(outcome.data.equals(data)).toBe(true)
          expect(outcome.atByte).toBe(compressed.length)
          expect(outcome.chunkBytesMax).toBeLessThanOrEqual(Math.max(64, chunkBytes))
        },
      ),
      { numRuns: 150 },
    )
  })

  test('makes of damaged streams what the documented streams of Node make of them', async () => {
    await fc.assert(
      fc.asyncProperty(
        deflated,
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        fc.boolean(),
        chunkSizes,
        async ({ compressed }, place, flip, isCut, chunkBytes) => {
          const at = place % compressed.length
          const file = Buffer.from(isCut ? compressed.subarray(0, at) : compressed)
          if (!isCut) file.writeUInt8(file.readUInt8(at) ^ flip, at)
          const [ours, theirs] = [
            await inflate(file, chunkBytes, stepped),
            await inflate(file, chunkBytes, streamed),
          ]
          expect(ours.fault).toBe(theirs.fault)
          if (ours.fault !== null) return
          expect(ours.data.equals(theirs.data)).toBe(true)
          expect(ours.atByte).toBe(theirs.atByte)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('can be closed at any time, and says so to whoever still reads', async () => {
    const path = folder.write('long', deflateRawSync(Buffer.alloc(10_000_000, 'a line of text\n')))
    const file = await OpenedFile.open(path, identityOf(path), '')
    const feed = new FileFeed(file, 0, file.sizeBytes, 1 << 20)
    const inflate = new SteppedInflate(feed, 1 << 20, new Inflater())
    await inflate.next()
    const reading = (async () => {
      while ((await inflate.next()) !== null);
    })()
    await Promise.all([
      expect(reading).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining('closed') }),
      inflate.close(),
      inflate.close(),
    ])
    await feed.close()
    await file.close()
  })
})
