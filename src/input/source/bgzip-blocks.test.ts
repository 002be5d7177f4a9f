import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { makeBlock, makeBlocks } from '../../../test/fixtures/gzip-members.ts'
import { identityOf, makeFolder } from '../../../test/fixtures/splits.ts'
import { BgzipBlocks } from './bgzip-blocks.ts'
import { FileFeed } from './file-feed.ts'
import { OpenedFile } from './opened-file.ts'

const folder = makeFolder()
afterAll(() => folder.remove())

const blockMax = 65_536

/** What `BgzipBlocks` gives of a file until it gives no more, and where the feed stands then. */
async function blocksOf(
  content: Uint8Array,
  chunkBytes: number,
  endByte: number | null = null,
): Promise<{ chunks: { data: string; members: number; lastBytes: number }[]; atByte: number }> {
  const path = folder.write('file.gz', content)
  const file = await OpenedFile.open(path, identityOf(path), '')
  const feed = new FileFeed(file, 0, file.sizeBytes, chunkBytes)
  try {
    const blocks = new BgzipBlocks(feed, chunkBytes)
    const chunks = []
    for (let next = await blocks.next(endByte); next !== null; next = await blocks.next(endByte))
      chunks.push({ ...next, data: next.data.toString('latin1') })
    return { chunks, atByte: feed.atByte }
  } finally {
    await feed.close()
    await file.close()
  }
}

const three = ['one\n', 'the second\n', 'three\n']

describe('BgzipBlocks', () => {
  test('gathers blocks into a chunk: how many, and what the last of them holds', async () => {
    const { file } = makeBlocks(three)
    expect(await blocksOf(file, 1 << 20)).toEqual({
      chunks: [{ data: three.join(''), members: 4, lastBytes: 0 }],
      atByte: file.length,
    })
    // Where a chunk has no room for what a block may hold, each is one.
    expect((await blocksOf(file, 1000)).chunks).toEqual([
      { data: 'one\n', members: 1, lastBytes: 4 },
      { data: 'the second\n', members: 1, lastBytes: 11 },
      { data: 'three\n', members: 1, lastBytes: 6 },
      { data: '', members: 1, lastBytes: 0 },
    ])
  })

  test.each([
    [blockMax, 2 * blockMax, [2, 2, 1]],
    [blockMax, 2 * blockMax - 1, [1, 1, 1, 1, 1]],
    [blockMax - 1, 2 * blockMax, [2, 2, 1]],
    [40_000, 2 * blockMax, [2, 2, 1]],
    [1, 1 << 20, [5]],
  ])(
    'fills chunks, and never beyond their size: five blocks of %i bytes, %i',
    async (bytes, chunkBytes, members) => {
      const file = Buffer.concat(Array.from({ length: 5 }, (_, at) => makeBlock(String(at).repeat(bytes))))
      const { chunks } = await blocksOf(file, chunkBytes)
      expect(chunks.map((chunk) => chunk.members)).toEqual(members)
      for (const { data, lastBytes } of chunks) {
        expect(data.length).toBeLessThanOrEqual(chunkBytes)
        expect(lastBytes).toBe(bytes)
      }
      const all = chunks.map(({ data }) => data).join('')
      expect(all === [0, 1, 2, 3, 4].map((at) => String(at).repeat(bytes)).join('')).toBe(true)
    },
  )

  test('goes no further than it is told', async () => {
    const { file, cuts } = makeBlocks(three)
    for (const [number, { byte }] of cuts.entries())
      expect(await blocksOf(file, 1 << 20, byte)).toMatchObject({
        chunks: [{ data: three.slice(0, number + 1).join(''), members: number + 1 }],
        atByte: byte,
      })
    expect(await blocksOf(file, 1 << 20, 0)).toEqual({ chunks: [], atByte: 0 })
  })

  test.each([
    ['a plain member', gzipSync('plain')],
    ['one that is cut off', makeBlock('cut off').subarray(0, -1)],
    ['the beginning of a header', makeBlock('cut off').subarray(0, 17)],
    ['one with a byte too many', withLength(Buffer.concat([makeBlock('x'), Buffer.alloc(1)]))],
    ['one whose data is damaged', changed(makeBlock('damaged'), 18)],
    ['one with another checksum', changed(makeBlock('damaged'), -8)],
    ['one with another length', changed(makeBlock('damaged'), -4)],
    ['one that holds more than a block may', makeBlock('x'.repeat(blockMax + 1))],
  ])('leaves what is no such block for the long way: %s', async (_, member) => {
    const before = makeBlock('before\n')
    expect(await blocksOf(Buffer.concat([before, member]), 1 << 20)).toEqual({
      chunks: [{ data: 'before\n', members: 1, lastBytes: 7 }],
      atByte: before.length,
    })
    expect(await blocksOf(member, 1 << 20)).toEqual({ chunks: [], atByte: 0 })
  })
})

/** A copy with one byte changed; a negative place counts from the end. */
function changed(block: Buffer, place: number): Buffer {
  const copy = Buffer.from(block)
  const at = place < 0 ? copy.length + place : place
  copy.writeUInt8(copy.readUInt8(at) ^ 0x55, at)
  return copy
}

/** A block that says it is as long as it is. */
function withLength(block: Buffer): Buffer {
  block.writeUInt16LE(block.length - 1, 16)
  return block
}
