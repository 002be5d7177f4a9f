import { describe, expect, test } from 'vitest'
import { HeldFile, settle, waitsFor } from '../../../test/fixtures/held-file.ts'
import { FileFeed } from './file-feed.ts'

/** No two stretches of it are alike. */
const content = Buffer.from(Uint16Array.from({ length: 2000 }, (_, at) => at * 31).buffer)
/** Pieces of 64 bytes, and two of them read at a time. */
const chunkBytes = 256

function openFeed(startByte: number, endByte: number, isHeld = false): { file: HeldFile; feed: FileFeed } {
  const file = new HeldFile(content, isHeld)
  return { file, feed: new FileFeed(file, startByte, endByte, chunkBytes) }
}

/** Where a piece begins in the file, and where it ends. Throws where it is not what stands there. */
function rangeOf(piece: Buffer | null): [number, number] | null {
  if (piece === null) return null
  const atByte = content.indexOf(piece)
  if (atByte === -1 || piece.length < 8)
    throw new Error(`This is nowhere in the file: ${piece.toString('hex')}`)
  return [atByte, atByte + piece.length]
}

describe('FileFeed', () => {
  test('gives what stands between two bytes of a file, in equal pieces', async () => {
    const { file, feed } = openFeed(100, 400)
    const pieces: unknown[] = []
    expect(feed.atByte).toBe(100)
    for (let piece = await feed.take(); piece !== null; piece = await feed.take()) {
      pieces.push(rangeOf(piece))
      expect(feed.atByte).toBe(rangeOf(piece)?.[1])
    }
    expect(pieces).toEqual([
      [100, 164],
      [164, 228],
      [228, 292],
      [292, 356],
      [356, 400],
    ])
    expect(await feed.take()).toBe(null)
    expect(feed.takeAtOnce()).toBe(null)
    expect(feed.atByte).toBe(400)
    expect(file.ranges).toEqual([
      [100, 228],
      [228, 356],
      [356, 400],
    ])
  })

  test.each([
    [0, 1, 64],
    [4, 1, 64],
    [8, 2, 64],
    [127, 31, 64],
    [132, 33, 66],
    [400, 100, 200],
  ])('for chunks of %i bytes gives pieces of %i, and reads %i at a time', async (chunk, piece, read) => {
    const file = new HeldFile(content, false)
    const feed = new FileFeed(file, 0, content.length, chunk)
    expect((await feed.take())?.length).toBe(piece)
    expect((await feed.take())?.length).toBe(piece)
    expect(file.ranges[0]).toEqual([0, read])
  })

  test('takes no more memory than there is to read, and none twice', async () => {
    const short = openFeed(1000, 1010)
    await short.feed.take()
    expect(short.file.reads.map(({ into }) => into.length)).toEqual([10])
    const long = openFeed(0, content.length)
    for (let piece = await long.feed.take(); piece !== null; piece = await long.feed.take()) {
      // It lies where it was read to, and nobody reads to that meanwhile.
      const places = long.file.reads.filter(({ into }) => into.buffer === piece.buffer)
      expect(places.at(-1)?.atByte).toBeLessThanOrEqual(rangeOf(piece)![0])
    }
    expect(long.file.reads).toHaveLength(32)
    expect(long.file.reads.every(({ into }) => into.length === 128)).toBe(true)
    expect(new Set(long.file.reads.map(({ into }) => into)).size).toBe(2)
  })

  test('reads nothing where there is nothing to read', async () => {
    for (const endByte of [100, 99]) {
      const { file, feed } = openFeed(100, endByte)
      expect(await feed.take()).toBe(null)
      expect(feed.takeAtOnce()).toBe(null)
      expect(await feed.need(1)).toBe(null)
      await feed.close()
      expect(file.reads).toEqual([])
    }
  })

  test('reads nothing before it is asked, and then one read ahead of what is used', async () => {
    const { file, feed } = openFeed(0, 1000, true)
    await settle()
    expect(file.reads).toHaveLength(0)
    const first = feed.take()
    await settle()
    expect(file.ranges).toEqual([[0, 128]])
    file.reads[0]?.end()
    expect(rangeOf(await first)).toEqual([0, 64])
    expect(rangeOf(await feed.take())).toEqual([64, 128])
    await settle()
    expect(file.ranges).toEqual([
      [0, 128],
      [128, 256],
    ])
  })

  test('says what can be had without waiting', async () => {
    const { file, feed } = openFeed(0, 256, true)
    expect(feed.takeAtOnce()).toBe(null)
    const first = feed.take()
    file.reads[0]?.end()
    await first
    expect(rangeOf(feed.takeAtOnce())).toEqual([64, 128])
    // The rest is being read.
    expect(feed.takeAtOnce()).toBe(null)
    expect(feed.atByte).toBe(128)
    file.reads[1]?.end()
    await settle()
    expect(rangeOf(feed.takeAtOnce())).toEqual([128, 192])
    expect(rangeOf(feed.takeAtOnce())).toEqual([192, 256])
    expect(feed.takeAtOnce()).toBe(null)
    expect(await feed.take()).toBe(null)
  })

  test('gives what was put back once more', async () => {
    const { feed } = openFeed(0, 200)
    await feed.take()
    feed.putBack(20)
    expect(feed.atByte).toBe(44)
    expect(rangeOf(await feed.take())).toEqual([44, 108])
    feed.putBack(64)
    expect(rangeOf(feed.takeAtOnce())).toEqual([44, 108])
    feed.putBack(0)
    expect(rangeOf(await feed.take())).toEqual([108, 128])
  })

  test('gives as many bytes as are needed, however they were read', async () => {
    const { file, feed } = openFeed(0, 1000)
    expect(rangeOf(await feed.need(100))).toEqual([0, 100])
    expect(rangeOf(await feed.need(28))).toEqual([100, 128])
    expect(feed.atByte).toBe(128)
    // Nothing more was read for it than what is read ahead.
    expect(file.reads).toHaveLength(2)
    expect(rangeOf(await feed.need(300))).toEqual([128, 428])
    expect(feed.atByte).toBe(428)
    expect(rangeOf(await feed.take())).toEqual([428, 492])
    expect(rangeOf(await feed.take())).toEqual([492, 512])
    expect(rangeOf(await feed.take())).toEqual([512, 576])
    expect(rangeOf(await feed.need(424))).toEqual([576, 1000])
    expect(await feed.take()).toBe(null)
  })

  test('takes nothing where fewer bytes are left than are needed', async () => {
    const { feed } = openFeed(0, 300)
    await feed.take()
    expect(await feed.need(237)).toBe(null)
    expect(feed.atByte).toBe(64)
    expect(rangeOf(await feed.need(236))).toEqual([64, 300])
    expect(await feed.need(1)).toBe(null)
    expect(await feed.need(0)).toHaveLength(0)
  })

  test('tells that a read has failed once its bytes are wanted, and as often as they are', async () => {
    const { file, feed } = openFeed(0, 1000, true)
    const first = feed.take()
    file.reads[0]?.end()
    await first
    const error = new Error('The disk is broken.')
    file.reads[1]?.fail(error)
    await settle()
    expect(rangeOf(await feed.take())).toEqual([64, 128])
    expect(feed.takeAtOnce()).toBe(null)
    await expect(feed.take()).rejects.toBe(error)
    await expect(feed.need(1)).rejects.toBe(error)
    await feed.close()
    expect(file.reads).toHaveLength(2)
  })

  test('is closed once what is being read has been read', async () => {
    const { file, feed } = openFeed(0, 1000, true)
    const first = feed.take()
    file.reads[0]?.end()
    await first
    expect(await waitsFor(feed.close(), file.reads[1])).toBe(true)
  })
})
