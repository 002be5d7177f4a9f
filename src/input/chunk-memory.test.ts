import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { gzipSplit, makeFolder, makeMember, memberSplit, rangeSplit } from '../../test/fixtures/splits.ts'
import type { InputFormat } from '../job/index.ts'
import { openSplit } from './open-split.ts'
import type { Split } from './split.ts'

const folder = makeFolder()
afterAll(() => folder.remove())

const lines = Array.from({ length: 20_000 }, (_, number) => `line ${number} ${(number * 7919) % 104_729}`)
const content = Buffer.from(`${lines.join('\n')}\n`)
const chunkBytes = 4096

/** Reads all lines, and keeps every chunk with a copy of what it held. */
async function readAll(
  split: Split,
  isLeft: boolean,
): Promise<{ read: string[]; chunks: [Buffer, Buffer][] }> {
  const chunks: [Buffer, Buffer][] = []
  const format: InputFormat<string> = {
    name: 'kept',
    unit: 'line',
    recordBytesMax: 1000,
    options: {},
    decoder: () => ({
      decode: (bytes, start, end) => bytes.toString('latin1', start, end),
      enterChunk: (chunk) => chunks.push([chunk, Buffer.from(chunk)]),
      leaveChunk: () => isLeft,
    }),
  }
  const reader = await openSplit(split, format, format.decoder(), { chunkBytes })
  const read: string[] = []
  while (await reader.nextChunk()) {
    for (let kind = reader.next(); kind === 'record'; kind = reader.next()) read.push(reader.record)
  }
  await reader.close()
  return { read, chunks }
}

describe.each([
  ['a plain file', () => rangeSplit(folder.write('plain.txt', content))],
  ['a gzip file', () => gzipSplit(folder.write('one.gz', gzipSync(content)))],
  [
    'a zip member',
    () => {
      const { archive, facts } = makeMember(content)
      return memberSplit(folder.write('one.zip', archive), facts)
    },
  ],
] as const)('the memory of chunks of %s', (_, splitOf) => {
  test('holds what it held as long as it may be looked at', async () => {
    const { read, chunks } = await readAll(splitOf(), false)
    expect(read).toEqual(lines)
    for (const [chunk, held] of chunks) expect(chunk.equals(held)).toBe(true)
  })

  test('is used again once nobody looks at it', async () => {
    const { read, chunks } = await readAll(splitOf(), true)
    expect(read).toEqual(lines)
    expect(chunks.length).toBeGreaterThan(50)
    expect(new Set(chunks.map(([chunk]) => chunk.buffer)).size).toBeLessThan(8)
    // Who knows a chunk by its object must not take one for another.
    expect(new Set(chunks.map(([chunk]) => chunk)).size).toBe(chunks.length)
  })
})

test('The memory of chunks goes from one member of an archive to the next, once nobody looks at it', async () => {
  const { archive, facts } = makeMember(content)
  const split = memberSplit(folder.write('many.zip', archive), facts)
  const memories = new Set<ArrayBufferLike>()
  for (let member = 0; member < 20; member++) {
    const { read, chunks } = await readAll(split, true)
    expect(read).toEqual(lines)
    for (const [chunk] of chunks) memories.add(chunk.buffer)
  }
  expect(memories.size).toBeLessThan(8)
  const held = await readAll(split, false)
  const again = await readAll(split, false)
  expect(again.read).toEqual(lines)
  for (const [chunk, copy] of held.chunks) expect(chunk.equals(copy)).toBe(true)
})
