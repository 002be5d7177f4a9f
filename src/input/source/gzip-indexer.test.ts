import { constants, crc32, deflateRawSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { identityOf, makeFolder } from '../../../test/fixtures/splits.ts'
import type { GzipBlock, GzipCut } from '../split.ts'
import { readIndexCuts, readWindow } from './gzip-index.ts'
import { GzipIndexer } from './gzip-indexer.ts'
import { OpenedFile } from './opened-file.ts'

const folder = makeFolder()
afterAll(() => folder.remove())

/** What an indexer made, and how often its file was asked for and closed. */
interface Made {
  cuts: readonly GzipCut[] | null
  created: number
  closed: number
  everyBytes: number
  windowOf: (block: GzipBlock) => Buffer
}

/** Has an index made of this file; `index` tells the indexer what passes by. */
async function made(
  content: Uint8Array,
  everyBytes: number,
  index: (indexer: GzipIndexer) => Promise<void> | void,
): Promise<Made> {
  const path = folder.write('file.gz', content)
  const file = await OpenedFile.open(path, identityOf(path), '')
  const chunks: Buffer[] = []
  const counts = { created: 0, closed: 0 }
  const indexer = new GzipIndexer(file, {
    everyBytes,
    create: () => {
      counts.created += 1
      return {
        write: (chunk) => chunks.push(Buffer.from(chunk)),
        close: () => {
          counts.closed += 1
        },
      }
    },
  })
  try {
    await index(indexer)
  } finally {
    indexer.close()
    await file.close()
  }
  const written = folder.write('file.index', Buffer.concat(chunks))
  const cuts = readIndexCuts(written, content.length)
  return { cuts, ...counts, everyBytes: indexer.everyBytes, windowOf: (block) => readWindow(written, block) }
}

const memberAt = (dataByte: number): GzipCut => ({ byte: dataByte + 1, dataByte, members: dataByte })

describe('members in the index of a gzip file', () => {
  test('are cuts where they are as far apart as asked for', async () => {
    const { cuts, created, closed } = await made(Buffer.alloc(10), 100, (indexer) => {
      for (const dataByte of [99, 100, 150, 199, 200, 301, 400, 401]) indexer.beginMember(memberAt(dataByte))
      indexer.finish(1000)
    })
    expect(cuts).toEqual([100, 200, 301, 401].map(memberAt))
    expect([created, closed]).toEqual([1, 1])
  })

  test('are none where no data follows, and without any there is no index', async () => {
    const some = await made(Buffer.alloc(10), 100, (indexer) => {
      for (const dataByte of [100, 200, 300]) indexer.beginMember(memberAt(dataByte))
      indexer.finish(300)
    })
    expect(some.cuts).toEqual([100, 200].map(memberAt))
    const none = await made(Buffer.alloc(10), 100, (indexer) => {
      indexer.beginMember(memberAt(100))
      indexer.finish(100)
    })
    expect(none).toMatchObject({ cuts: null, created: 0, closed: 0 })
  })

  test('are thinned out once there are more than 1,024: every second stays, and the next are twice as far apart', async () => {
    const full = await made(Buffer.alloc(10), 10, (indexer) => {
      for (let at = 1; at <= 1024; at++) indexer.beginMember(memberAt(at * 10))
      indexer.finish(1e6)
    })
    expect(full.cuts).toHaveLength(1024)
    expect(full.everyBytes).toBe(10)
    const thinned = await made(Buffer.alloc(10), 10, (indexer) => {
      for (let at = 1; at <= 1030; at++) indexer.beginMember(memberAt(at * 10))
      indexer.finish(1e6)
    })
    const expected = Array.from({ length: 515 }, (_, at) => memberAt((at + 1) * 20))
    expect(thinned.cuts).toEqual(expected)
    expect(thinned.everyBytes).toBe(20)
  })
})

/** Text that deflate makes a few times smaller. */
function textOf(bytes: number, seed: number): Buffer {
  const lines: string[] = []
  for (let at = 0; at < bytes; at += 10)
    lines.push(`${String(Math.imul(at + seed, 2654435761) >>> 0).padStart(10)} line\n`)
  return Buffer.from(lines.join('')).subarray(0, bytes)
}

/** Data whose compressed form ends at a byte where more may follow. */
const flushed = (data: Buffer): Buffer => deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH })

const before = textOf(50_000, 1)
const deflatedBefore = flushed(before)

/** Tells of the data up to a boundary, and of what follows it, in pieces of this size. */
async function passBoundary(
  indexer: GzipIndexer,
  after: Buffer,
  { pieceBytes = 10_000, boundaryByte = deflatedBefore.length } = {},
): Promise<void> {
  const data = Buffer.concat([before, after])
  let memberBytes = 0
  let memberCrc32 = 0
  while (memberBytes < data.length) {
    const isBefore = memberBytes < before.length
    const end = Math.min(memberBytes + pieceBytes, isBefore ? before.length : data.length)
    const chunk = data.subarray(memberBytes, end)
    memberBytes = end
    memberCrc32 = crc32(chunk, memberCrc32)
    const place = { dataByte: 1000 + memberBytes, members: 2, memberBytes, memberCrc32 }
    await indexer.pass(chunk, { ...place, boundaryByte: end === before.length ? boundaryByte : null })
  }
  await indexer.endMember()
}

