import { expect, test } from 'vitest'
import { gzipFile, plainFile, planOf, zipFile } from '../../test/fixtures/plans.ts'
import { indexNameOf, isIndexName, wantsIndex } from './index-name.ts'
import type { GzipCut, Split } from './split.ts'
import { lineBoundsOf, ownsLineAt, startByteOf } from './split-lines.ts'
import { inputName, memberOf, saySplit, saySplits, splitName } from './split-name.ts'
import { diskBytes, statedBytes } from './split-size.ts'

const [first, last, whole, gzip, member] = planOf([
  plainFile('a.txt', 2000),
  plainFile('b.txt', 10),
  gzipFile('c.gz', 77),
  zipFile('d.zip', ['m']),
])
  .splits.filter(({ path, ordinal }) => path !== 'a.txt' || ordinal === 0 || ordinal === 199)
  .values() as Iterable<Split> as unknown as [Split, Split, Split, Split, Split]

const cut = (byte: number, members: number): GzipCut => ({ byte, dataByte: 100 * byte, members })
const part = (start: GzipCut | null, end: GzipCut | null, index?: string) =>
  ({ ...gzip, part: { start, end, ...(index === undefined ? {} : { index }) } }) as Split
const [head, middle, tail] = [
  part(null, cut(20, 1200)),
  part(cut(20, 1200), cut(50, 1300)),
  part(cut(50, 1300), null),
]

test('a split is called by its file, or by its member', () => {
  expect([inputName('a', null), inputName('a', 'm')]).toEqual(['a', 'a!m'])
  expect([first, gzip, member].map(memberOf)).toEqual([null, null, 'm'])
  expect([first, gzip, member].map(splitName)).toEqual(['a.txt', 'c.gz', 'd.zip!m'])
})

test('a split is said with what it is of its file, where it is not the whole', () => {
  expect([first, last, whole, gzip, member].map(saySplit)).toEqual([
    'a.txt, bytes 0 to 10',
    'a.txt, bytes 1,990 to 2,000',
    'b.txt',
    'c.gz',
    'd.zip!m',
  ])
  expect([head, middle, tail].map(saySplit)).toEqual([
    'c.gz, gzip members 1 to 1,200',
    'c.gz, gzip members 1,201 to 1,300',
    'c.gz, gzip members 1,301 and after',
  ])
  const indexed = [
    part(null, cut(20, 0), 'i'),
    part(cut(20, 0), cut(50, 0), 'i'),
    part(cut(50, 0), null, 'i'),
  ]
  expect(indexed.map(saySplit)).toEqual([
    'c.gz, bytes 0 to 2,000, inflated',
    'c.gz, bytes 2,000 to 5,000, inflated',
    'c.gz, bytes 5,000 and after, inflated',
  ])
})

test('several splits are the first one, and how many more', () => {
  expect(saySplits([])).toBe('nothing')
  expect(saySplits([whole])).toBe('b.txt')
  expect(saySplits([whole, gzip, member])).toBe('b.txt and 2 more')
})

test('parts of a gzip file take what lies between their cuts', () => {
  expect([head, middle, tail].map(diskBytes)).toEqual([20, 30, 27])
  expect([head, middle, tail].map(statedBytes)).toEqual([2000, 3000, null])
  expect([first, last, head, middle, tail, gzip, member].map(startByteOf)).toEqual([
    0, 1990, 0, 2000, 5000, 0, 0,
  ])
})

test('a line belongs to the range that it begins in, and to the part of a gzip file that it begins behind the start of', () => {
  expect(lineBoundsOf(first)).toEqual({ firstByte: 0, skipFirst: false, endByte: 10 })
  expect(lineBoundsOf(last)).toEqual({ firstByte: 1989, skipFirst: true, endByte: 2000 })
  expect(lineBoundsOf(head)).toEqual({ firstByte: 0, skipFirst: false, endByte: 2001 })
  expect(lineBoundsOf(tail)).toEqual({
    firstByte: 5000,
    skipFirst: true,
    endByte: Number.POSITIVE_INFINITY,
  })
  expect(lineBoundsOf(member)).toEqual({ firstByte: 0, skipFirst: false, endByte: Number.POSITIVE_INFINITY })
  const owned = (split: Split, bytes: readonly number[]) => bytes.filter((byte) => ownsLineAt(split, byte))
  expect(owned(first, [0, 9, 10])).toEqual([0, 9])
  expect(owned(last, [1989, 1990, 1999, 2000])).toEqual([1990, 1999])
  // The line that begins where a part ends is that part's: what stands before it is not known to the next one.
  expect(owned(head, [0, 2000, 2001])).toEqual([0, 2000])
  expect(owned(middle, [2000, 2001, 5000, 5001])).toEqual([2001, 5000])
})

test('a whole gzip file that is long enough is indexed, under a name that says so', () => {
  expect(indexNameOf({ ordinal: 7 })).toBe('gzip-index-00007')
  expect([isIndexName(indexNameOf(gzip)), isIndexName('s0.spill')]).toEqual([true, false])
  // It probably holds 462 bytes.
  expect([wantsIndex(gzip, 461), wantsIndex(gzip, 462)]).toEqual([true, false])
  expect([head, first, member].some((split) => wantsIndex(split, 1))).toBe(false)
})
