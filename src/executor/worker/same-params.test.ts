import { expect, test } from 'vitest'
import { TallymanError } from '../../errors.ts'
import { requireSameParams } from './same-params.ts'

test('lets pass what JSON tells no difference of, whatever it is made of', () => {
  const day = new Date(0)
  requireSameParams({}, {})
  requireSameParams(
    { day: day.toISOString(), n: '12', list: [1, 'a'] },
    { day, n: 12n, list: [1, 'a'], none: undefined, call: () => 1 },
  )
})

test.each([
  [
    { seed: 1 },
    { seed: 2 },
    'Parameter "seed" is 2 for this worker, and was 1 for the first one of the run.',
  ],
  [{ seed: 1 }, {}, 'Parameter "seed" is undefined for this worker, and was 1 for the first one of the run.'],
  [
    {},
    { a: { b: '1' } },
    'Parameter "a" is {"b":"1"} for this worker, and was undefined for the first one of the run.',
  ],
])('refuses, after %j, %j', (before, now, message) => {
  expect(() => requireSameParams(before, now)).toThrow(
    expect.objectContaining({ code: 'param-invalid', message, wayOut: expect.stringContaining('--param') }),
  )
  expect(() => requireSameParams(before, now)).toThrow(TallymanError)
})
