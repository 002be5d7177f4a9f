import { expect, test } from 'vitest'
import { empty } from './empty.ts'

test.each([0, 1, 16, 17, 1000])('empty leaves nothing of a list of %i, which is the same list', (length) => {
  const list: unknown[] = Array.from({ length }, (_, index) => index)
  empty(list)
  expect(list).toEqual([])
  list.push('again')
  expect(list).toEqual(['again'])
})
