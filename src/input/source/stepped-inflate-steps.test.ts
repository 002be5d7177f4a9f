import { afterEach, describe, expect, test } from 'vitest'
import { HeldFile, settle } from '../../../test/fixtures/held-file.ts'
import { takeMemory } from './chunk-memory.ts'
import { FileFeed } from './file-feed.ts'
import { type InflateOrder, Inflater, type InflateStep } from './inflater.ts'
import { type InflateWants, SteppedInflate } from './stepped-inflate.ts'

/** What was inflated of streams whose blocks are stored as they are: five bytes before each block's data. */
const headBytes = 5
const data = Buffer.from(Uint32Array.from({ length: 100_000 }, (_, at) => at * 31).buffer)

/** A stream with blocks of so many bytes, the last one marked as such. */
function storedBlocks(...sizes: readonly number[]): Buffer {
  let at = 0
  return Buffer.concat(
    sizes.flatMap((bytes, block) => {
      const head = Buffer.of(block === sizes.length - 1 ? 1 : 0, 0, 0, 0, 0)
      head.writeUInt16LE(bytes, 1)
      head.writeUInt16LE(bytes ^ 0xffff, 3)
      at += bytes
      return [head, data.subarray(at - bytes, at)]
    }),
  )
}

/** Tells what steps it was given. */
class NotedInflater extends Inflater {
  readonly orders: InflateOrder[] = []

  override step(order: InflateOrder): Promise<InflateStep> {
    this.orders.push(order)
    return super.step(order)
  }

  /** For how many bytes of output each step had room. */
  get rooms(): number[] {
    return this.orders.map(({ output, outputStart }) => output.length - outputStart)
  }

  /** Where each step wrote: the how manyth memory, and the place in it. */
  get places(): [memory: number, start: number][] {
    const memories = [...new Set(this.orders.map(({ output }) => output.buffer))]
    return this.orders.map(({ output, outputStart }) => [memories.indexOf(output.buffer), outputStart])
  }
}

interface Opened {
  readonly file: HeldFile
  readonly feed: FileFeed
  readonly inflater: NotedInflater
  readonly inflate: SteppedInflate
}

const opened: Opened[] = []
afterEach(async () => {
  for (const { inflate } of opened.splice(0)) await inflate.close()
})

/** @param pieceBytes of what the file holds, in how large pieces it comes */
function openStream(
  content: Buffer,
  chunkBytes: number,
  wants: InflateWants & { readonly pieceBytes?: number; readonly isHeld?: boolean } = {},
): Opened {
  const { pieceBytes = content.length, isHeld = false } = wants
  const file = new HeldFile(content, isHeld)
  const feed = new FileFeed(file, 0, content.length, pieceBytes * 4)
  const inflater = new NotedInflater()
  const inflate = new SteppedInflate(feed, chunkBytes, inflater, wants)
  opened.push({ file, feed, inflater, inflate })
  return { file, feed, inflater, inflate }
}

/** Reads on to the end, and gives the chunks back or keeps them. Throws where they do not hold what was deflated. */
async function readAll(inflate: SteppedInflate, isGivenBack = false): Promise<Buffer[]> {
  const chunks: Buffer[] = []
  let at = 0
  for (let chunk = await inflate.next(); chunk !== null; chunk = await inflate.next()) {
    expect(chunk.equals(data.subarray(at, at + chunk.length))).toBe(true)
    at += chunk.length
    chunks.push(chunk)
    if (isGivenBack) inflate.giveBack(chunk)
  }
  return chunks
}

