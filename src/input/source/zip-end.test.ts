import { describe, expect, test } from 'vitest'
import {
  type ArchiveMember,
  damagedArchive,
  makeArchive,
  refusalOf,
} from '../../../test/fixtures/archives.ts'
import { ArchiveBytes } from './zip-bytes.ts'
import { type DirectoryBounds, findDirectory } from './zip-end.ts'

/** Looks for the directory of a file of which this is the end; what stands before it is never asked for. */
function find(end: Buffer, sizeBytes = end.length): Promise<DirectoryBounds> {
  const read = (into: Buffer, atByte: number): number => {
    if (atByte < sizeBytes - end.length) throw new Error('bytes were asked for that are of no use')
    return end.copy(into, 0, atByte - (sizeBytes - end.length))
  }
  return findDirectory(new ArchiveBytes(read, sizeBytes, 'a.zip'))
}

/** Why it is not found: code, message without path, byte, way out. */
async function refusal(end: Buffer, sizeBytes?: number): Promise<Record<string, unknown>> {
  return refusalOf(find(end, sizeBytes))
}

const onePart = (byte: number): Record<string, unknown> => ({
  code: 'input-unsupported',
  what: 'the archive is one part of several.',
  byte,
  wayOut: 'Join the parts first: zip -s 0 part.zip --out whole.zip',
})

/** A copy with some of its bytes set: a place from the end, and a number of 2, 4 or 8 bytes. */
function patched(
  archive: Buffer,
  ...patches: readonly [fromEnd: number, bytes: 2 | 4 | 8, value: number][]
): Buffer {
  const copy = Buffer.from(archive)
  for (const [fromEnd, bytes, value] of patches) {
    const at = copy.length - fromEnd
    if (bytes === 2) copy.writeUInt16LE(value, at)
    else if (bytes === 4) copy.writeUInt32LE(value, at)
    else copy.writeBigUInt64LE(BigInt(value), at)
  }
  return copy
}

const two: ArchiveMember[] = [
  { name: 'b', content: 'second\n' },
  { name: 'a', content: 'first\n', method: 0 },
]
const plain = makeArchive(two)
const directory = { startByte: plain.length - 22 - 94, endByte: plain.length - 22 }
/** The zip64 end record lies 98 bytes before the end, its locator 42, the old end record 22. */
const wide = makeArchive(two, { zip64: true })
const recordByte = wide.length - 98
const locatorByte = wide.length - 42
const endByte = wide.length - 22
const wideDirectoryByte = wide.readUInt32LE(recordByte + 48)

describe('the end of an archive', () => {
  test('says where the directory is, and how many entries it has', async () => {
    expect(await find(plain)).toEqual({ ...directory, entries: 2, entriesModulo: 65_536 })
    expect(await find(wide)).toEqual({
      startByte: wideDirectoryByte,
      endByte: recordByte,
      entries: 2,
      entriesModulo: Number.POSITIVE_INFINITY,
    })
    expect(await find(makeArchive([]))).toMatchObject({ startByte: 0, endByte: 0, entries: 0 })
  })

  test('is missing in a file that is too short for one', async () => {
    const empty = makeArchive([])
    for (let length = 0; length < empty.length; length++) {
      const bytes = length === 1 ? '1 byte' : `${length} bytes`
      expect(await refusal(empty.subarray(0, length))).toEqual(
        damagedArchive(`the archive is cut off: there is no end record in its last ${bytes}`, length),
      )
    }
  })

  test('is looked for in the last 64 KiB, where a comment may be', async () => {
    expect(await refusal(Buffer.alloc(65_557), 100_000)).toEqual(
      damagedArchive('the archive is cut off: there is no end record in its last 65,557 bytes', 100_000),
    )
  })

  test('must be the end of the file: what comes after it, or is missing, is counted', async () => {
    expect(await refusal(Buffer.concat([makeArchive([]), Buffer.from('y')]))).toEqual(
      damagedArchive('there is more in the file after the end of the archive: 1 byte', 22),
    )
    const before = Buffer.concat([Buffer.alloc(70_000), makeArchive([]), Buffer.alloc(1000)])
    expect(await refusal(before)).toEqual(
      damagedArchive('there is more in the file after the end of the archive: 1,000 bytes', 70_022),
    )
    const commented = makeArchive(two, { comment: 'a comment' })
    expect(await refusal(commented.subarray(0, -4))).toEqual(
      damagedArchive('the archive is cut off 4 bytes before its end', commented.length - 4),
    )
  })

  test('is refused where two of them fit', async () => {
    const long = Buffer.concat([Buffer.alloc(70_000), makeArchive([], { comment: makeArchive([]) })])
    expect(await refusal(long)).toEqual(
      damagedArchive('the archive has two end records, and each fits: what it holds cannot be told', 70_000),
    )
  })

  test('is refused where it leads to no directory', async () => {
    expect(await refusal(patched(plain, [10, 4, 95]))).toEqual(
      damagedArchive(
        `the archive's directory should lie at byte ${directory.startByte} and be 95 bytes long, which does not lead to the end record`,
        directory.endByte,
      ),
    )
    // There is no room before it for what leads further.
    for (const before of [0, 5, 19]) {
      const short = Buffer.concat([Buffer.alloc(before), patched(makeArchive([]), [10, 4, 99])])
      expect(await refusal(short)).toEqual(
        damagedArchive(
          "the archive's directory should lie at byte 0 and be 99 bytes long, which does not lead to the end record",
          before,
        ),
      )
    }
  })

  test.each([
    ['its own number', 18],
    ["the number of the directory's part", 16],
    ['fewer entries in this part', 14],
  ])('is refused where the archive is one part of several: %s', async (_, fromEnd) => {
    expect(await refusal(patched(plain, [fromEnd, 2, 1]))).toEqual(onePart(directory.endByte))
  })

  test('may have a directory of 256 MiB before it, and none that is longer', async () => {
    const max = 256 * 1024 * 1024
    const endOf = (bytes: number): Buffer =>
      Buffer.concat([Buffer.alloc(70_000), patched(makeArchive([]), [10, 4, bytes], [6, 4, 1000])])
    expect(await find(endOf(max), 1000 + max + 22)).toMatchObject({ startByte: 1000, endByte: 1000 + max })
    expect(await refusal(endOf(max + 1), 1000 + max + 1 + 22)).toEqual({
      code: 'input-unsupported',
      what: "the archive's directory is 268,435,457 bytes long; tallyman reads up to 268,435,456 bytes.",
      byte: 1000,
      wayOut: 'Cut the archive into several with fewer members.',
    })
  })
})

