import { describe, expect, test } from 'vitest'
import { HeldFile, settle, waitsFor } from '../../../test/fixtures/held-file.ts'
import { FileSpan, type Span } from './file-span.ts'

const content = Buffer.from(Uint32Array.from({ length: 75_000 }, (_, at) => at * 31).buffer)

function openSpan(span: Span, chunkBytes: number, isHeld = false): { file: HeldFile; chunks: FileSpan } {
  const file = new HeldFile(content, isHeld)
  return { file, chunks: new FileSpan(file, span, chunkBytes) }
}

async function readAll(chunks: FileSpan): Promise<Buffer[]> {
  const all: Buffer[] = []
  for (let chunk = await chunks.next(); chunk !== null; chunk = await chunks.next()) all.push(chunk)
  return all
}

describe('FileSpan', () => {
  test('gives what stands between two bytes of a file, in chunks', async () => {
    const { file, chunks } = openSpan({ startByte: 100, wantedEndByte: 1000, endByte: 1000 }, 400)
    const all = await readAll(chunks)
    expect(all.map(({ length }) => length)).toEqual([400, 400, 100])
    expect(Buffer.concat(all).equals(content.subarray(100, 1000))).toBe(true)
    expect(await chunks.next()).toBe(null)
    expect(file.ranges).toEqual([
      [100, 500],
      [500, 900],
      [900, 1000],
    ])
  })

  test('reads little at a time beyond what is surely wanted, and to the end if need be', async () => {
    const { file, chunks } = openSpan({ startByte: 0, wantedEndByte: 150_000, endByte: 300_000 }, 100_000)
    const all = await readAll(chunks)
    expect(Buffer.concat(all).equals(content)).toBe(true)
    expect(file.ranges).toEqual([
      [0, 100_000],
      [100_000, 150_000],
      [150_000, 215_536],
      [215_536, 281_072],
      [281_072, 300_000],
    ])
  })

  test('reads no more at a time than a chunk beyond it, where chunks are small', async () => {
    const { file, chunks } = openSpan({ startByte: 0, wantedEndByte: 10, endByte: 25 }, 10)
    await readAll(chunks)
    expect(file.ranges).toEqual([
      [0, 10],
      [10, 20],
      [20, 25],
    ])
  })

  test('reads nothing before it is asked, and then one chunk ahead, but none that may not be wanted', async () => {
    const { file, chunks } = openSpan({ startByte: 0, wantedEndByte: 200, endByte: 300 }, 100, true)
    expect(file.reads).toHaveLength(0)
    const first = chunks.next()
    expect(file.reads).toHaveLength(1)
    file.reads[0]?.end()
    expect((await first)?.equals(content.subarray(0, 100))).toBe(true)
    expect(file.reads).toHaveLength(2)
    file.reads[1]?.end()
    expect((await chunks.next())?.equals(content.subarray(100, 200))).toBe(true)
    await settle()
    expect(file.reads).toHaveLength(2)
    const third = chunks.next()
    file.reads[2]?.end()
    expect((await third)?.equals(content.subarray(200, 300))).toBe(true)
    expect(await chunks.next()).toBe(null)
    expect(file.reads).toHaveLength(3)
  })

  test('has nothing where there is nothing', async () => {
    const { file, chunks } = openSpan({ startByte: 5, wantedEndByte: 5, endByte: 5 }, 100)
    expect(await chunks.next()).toBe(null)
    await chunks.close()
    expect(file.reads).toEqual([])
  })

  test('uses the memory of a chunk again once it was given back, for another chunk', async () => {
    const { file, chunks } = openSpan({ startByte: 0, wantedEndByte: 950, endByte: 950 }, 100)
    const all: Buffer[] = []
    for (let chunk = await chunks.next(); chunk !== null; chunk = await chunks.next()) {
      expect(
        chunk.equals(content.subarray(all.length * 100, all.length * 100 + 100).subarray(0, chunk.length)),
      ).toBe(true)
      all.push(chunk)
      chunks.giveBack(chunk)
    }
    expect(all.map(({ length }) => length)).toEqual([...Array(9).fill(100), 50])
    expect(new Set(all.map(({ buffer }) => buffer)).size).toBe(2)
    expect(new Set(all).size).toBe(10)
    expect(file.reads).toHaveLength(10)
  })

  test('writes to no chunk that was not given back', async () => {
    const { chunks } = openSpan({ startByte: 0, wantedEndByte: 1000, endByte: 1000 }, 100)
    const all = await readAll(chunks)
    expect(new Set(all.map(({ buffer }) => buffer)).size).toBe(10)
    expect(Buffer.concat(all).equals(content.subarray(0, 1000))).toBe(true)
  })

  test('keeps the memory that any chunk fits into', async () => {
    const { chunks } = openSpan({ startByte: 0, wantedEndByte: 130, endByte: 100_000 }, 100)
    const [large, small] = [await chunks.next(), await chunks.next()]
    expect([large?.length, small?.length]).toEqual([100, 30])
    chunks.giveBack(large!)
    chunks.giveBack(small!)
    const third = await chunks.next()
    expect(third?.length).toBe(100)
    expect(third?.buffer).toBe(large?.buffer)
    expect(third?.equals(content.subarray(130, 230))).toBe(true)
    // Nobody has given that back.
    const fourth = await chunks.next()
    expect(fourth?.buffer).not.toBe(large?.buffer)
    expect(third?.equals(content.subarray(130, 230))).toBe(true)
    chunks.giveBack(small!)
    expect((await chunks.next())?.equals(content.subarray(330, 430))).toBe(true)
  })

  test('tells that a read has failed once its bytes are wanted', async () => {
    const { file, chunks } = openSpan({ startByte: 0, wantedEndByte: 1000, endByte: 1000 }, 100, true)
    const first = chunks.next()
    file.reads[0]?.end()
    await first
    const error = new Error('The disk is broken.')
    file.reads[1]?.fail(error)
    await settle()
    await expect(chunks.next()).rejects.toBe(error)
    file.reads[2]?.fail('It is no error.')
    await settle()
    await expect(chunks.next()).rejects.toThrow(/^It is no error\.$/)
    file.reads[3]?.end()
    await chunks.close()
  })

  test('is closed once what is being read has been read, and reads nothing more', async () => {
    const { file, chunks } = openSpan({ startByte: 0, wantedEndByte: 1000, endByte: 1000 }, 100, true)
    const first = chunks.next()
    file.reads[0]?.end()
    await first
    expect(await waitsFor(chunks.close(), file.reads[1])).toBe(true)
    expect((await chunks.next())?.length).toBe(100)
    expect(await chunks.next()).toBe(null)
    expect(file.reads).toHaveLength(2)
  })
})