describe('The steps of SteppedInflate', () => {
  test('fill two chunks each, which are equal parts of what was inflated', async () => {
    const { inflater, inflate } = openStream(storedBlocks(5500), 1000)
    const chunks = await readAll(inflate)
    expect(chunks.map(({ length }) => length)).toEqual([1000, 1000, 1000, 1000, 750, 750])
    expect(inflater.rooms.slice(0, 3)).toEqual([2000, 2000, 2000])
  })

  test('have room for 64 bytes at least', async () => {
    const { inflate } = openStream(storedBlocks(300), 1)
    const chunks = await readAll(inflate)
    expect(chunks.map(({ length }) => length)).toEqual([64, 64, 64, 64, 44])
  })

  test('begin before what the one before has put out is handed out, one at a time, and end with the stream', async () => {
    const content = Buffer.concat([storedBlocks(6000), Buffer.from('after')])
    const { feed, inflater, inflate } = openStream(content, 1000)
    const begun: number[] = []
    expect(inflater.orders).toHaveLength(0)
    while ((await inflate.next()) !== null) begun.push(inflater.orders.length)
    expect(begun).toEqual([2, 2, 3, 3, 4, 4])
    expect(await inflate.next()).toBe(null)
    expect(inflater.orders).toHaveLength(4)
    expect((await feed.need(5))?.toString()).toBe('after')
  })

  test('begin with what is left of a piece, and then with the next one where it is there', async () => {
    const content = storedBlocks(4000)
    const { file, inflater, inflate } = openStream(content, 200, { pieceBytes: 500, isHeld: true })
    const first = inflate.next()
    const ranges = () =>
      inflater.orders.map(({ input }) => [content.indexOf(input), content.indexOf(input) + input.length])
    file.reads[0]?.end()
    await first
    expect(ranges()).toEqual([
      [0, 500],
      [405, 500],
    ])
    for (let chunk = 2; chunk <= 3; chunk++) await inflate.next()
    expect(ranges().slice(2)).toEqual([[500, 1000]])
    for (let chunk = 4; chunk <= 6; chunk++) await inflate.next()
    // What follows is not read yet: nothing is begun without it.
    expect(ranges().slice(2)).toEqual([
      [500, 1000],
      [805, 1000],
    ])
    for (let read = 1; read <= 4; read++) {
      file.reads[read]?.end()
      await settle()
      await inflate.next()
    }
  })

  test('are told once there is no more input', async () => {
    const { inflater, inflate } = openStream(storedBlocks(1500), 1000)
    await readAll(inflate)
    expect(inflater.orders.map(({ stop, input }) => [stop, input.length])).toEqual([
      ['none', 1505],
      ['input-is-all', 0],
    ])
  })

  test('go no further than what is surely wanted, and beyond it only when asked, little at a time', async () => {
    const content = storedBlocks(60_000, 60_000, 60_000, 60_000, 60_000)
    const { inflater, inflate } = openStream(content, 100_000, { ownBytes: 100_000 })
    await inflate.next()
    await settle()
    expect(inflater.rooms).toEqual([100_000])
    await inflate.next()
    await settle()
    expect(inflater.rooms).toEqual([100_000, 65_536])
    await inflate.next()
    expect(inflater.places).toEqual([
      [0, 0],
      [0, 100_000],
      [1, 0],
    ])
    expect(inflater.rooms).toEqual([100_000, 65_536, 65_536])
  })

  test('are no shorter than 64 bytes for what is surely wanted', async () => {
    const { inflater, inflate } = openStream(storedBlocks(1000), 1000, { ownBytes: 10 })
    expect((await inflate.next())?.length).toBe(64)
    expect(inflater.rooms).toEqual([64])
  })
})

/** Bytes of data before each chunk that ends at a boundary, and the byte of the file that the boundary is told to be before. */
async function boundariesOf(inflate: SteppedInflate): Promise<[dataByte: number, boundaryByte: number][]> {
  const boundaries: [number, number][] = []
  let at = 0
  for (let chunk = await inflate.next(); chunk !== null; chunk = await inflate.next()) {
    expect(chunk.equals(data.subarray(at, at + chunk.length))).toBe(true)
    at += chunk.length
    if (inflate.boundaryByte !== null) boundaries.push([at, inflate.boundaryByte])
  }
  return boundaries
}

