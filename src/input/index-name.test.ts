import { expect, test } from 'vitest'
import { gzipFile, plainFile } from '../../test/fixtures/plans.ts'
import { indexNameOf, isIndexName, wantsIndex } from './index-name.ts'
import type { Split } from './split.ts'
import { planSplits } from './split-plan.ts'

const [gzip] = planSplits([gzipFile('a.gz', 100)], { splitBytes: 10, splittable: true }) as [Split]
const [plain] = planSplits([plainFile('a.txt', 100)], { splitBytes: 1000, splittable: true }) as [Split]

test('an index is named after its split, and known by that', () => {
  expect([indexNameOf({ ordinal: 7 }), indexNameOf({ ordinal: 123_456 })]).toEqual([
    'gzip-index-00007',
    'gzip-index-123456',
  ])
  expect([indexNameOf({ ordinal: 7 }), 's0.spill', 'my-gzip-index-1'].map(isIndexName)).toEqual([
    true,
    false,
    false,
  ])
})

test('wantsIndex asks for one of a whole gzip file that probably holds more than a piece', () => {
  // Such files hold some six times their size.
  expect([599, 600].map((bytes) => wantsIndex(gzip, bytes))).toEqual([true, false])
  expect(wantsIndex(plain, 1)).toBe(false)
  expect(wantsIndex({ ...gzip, part: { start: null, end: null } } as Split, 1)).toBe(false)
})
