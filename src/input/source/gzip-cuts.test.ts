import { open } from 'node:fs/promises'
import { deflateRawSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { makeBlocks, makeMembers } from '../../../test/fixtures/gzip-members.ts'
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

  test('finds nothing in a file that is no gzip file, or empty', async () => {
    expect(await cutsOf(Buffer.alloc(0), 1)).toEqual([])
    expect(await cutsOf(deflateRawSync('text'), 1)).toEqual([])
    expect(await cutsOf(gzipSync('text'), 1)).toEqual([])
  })
})
