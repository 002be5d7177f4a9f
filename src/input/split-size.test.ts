import { describe, expect, test } from 'vitest'
import { gzipFile, plainFile, planOf, zipFile } from '../../test/fixtures/plans.ts'
import { diskBytes, likelyBytes, statedBytes } from './split-size.ts'

const { splits } = planOf([plainFile('a.txt', 25), gzipFile('b.gz', 77), zipFile('c.zip', ['x', 'y'])])

describe('diskBytes', () => {
  test('is the length of a range, the size of a gzip file, the compressed size of an archive member', () => {
    expect(splits.map(diskBytes)).toEqual([10, 10, 5, 77, 10, 10])
  })
})

describe('statedBytes', () => {
  test('is the length of a range and the size of a member that its archive gives; of a gzip file nothing is known', () => {
    expect(splits.map(statedBytes)).toEqual([10, 10, 5, null, 100, 100])
  })
})

describe('likelyBytes', () => {
  test('takes a gzip file for six times its size', () => {
    expect(splits.map(likelyBytes)).toEqual([10, 10, 5, 462, 100, 100])
  })
})