describe('the zip64 end of an archive', () => {
  test('is gone by where the old end record says so of any number, and says the same of others', async () => {
    const [count, bytes] = [2, recordByte - wideDirectoryByte]
    for (const entries of [count, 0xffff]) {
      for (const directoryBytes of [bytes, 0xffffffff]) {
        for (const directoryByte of [wideDirectoryByte, 0xffffffff]) {
          const archive = patched(
            wide,
            [14, 2, entries],
            [12, 2, entries],
            [10, 4, directoryBytes],
            [6, 4, directoryByte],
          )
          expect(await find(archive)).toEqual(await find(wide))
        }
      }
    }
  })

  test.each([
    ['entries', [[12, 2, 3]]],
    ['length of the directory', [[10, 4, 3]]],
    ['place of the directory', [[6, 4, 3]]],
    [
      'everything',
      [
        [12, 2, 3],
        [10, 4, 3],
        [6, 4, 3],
      ],
    ],
  ] as [string, [number, 2 | 4, number][]][])('contradicts the old one: %s', async (_, patches) => {
    expect(await refusal(patched(wide, ...patches))).toEqual(
      damagedArchive('the two end records of the archive contradict each other', endByte),
    )
  })

  test('is gone by also where the old one, with the mark for "see there", would lead to the end record by chance', async () => {
    // A directory of this length that began at the mark itself, at 2^32 - 1, would end where the old end record begins.
    const directoryByte = 0xffffffff - 76
    const bytes = recordByte - wideDirectoryByte
    const archive = patched(
      wide,
      [98 - 48, 8, directoryByte],
      [42 - 8, 8, directoryByte + bytes],
      [10, 4, bytes],
      [6, 4, 0xffffffff],
    )
    const sizeBytes = directoryByte + bytes + 98
    const end = Buffer.concat([Buffer.alloc(70_000), archive])
    expect(await find(end, sizeBytes)).toMatchObject({
      startByte: directoryByte,
      endByte: directoryByte + bytes,
    })
  })

  test.each([
    ['three parts in the locator', [42 - 16, 4, 3], locatorByte],
    ['its own number', [98 - 16, 4, 1], recordByte],
    ["the number of the directory's part", [98 - 20, 4, 1], recordByte],
    ['fewer entries in this part', [98 - 24, 8, 1], recordByte],
  ] as [string, [number, 4 | 8, number], number][])(
    'is refused where the archive is one part of several: %s',
    async (_, patch, byte) => {
      expect(await refusal(patched(wide, patch))).toEqual(onePart(byte))
    },
  )

  test('is refused where the locator leads to no room for it', async () => {
    const what = 'the zip64 end record should lie where there is no room for it'
    for (const place of [recordByte + 1, locatorByte, wide.length + 1000])
      expect(await refusal(patched(wide, [42 - 8, 8, place]))).toEqual(damagedArchive(what, locatorByte))
    // A locator that the file begins with.
    expect(await refusal(wide.subarray(locatorByte))).toEqual(damagedArchive(what, 0))
  })

  test('is refused where the locator leads to something else', async () => {
    const what = 'there is no zip64 end record where one should be'
    expect(await refusal(patched(wide, [42 - 8, 8, recordByte - 1]))).toEqual(
      damagedArchive(what, recordByte - 1),
    )
    expect(await refusal(patched(wide, [98, 4, 0x06064b51]))).toEqual(damagedArchive(what, recordByte))
    // It is said to end before the locator, and behind it.
    for (const bytes of [43, 45])
      expect(await refusal(patched(wide, [98 - 4, 8, bytes]))).toEqual(damagedArchive(what, recordByte))
  })

  test('is refused where it leads to no directory', async () => {
    const bytes = recordByte - wideDirectoryByte
    expect(await refusal(patched(wide, [98 - 48, 8, 7]))).toEqual(
      damagedArchive(
        `the archive's directory should lie at byte 7 and be ${bytes} bytes long, which does not lead to the zip64 end record`,
        recordByte,
      ),
    )
  })
})
