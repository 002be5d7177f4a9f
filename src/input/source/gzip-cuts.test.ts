import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { deflateRawSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { makeBlock, makeBlocks, makeMembers } from '../../../test/fixtures/gzip-members.ts'
import { makeFolder, makeGzip } from '../../../test/fixtures/splits.ts'
import type { GzipCut } from '../split.ts'
import { findGzipCuts } from './gzip-cuts.ts'

const folder = makeFolder()
afterAll(() => folder.remove())

async function cutsOf(file: Uint8Array, partBytes: number): Promise<GzipCut[]> {
  const handle = await open(folder.write('file.gz', file), 'r')
  try {
    return await findGzipCuts(handle, file.length, partBytes)
  } finally {
    await handle.close()
  }
}

/** Bytes that deflate hardly makes smaller. */
function noise(bytes: number, seed: number): Buffer {
  let state = seed
  return Buffer.from(
    Array.from({ length: bytes }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state >>> 24
    }),
  )
}

const pieces = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }), {
  minLength: 1,
  maxLength: 20,
})

describe('findGzipCuts', () => {
  test('finds every member with data before it, in blocks of bgzip and in members one after the other', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, fc.boolean(), async (contents, isBlocks) => {
        const { file, cuts } = isBlocks ? makeBlocks(contents) : makeMembers(contents)
        expect(await cutsOf(file, 1)).toEqual(cuts)
      }),
      { numRuns: 60 },
    )
  })

  test('keeps cuts as far apart as was asked', async () => {
    const contents = Array.from({ length: 30 }, (_, index) => 'x'.repeat(index % 7 === 0 ? 500 : 40))
    for (const { file, cuts } of [makeBlocks(contents), makeMembers(contents)]) {
      const found = await cutsOf(file, 300)
      const distances = found.map(({ dataByte }, index) => dataByte - (found[index - 1]?.dataByte ?? 0))
      expect(found.length).toBeGreaterThan(3)
      expect(Math.min(...distances)).toBeGreaterThanOrEqual(300)
      for (const cut of found) expect(cuts).toContainEqual(cut)
    }
  })

  test('finds members that lie across its windows, and passes over what only looks like a header', async () => {
    const contents = Array.from({ length: 40 }, (_, index) => {
      const data = noise(90_000 + index * 13, index)
      // Noise is stored as it is, and so these are headers without a member.
      data.set([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], 5000)
      return data
    })
    const { file, cuts } = makeMembers(contents)
    expect(await cutsOf(file, 1)).toEqual(cuts)
  })

  test('reads headers with every optional field', async () => {
    const parts = { extra: Buffer.from('some'), name: 'a name', comment: 'a comment', headerCrc: true }
    const first = makeGzip(Buffer.from('one\n'), parts)
    const file = Buffer.concat([first, makeGzip(Buffer.from('two\n'), parts)])
    expect(await cutsOf(file, 1)).toEqual([{ byte: first.length, dataByte: 4, members: 1 }])
  })

  test('looks no further than a sixteenth of the file, at least a megabyte, from a member', async () => {
    const near = makeMembers([noise(900_000, 1), noise(900_000, 2), noise(100, 3)])
    expect(await cutsOf(near.file, 1)).toEqual(near.cuts)
    const far = makeMembers([noise(900_000, 1), noise(1_200_000, 2), noise(100, 3)])
    expect(await cutsOf(far.file, 1)).toEqual(far.cuts.slice(0, 1))
  })

  test('stops where a file goes on otherwise: cut off, damaged, or as no block', async () => {
    const { file, cuts } = makeBlocks(['one\n', 'two\n', 'three\n', 'four\n'])
    const damaged = Buffer.from(file)
    damaged[cuts[1]?.byte ?? 0] = 0
    expect(await cutsOf(damaged, 1)).toEqual(cuts.slice(0, 1))
    expect(await cutsOf(file.subarray(0, (cuts[2]?.byte ?? 0) + 4), 1)).toEqual(cuts.slice(0, 2))
    const mixed = Buffer.concat([file.subarray(0, cuts[3]?.byte), gzipSync('more\n'), gzipSync('more\n')])
    expect(await cutsOf(mixed, 1)).toEqual(cuts.slice(0, 3))
  })

  test('finds nothing in a file that does not begin as a member, whatever follows', async () => {
    const { file } = makeMembers(['one', 'two', 'three'])
    expect(await cutsOf(file, 1)).toHaveLength(2)
    file.writeUInt8(0x80, 3)
    expect(await cutsOf(file, 1)).toEqual([])
  })

  test('finds nothing in a file that is no gzip file, or empty', async () => {
    expect(await cutsOf(Buffer.alloc(0), 1)).toEqual([])
    expect(await cutsOf(deflateRawSync('text'), 1)).toEqual([])
    expect(await cutsOf(gzipSync('text'), 1)).toEqual([])
  })

  test('takes cuts that are just as far apart as was asked', async () => {
    for (const { file, cuts } of [
      makeBlocks(Array.from({ length: 6 }, () => 'x'.repeat(100))),
      makeMembers(Array.from({ length: 6 }, () => 'x'.repeat(100))),
    ]) {
      const own = cuts.slice(0, 5)
      expect((await cutsOf(file, 100)).slice(0, 5)).toEqual(own)
      expect((await cutsOf(file, 101)).slice(0, 2)).toEqual([own[1], own[3]])
    }
  })

  test('counts members that hold nothing', async () => {
    for (const { file, cuts } of [makeBlocks(['a', '', 'b', 'c']), makeMembers(['a', '', 'b', 'c'])])
      expect((await cutsOf(file, 1)).slice(0, 2)).toEqual([cuts[0], cuts[2]])
  })

  test('lets others have their turn, every few thousand blocks', async () => {
    const path = folder.write('blocks.gz', Buffer.concat(Array.from({ length: 5000 }, () => makeBlock('x'))))
    const fd = openSync(path, 'r')
    // Reads at once: who waits for the disk lets others have their turn as well.
    const read = async (into: Buffer, start: number, bytes: number, atByte: number) => ({
      bytesRead: readSync(fd, into, start, bytes, atByte),
    })
    let turns = 0
    const count = (): void => {
      turns += 1
      turn = setImmediate(count)
    }
    let turn = setImmediate(count)
    const found = await findGzipCuts({ fd, read } as unknown as FileHandle, statSync(path).size, 1)
    clearImmediate(turn)
    closeSync(fd)
    expect(found).toHaveLength(4999)
    expect(turns).toBeGreaterThanOrEqual(2)
    expect(turns).toBeLessThan(10)
  })

  test('finds a member whose header lies where one window of a megabyte ends', async () => {
    const second = makeGzip(Buffer.from('second'), { name: 'a name', extra: Buffer.alloc(30) })
    for (const before of [1, 2, 3, 4, 10, 20, 50, 16_384]) {
      const first = storedOf(2 ** 20 - before)
      const file = Buffer.concat([first, second, Buffer.alloc(20_000, 'x')])
      expect(await cutsOf(file, 1), `${before} bytes before`).toEqual([
        { byte: first.length, dataByte: first.readUInt32LE(first.length - 4), members: 1 },
      ])
    }
  })

  test('looks just a megabyte far from where the data of a member begins, also of one that is none', async () => {
    const second = gzipSync('second')
    for (const [more, found] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const first = storedOf(headerBytes + 2 ** 20 + more)
      expect(await cutsOf(Buffer.concat([first, second, second]), 1)).toHaveLength(found * 2)
      // With flags that no program writes.
      first.writeUInt8(0x80, 3)
      expect(await cutsOf(Buffer.concat([first, second, second]), 1)).toEqual([])
    }
  })

  const inner = gzipSync('what a member within a member holds')

  test.each([
    ['data that does not inflate', Buffer.concat([inner.subarray(0, 10), Buffer.alloc(5000, 0xff)])],
    [
      'flags that no program writes',
      Buffer.concat([inner.subarray(0, 3), Buffer.from([0x80]), inner.subarray(4)]),
    ],
  ])('passes over a header in the data that has a likely length before it: %s', async (_, header) => {
    const content = Buffer.concat([lengthOf(5000), header, Buffer.alloc(6000)])
    const first = gzipSync(Buffer.concat([Buffer.alloc(5000, 'x'), content]), { level: 0 })
    const file = Buffer.concat([first, gzipSync('second'), gzipSync('third')])
    expect(await cutsOf(file, 1)).toEqual([
      { byte: first.length, dataByte: 5000 + content.length, members: 1 },
      { byte: first.length + gzipSync('second').length, dataByte: 5006 + content.length, members: 2 },
    ])
  })

  // Bytes of compressed data, what the trailer says that they hold, and whether that is likely.
  test.each([
    [1, 5, false],
    [2, 5, true],
    [200, 200 * 1040, true],
    [200, 200 * 1040 + 1, false],
    [184, 100, true],
    [185, 100, false],
    [60, 0, true],
    [65, 0, false],
  ])(
    'takes %i bytes for compressed data of %i, or does not: %s',
    async (deflatedBytes, memberBytes, isLikely) => {
      // Behind the header of a stored block, five bytes long, what looks like a trailer ends where another member begins.
      const filler = Buffer.alloc(deflatedBytes + 3 - 4, 'x')
      const file = gzipSync(Buffer.concat([filler, lengthOf(memberBytes), inner]), { level: 0 })
      const cut = { byte: 10 + 5 + filler.length + 4, dataByte: memberBytes, members: 1 }
      expect(await cutsOf(file, 0)).toEqual(isLikely ? [cut] : [])
    },
  )
})

const headerBytes = 10

/** A member of so many bytes, header and trailer included, whose data is stored. Its checksum is none. */
function storedOf(bytes: number): Buffer {
  const member = Buffer.alloc(bytes, 'x')
  member.set([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])
  const end = bytes - 8
  let data = 0
  for (let at = headerBytes; at < end; ) {
    const block = Math.min(65_535, end - at - 5)
    member.writeUInt8(at + 5 + block === end ? 1 : 0, at)
    member.writeUInt16LE(block, at + 1)
    member.writeUInt16LE(~block & 0xffff, at + 3)
    data += block
    at += 5 + block
  }
  member.writeUInt32LE(data, end + 4)
  return member
}

function lengthOf(bytes: number): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes)
  return length
}
