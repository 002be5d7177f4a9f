import { expect, test } from 'vitest'
import { nearestNames } from './nearest-names.ts'

test('nearestNames offers at most three, the likest first, and none that is unlike', () => {
  expect(nearestNames('twets', ['tweets', 'corpora', 'TWETS', 'twigs'])).toEqual(['TWETS', 'tweets', 'twigs'])
  expect(nearestNames('2020-01-1.zip', ['2020-01-11.zip', '2021-01-11.zip'])[0]).toBe('2020-01-11.zip')
  expect(nearestNames('xyz', ['abc', ''])).toEqual([])
  expect(nearestNames('', [''])).toEqual([])
})