describe('Block boundaries', () => {
  test('are not told where nobody asks for them', async () => {
    const { inflate } = openStream(Buffer.concat([storedBlocks(300, 250), Buffer.from('after')]), 100)
    expect(await boundariesOf(inflate)).toEqual([])
  })

  test('end a chunk once so many bytes were put out since the last one', async () => {
    const content = storedBlocks(300, 300, 300, 300, 300)
    const { inflater, inflate } = openStream(content, 1000, { spacing: { everyBytes: 500 } })
    expect(await boundariesOf(inflate)).toEqual([
      [600, 2 * headBytes + 600],
      [1200, 4 * headBytes + 1200],
    ])
    expect(inflater.orders.map(({ stop }) => stop)).toEqual([
      'none',
      'block',
      'none',
      'block',
      'none',
      'input-is-all',
    ])
    // Until it is time for one there is room for no more; the rest of the block has all there is.
    expect(inflater.rooms.slice(0, 4)).toEqual([500, 1500, 500, 2000])
  })

  test('end the last of several chunks', async () => {
    const { inflate } = openStream(storedBlocks(300, 3000, 300), 100, { spacing: { everyBytes: 400 } })
    expect(await boundariesOf(inflate)).toEqual([[3300, 2 * headBytes + 3300]])
    // Of what the last step before it puts out two chunks are made.
    const after = openStream(storedBlocks(300, 250, 300), 100, { spacing: { everyBytes: 400 } })
    expect(await boundariesOf(after.inflate)).toEqual([[550, 2 * headBytes + 550]])
  })

  test('may be asked for at other distances before each step', async () => {
    const spacing = { everyBytes: 250 }
    const { inflate } = openStream(storedBlocks(100, 100, 100, 100, 100, 100, 100, 100), 64, { spacing })
    const boundaries: number[] = []
    let at = 0
    for (let chunk = await inflate.next(); chunk !== null; chunk = await inflate.next()) {
      at += chunk.length
      if (inflate.boundaryByte === null) continue
      boundaries.push(at)
      spacing.everyBytes = 150
    }
    expect(boundaries).toEqual([300, 500, 700])
  })

  test('end no chunk where no data is before them, and no stream', async () => {
    // The first block ends with a piece; one without data follows.
    const content = storedBlocks(500, 0, 300, 300)
    const pieceBytes = headBytes + 500
    const { inflate } = openStream(content, 1000, { pieceBytes, spacing: { everyBytes: 500 } })
    expect(await boundariesOf(inflate)).toEqual([[800, 3 * headBytes + 800]])
  })

  test('are not looked for behind the end of the stream', async () => {
    const content = Buffer.concat([storedBlocks(500), Buffer.from('after')])
    const pieceBytes = headBytes + 500
    const { feed, inflate } = openStream(content, 1000, { pieceBytes, spacing: { everyBytes: 500 } })
    expect(await boundariesOf(inflate)).toEqual([])
    expect((await feed.need(5))?.toString()).toBe('after')
  })
})

