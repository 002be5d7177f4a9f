import { deflateRawSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { HeldFile, settle } from '../../../test/fixtures/held-file.ts'
import { SourceFault } from './byte-chunks.ts'
import { FileFeed } from './file-feed.ts'
import { StreamInflate } from './stream-inflate.ts'

const data = Buffer.from(Uint16Array.from({ length: 20_000 }, (_, at) => at * 31).buffer)
/** As long as what it holds, or a little longer. */
const stored = deflateRawSync(data, { level: 0 })

const opened: StreamInflate[] = []
afterEach(async () => {
  for (const inflate of opened.splice(0)) await inflate.close()
})

interface Opened {
  readonly file: HeldFile
  readonly feed: FileFeed
  readonly inflate: StreamInflate
}

/** Pieces of 256 bytes from a file, from its byte `startByte` on, and chunks of 1,024. */
function openStream(content: Buffer, { startByte = 0, isHeld = false } = {}): Opened {
  const file = new HeldFile(content, isHeld)
  const feed = new FileFeed(file, startByte, content.length, 1024)
  const inflate = new StreamInflate(feed, 1024)
  opened.push(inflate)
  return { file, feed, inflate }
}

async function readAll(inflate: StreamInflate): Promise<Buffer[]> {
  const chunks: Buffer[] = []
  for (let chunk = await inflate.next(); chunk !== null; chunk = await inflate.next()) chunks.push(chunk)
  return chunks
}

/** Lets streams go on as far as they come without being asked. */
async function settleStreams(): Promise<void> {
  for (let time = 0; time < 20; time++) {
    await settle()
    // Until another thread has done what was asked of it.
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

describe('StreamInflate', () => {
  test('gives what was deflated, in chunks no longer than is said', async () => {
    for (const compressed of [stored, deflateRawSync(data), deflateRawSync(Buffer.alloc(40_000))]) {
      const { inflate } = openStream(compressed)
      const chunks = await readAll(inflate)
      expect(Buffer.concat(chunks).equals(compressed.length < 1000 ? Buffer.alloc(40_000) : data)).toBe(true)
      expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThanOrEqual(1024)
      expect(await inflate.next()).toBe(null)
    }
  })

  test('leaves the feed behind the stream, wherever in a piece that is, and however much follows', async () => {
    for (let before = 0; before < 512; before += 37) {
      const after = data.subarray(1000, 5000)
      const { feed, inflate } = openStream(
        Buffer.concat([Buffer.alloc(before), deflateRawSync(data.subarray(0, 300)), after]),
        { startByte: before },
      )
      expect(Buffer.concat(await readAll(inflate)).equals(data.subarray(0, 300))).toBe(true)
      expect((await feed.need(4000))?.equals(after)).toBe(true)
    }
  })

  test('goes on where it was not asked for a while', async () => {
    const { inflate } = openStream(stored)
    const chunks: Buffer[] = []
    for (let chunk = await inflate.next(); chunk !== null; chunk = await inflate.next()) {
      chunks.push(chunk)
      if (chunks.length % 20 === 0) await settleStreams()
    }
    expect(Buffer.concat(chunks).equals(data)).toBe(true)
  })

  test('says what is damaged behind what it gave, and as often as it is asked', async () => {
    const startByte = 1000
    const content = Buffer.concat([
      Buffer.alloc(startByte),
      stored.subarray(0, 5005),
      Buffer.alloc(600, 0xff),
    ])
    content.writeUInt16LE(5000, startByte + 1)
    content.writeUInt16LE(5000 ^ 0xffff, startByte + 3)
    content.writeUInt8(0, startByte)
    const { inflate } = openStream(content, { startByte })
    let bytes = 0
    const failure = await (async () => {
      for (let chunk = await inflate.next(); chunk !== null; chunk = await inflate.next()) {
        bytes += chunk.length
        await settleStreams()
      }
    })().catch((error: unknown) => error)
    // What the last piece had put out before it failed is lost.
    expect(bytes).toBeGreaterThan(4000)
    expect(bytes).toBeLessThanOrEqual(5000)
    expect(failure).toMatchObject({
      name: 'SourceFault',
      code: 'input-damaged',
      message: expect.stringMatching(
        /^the compressed data is damaged \(invalid block type\), between bytes [56],\d+ and 6,120 of the file$/,
      ),
    })
    await expect(inflate.next()).rejects.toMatchObject({ code: 'input-damaged' })
  })

  test('says where it is cut off', async () => {
    const { inflate } = openStream(stored.subarray(0, 1500))
    await expect(readAll(inflate)).rejects.toMatchObject({
      code: 'input-damaged',
      message: 'the compressed data is cut off: it should go on at byte 1,500 of the file',
    })
  })

  test('says that it was closed to whoever reads', async () => {
    const closed = { code: 'internal', message: 'the decompressor was closed while it was read from' }
    const { inflate } = openStream(stored)
    await inflate.close()
    await expect(inflate.next()).rejects.toMatchObject(closed)
    const waiting = openStream(stored)
    await waiting.inflate.next()
    const reading = readAll(waiting.inflate)
    await waiting.inflate.close()
    await expect(reading).rejects.toMatchObject(closed)
    const held = openStream(stored, { isHeld: true })
    const first = held.inflate.next()
    await settle()
    await held.inflate.close()
    held.file.reads[0]?.end()
    await expect(first).rejects.toMatchObject(closed)
    await expect(held.inflate.next()).rejects.toMatchObject(closed)
  })
  test('leaves nobody waiting, whenever it is closed', async () => {
    for (let turns = 0; turns < 30; turns++) {
      const { inflate } = openStream(stored.subarray(0, 1500))
      const code = readAll(inflate).catch((error: unknown) =>
        error instanceof SourceFault ? error.code : error,
      )
      for (let turn = 0; turn < turns; turn++) await settle()
      await inflate.close()
      expect(['input-damaged', 'internal']).toContain(await code)
    }
  })
})