describe('a block boundary in the index of a gzip file', () => {
  test.each([1, 1000, 4096, 32_768, 40_000, 1e6])(
    'is a cut, with the 32 KiB before it, once it was seen where it leads: chunks of %i bytes',
    async (pieceBytes) => {
      const size = pieceBytes === 1 ? 5000 : 70_000
      const after = textOf(size, 7)
      const content = Buffer.concat([deflatedBefore, deflateRawSync(after)])
      const { cuts, windowOf, created, closed } = await made(content, 10, async (indexer) => {
        await passBoundary(indexer, after, { pieceBytes })
        indexer.finish(1e6)
      })
      expect(cuts).toMatchObject([
        {
          byte: deflatedBefore.length,
          dataByte: 1000 + before.length,
          members: 2,
          block: { bits: 0, memberBytes: before.length, memberCrc32: crc32(before) },
        },
      ])
      expect(windowOf(cuts?.[0]?.block as GzipBlock).equals(before.subarray(-32_768))).toBe(true)
      expect([created, closed]).toEqual([1, 1])
    },
  )

  test('has no window of more than its own member', async () => {
    const after = textOf(40_000, 7)
    const short = textOf(100, 9)
    const content = Buffer.concat([flushed(short), deflateRawSync(after)])
    const { cuts, windowOf } = await made(content, 10, async (indexer) => {
      const place = { dataByte: 0, members: 0, memberBytes: 0, memberCrc32: 0 }
      await indexer.pass(before, { ...place, boundaryByte: null })
      await indexer.endMember()
      await indexer.pass(short, { ...place, boundaryByte: flushed(short).length })
      await indexer.pass(after, { ...place, boundaryByte: null })
      await indexer.endMember()
      indexer.finish(1e6)
    })
    expect(cuts).toHaveLength(1)
    expect(String(windowOf(cuts?.[0]?.block as GzipBlock))).toBe(String(short))
  })

  test.each([
    [4096, 1],
    [4095, 0],
    [0, 0],
  ])('is proven by 4 KiB of data that follow: %i bytes', async (bytes, found) => {
    const after = textOf(bytes, 7)
    const content = Buffer.concat([deflatedBefore, deflateRawSync(after)])
    const { cuts, created } = await made(content, 10, async (indexer) => {
      await passBoundary(indexer, after)
      indexer.finish(1e6)
    })
    expect(cuts?.length ?? 0).toBe(found)
    expect(created).toBe(found)
  })

  test('is left out where it leads to other data, or to none', async () => {
    const after = textOf(40_000, 7)
    const content = Buffer.concat([deflatedBefore, deflateRawSync(after)])
    const other = Buffer.concat([deflatedBefore, deflateRawSync(textOf(40_000, 8))])
    for (const [file, boundaryByte] of [
      [other, deflatedBefore.length],
      [content, deflatedBefore.length - 100],
      [content, content.length - 3],
    ] as const) {
      const { cuts, created } = await made(file, 10, async (indexer) => {
        await passBoundary(indexer, after, { boundaryByte })
        indexer.finish(1e6)
      })
      expect([cuts, created]).toEqual([null, 0])
    }
  })

  test('is looked at one at a time: what comes while one is, is passed over', async () => {
    const pieces = [1, 2, 3].map((seed) => textOf(20_000, seed * 1000))
    const deflated = pieces.map(flushed)
    const content = Buffer.concat([deflatedBefore, ...deflated, deflateRawSync(pieces[0] as Buffer)])
    const { cuts } = await made(content, 10, async (indexer) => {
      let boundaryByte = deflatedBefore.length
      let dataByte = before.length
      const place = { members: 0, memberBytes: 0, memberCrc32: 0 }
      await indexer.pass(before, { ...place, dataByte, boundaryByte })
      for (const [at, piece] of pieces.entries()) {
        boundaryByte += (deflated[at] as Buffer).length
        dataByte += piece.length
        await indexer.pass(piece, { ...place, dataByte, boundaryByte })
      }
      await indexer.pass(pieces[0] as Buffer, { ...place, dataByte: dataByte + 20_000, boundaryByte: null })
      await indexer.endMember()
      indexer.finish(1e6)
    })
    // The first is proven by two pieces; the second passes meanwhile, the third does not.
    expect(cuts?.map(({ dataByte }) => dataByte)).toEqual([before.length, before.length + 40_000])
  })

  test('is no index where reading ended before the file did, but its file is closed', async () => {
    const after = textOf(40_000, 7)
    const content = Buffer.concat([deflatedBefore, deflateRawSync(after)])
    const { cuts, created, closed } = await made(content, 10, (indexer) => passBoundary(indexer, after))
    expect([cuts, created, closed]).toEqual([null, 1, 1])
  })
})