describe('The memory of SteppedInflate', () => {
  const chunkBytes = 1000
  const content = storedBlocks(20_000)

  /** What other readers of this thread have left: three at most. */
  function takeSpare(bytes: number): ArrayBufferLike[] {
    return Array.from({ length: 3 }, () => takeMemory(bytes).buffer)
  }

  test('is used again once all chunks in it were given back', async () => {
    takeSpare(0)
    const { inflate } = openStream(content, chunkBytes)
    const chunks = await readAll(inflate, true)
    expect(chunks).toHaveLength(20)
    expect(new Set(chunks.map(({ buffer }) => buffer)).size).toBe(2)
    const other = openStream(content, chunkBytes)
    const kept: Buffer[] = []
    for (let chunk = await other.inflate.next(); chunk !== null; chunk = await other.inflate.next()) {
      kept.push(chunk)
      // Half of each memory is kept.
      if (kept.length % 2 === 0) other.inflate.giveBack(chunk)
    }
    expect(new Set(kept.map(({ buffer }) => buffer)).size).toBe(10)
    expect(Buffer.concat(kept).equals(data.subarray(0, 20_000))).toBe(true)
  })

  test('is left to others once it is closed, but what is kept', async () => {
    takeSpare(0)
    const { inflate } = openStream(content, chunkBytes)
    const chunks = await readAll(inflate)
    const memories = [...new Set(chunks.map(({ buffer }) => buffer))]
    // The last one is not used up.
    for (const chunk of chunks.slice(16)) inflate.giveBack(chunk)
    await inflate.close()
    const taken = takeSpare(chunkBytes * 2)
    expect(memories.map((memory) => taken.includes(memory))).toEqual([...Array(8).fill(false), true, true])
  })

  test('is not looked for where nobody knows it any more, or never did', async () => {
    takeSpare(0)
    const { inflate } = openStream(content, chunkBytes)
    const chunks: Buffer[] = []
    for (let chunk = 0; chunk < 10; chunk++) chunks.push((await inflate.next())!)
    inflate.giveBack(Buffer.alloc(10))
    const memories = [...new Set(chunks.map(({ buffer }) => buffer))]
    expect(memories).toHaveLength(5)
    // Six memories are under way, the last of them with a step: of the first two it is too late to say anything.
    for (const chunk of chunks.slice(0, 6)) inflate.giveBack(chunk)
    const later = new Set<ArrayBufferLike>()
    for (let chunk = await inflate.next(); chunk !== null; chunk = await inflate.next())
      later.add(chunk.buffer)
    expect(memories.map((memory) => later.has(memory))).toEqual([false, false, true, false, false])
    expect(Buffer.concat(chunks.slice(6)).equals(data.subarray(6000, 10_000))).toBe(true)
  })
})

describe('What goes wrong in a step', () => {
  test('is told with its place in the file, as often as it is asked', async () => {
    const content = Buffer.concat([
      storedBlocks(500, 10).subarray(0, headBytes + 500),
      Buffer.alloc(900, 0xff),
    ])
    const { inflate } = openStream(content, 1000, { pieceBytes: headBytes + 500 })
    expect((await inflate.next())?.length).toBe(500)
    for (let time = 0; time < 2; time++)
      await expect(inflate.next()).rejects.toMatchObject({
        name: 'SourceFault',
        code: 'input-damaged',
        message:
          'the compressed data is damaged (invalid block type), between bytes 505 and 1,010 of the file',
      })
  })

  test('is told of a stream that is cut off', async () => {
    const { inflate } = openStream(storedBlocks(3000).subarray(0, 2005), 1000)
    for (let chunk = 0; chunk < 2; chunk++) await inflate.next()
    await expect(inflate.next()).rejects.toThrow(
      'the compressed data is cut off: it should go on at byte 2,005 of the file',
    )
  })

  test('is no damage where it is not about the data', async () => {
    const error = new Error('The thread is gone.')
    const { feed, inflate } = openStream(storedBlocks(100), 1000)
    class Broken extends Inflater {
      override step(): Promise<InflateStep> {
        return Promise.reject(error)
      }
    }
    const broken = new SteppedInflate(feed, 1000, new Broken())
    await expect(broken.next()).rejects.toBe(error)
    await broken.close()
    await inflate.close()
  })

  test('is that it was closed, where more input was waited for', async () => {
    const { file, inflate } = openStream(storedBlocks(100), 1000, { isHeld: true })
    const reading = inflate.next()
    await settle()
    await inflate.close()
    file.reads[0]?.end()
    await expect(reading).rejects.toMatchObject({
      code: 'internal',
      message: 'the decompressor was closed while it was read from',
    })
  })
})
