import { describe, expect, test } from 'vitest'
import { settle } from '../../../test/fixtures/held-file.ts'
import { AheadChunks, type ByteChunks, SourceFault } from './byte-chunks.ts'

describe('SourceFault', () => {
  test('says what is wrong, by a code, and why; and what to do where that is known', () => {
    const cause = new Error('why')
    const fault = new SourceFault('input-damaged', 'It is damaged.', cause, 'Mend it.')
    expect(fault).toMatchObject({
      name: 'SourceFault',
      code: 'input-damaged',
      message: 'It is damaged.',
      wayOut: 'Mend it.',
      cause,
    })
    const other = new SourceFault('io', 'It failed.')
    expect(other.wayOut).toBe(undefined)
    expect('cause' in other).toBe(false)
  })
})

/** A source whose chunks come, or fail, when a test says so. */
class HeldChunks implements ByteChunks {
  /** Those that were asked for. */
  readonly asked: PromiseWithResolvers<Buffer | null>[] = []
  readonly givenBack: Buffer[] = []
  finished = 0
  closing: PromiseWithResolvers<void> | null = null

  next(): Promise<Buffer | null> {
    const chunk = withResolvers<Buffer | null>()
    this.asked.push(chunk)
    return chunk.promise
  }

  giveBack(chunk: Buffer): void {
    this.givenBack.push(chunk)
  }

  async finish(): Promise<void> {
    this.finished++
  }

  close(): Promise<void> {
    this.closing = withResolvers<void>()
    return this.closing.promise
  }
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  let [resolve, reject]: [(value: T) => void, (error: unknown) => void] = [() => {}, () => {}]
  const promise = new Promise<T>((...both) => {
    ;[resolve, reject] = both
  })
  return { promise, resolve, reject }
}

const [a, b] = [Buffer.from('a'), Buffer.from('b')]

/** One that has given `a`, and fetches what follows. */
async function begun(): Promise<{ source: HeldChunks; chunks: AheadChunks }> {
  const source = new HeldChunks()
  const chunks = new AheadChunks(source)
  const first = chunks.next()
  source.asked[0]?.resolve(a)
  expect(await first).toBe(a)
  return { source, chunks }
}

describe('AheadChunks', () => {
  test('fetches nothing before it is asked, and then one chunk ahead', async () => {
    const source = new HeldChunks()
    const chunks = new AheadChunks(source)
    await settle()
    expect(source.asked).toHaveLength(0)
    const first = chunks.next()
    expect(source.asked).toHaveLength(1)
    source.asked[0]?.resolve(a)
    expect(await first).toBe(a)
    expect(source.asked).toHaveLength(2)
    source.asked[1]?.resolve(b)
    await settle()
    expect(source.asked).toHaveLength(2)
    expect(await chunks.next()).toBe(b)
    expect(source.asked).toHaveLength(3)
  })

  test('asks for nothing behind the end', async () => {
    const { source, chunks } = await begun()
    source.asked[1]?.resolve(null)
    expect(await chunks.next()).toBe(null)
    expect(await chunks.next()).toBe(null)
    expect(source.asked).toHaveLength(2)
    await chunks.finish()
    expect(source.finished).toBe(1)
  })

  test('tells what failed once that is wanted, as often as it is', async () => {
    const { source, chunks } = await begun()
    const error = new SourceFault('io', 'It failed.')
    source.asked[1]?.reject(error)
    await settle()
    for (let time = 0; time < 2; time++) await expect(chunks.next()).rejects.toBe(error)
    expect(source.asked).toHaveLength(2)
    await expect(chunks.finish()).rejects.toBe(error)
    expect(source.finished).toBe(0)
  })

  test('is finished once what is under way has come, and the source is', async () => {
    const { source, chunks } = await begun()
    const finishing = chunks.finish()
    await settle()
    expect(source.finished).toBe(0)
    source.asked[1]?.resolve(b)
    await finishing
    expect(source.finished).toBe(1)
    const unused = new AheadChunks(new HeldChunks())
    await unused.finish()
  })

  test('is closed once its source is, and what is under way has come; nothing more is fetched', async () => {
    const { source, chunks } = await begun()
    let isClosed = false
    const closing = chunks.close().then(() => {
      isClosed = true
    })
    source.closing?.resolve()
    await settle()
    expect(isClosed).toBe(false)
    source.asked[1]?.resolve(b)
    await closing
    expect(await chunks.next()).toBe(b)
    expect(source.asked).toHaveLength(2)
    const other = await begun()
    other.source.asked[1]?.reject(new Error('It was closed.'))
    const closed = other.chunks.close()
    other.source.closing?.resolve()
    await closed
  })

  test('hands back what the source takes back, and needs none that takes or checks anything', async () => {
    const { source, chunks } = await begun()
    chunks.giveBack(a)
    expect(source.givenBack).toEqual([a])
    const plain: ByteChunks = { next: async () => null, close: async () => {} }
    const ahead = new AheadChunks(plain)
    ahead.giveBack(a)
    await ahead.finish()
    expect(await ahead.next()).toBe(null)
    await ahead.close()
  })
})
