import { expect, test } from 'vitest'
import { z } from 'zod'
import { encodeParams, paramsOf } from './params.ts'

let turn = 0
const made = z.number().default(() => {
  turn += 1
  return turn
})
class Box {
  readonly n: number
  constructor(n: number) {
    this.n = n
  }
}

test('are made once, and are what the first worker had, to the last digit, as long as they are plain data', async () => {
  const day = new Date(1e12)
  const params = {
    made,
    day: z.date().default(day),
    big: z.bigint().default(2n ** 70n),
    tags: z.set(z.string()).default(new Set(['a'])),
    none: z.string().optional(),
    zero: z.number().default(-0),
  }
  const first = await paramsOf({ params }, { params: {} })
  const resolved = { params: {}, encodedParams: encodeParams(first) }
  const second = await paramsOf({ params }, { params: {}, resolved })
  expect(second).toStrictEqual(first)
  expect(second).toMatchObject({ day, big: 2n ** 70n, tags: new Set(['a']) })
  expect(Object.is(second.zero, -0)).toBe(true)
  expect([Object.isFrozen(first), Object.isFrozen(second)]).toEqual([true, true])
})

test('are none where the job is only to be described', async () => {
  expect(await paramsOf({ params: { made } }, { params: null })).toEqual({})
})

test('that are no plain data are made by each worker, and have to be the same', async () => {
  const params = {
    box: made.transform((n) => new Box(n)),
    same: z
      .string()
      .default('a')
      .transform((s) => new RegExp(s)),
  }
  const first = await paramsOf({ params }, { params: { box: '7' } })
  expect(encodeParams(first)).toBeNull()
  const resolved = { params: JSON.parse(JSON.stringify(first)), encodedParams: null }
  expect(await paramsOf({ params }, { params: { box: '7' }, resolved })).toEqual(first)
  await expect(paramsOf({ params }, { params: {}, resolved })).rejects.toMatchObject({
    code: 'param-invalid',
    message: expect.stringMatching(
      /^Parameter "box" is \{"n":\d+\} for this worker, and was \{"n":7\} for the first one/,
    ),
    wayOut: expect.stringContaining('--param box=VALUE'),
  })
  const other = { ...resolved, params: { ...resolved.params, more: 1 } }
  await expect(paramsOf({ params }, { params: { box: '7' }, resolved: other })).rejects.toMatchObject({
    message: 'Parameter "more" is undefined for this worker, and was 1 for the first one of the run.',
  })
})
