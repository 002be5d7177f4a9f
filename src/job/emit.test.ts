import { describe, expect, test } from 'vitest'
import { TallymanError } from '../errors.ts'
import { type AnyEmitTo, bindEmit } from './emit.ts'
import {
  all,
  collect,
  count,
  countDistinct,
  first,
  groupReduce,
  histogram,
  last,
  max,
  mean,
  min,
  reducer,
  sum,
  topK,
  variance,
} from './index.ts'

type Pushed = readonly [table: number, key: unknown, value: unknown]

function emitTo(reduce: unknown): { emit: AnyEmitTo; pushed: Pushed[] } {
  const pushed: Pushed[] = []
  const emit = bindEmit({ reduce: reduce as never }, (...call) => pushed.push(call))
  return { emit: emit as AnyEmitTo, pushed }
}

/** What an emit that is refused says. */
function refusal(reduce: unknown, key: unknown, value?: unknown): unknown {
  const { emit, pushed } = emitTo(reduce)
  try {
    emit(key as never, value)
  } catch (error) {
    expect(pushed).toEqual([])
    return error
  }
  throw new Error('It was taken.')
}

const numbers = 'Emit a number, or leave out the emit where there is none.'
const notNumbers = expect.stringMatching(
  /^Number\('1,5'\), .* are NaN: mend what makes it, or leave out the emit/,
)
const comparable =
  'Give it strings, numbers, bigints, booleans, null, or lists of these; NaN has no place in the order.'

describe('bindEmit', () => {
  test.each([
    ['count', count(), 1, 'count() takes no value; it got the number 1.', expect.stringContaining('sum()')],
    ['sum', sum(), null, 'sum() takes numbers; it got null.', numbers],
    [
      'sum',
      sum(),
      '5',
      'sum() takes numbers; it got the string "5".',
      expect.stringContaining('Number(text)'),
    ],
    ['mean', mean(), true, 'mean() takes numbers; it got true.', numbers],
    ['variance', variance(), undefined, 'variance() takes numbers; it got undefined.', numbers],
    [
      'histogram',
      histogram({ edges: [0, 1] }),
      Number.NaN,
      'histogram() takes numbers; it got NaN.',
      notNumbers,
    ],
    ['sum', sum(), Number.NaN, 'sum() takes numbers; it got NaN.', notNumbers],
    ['mean', mean(), Number('1,5'), 'mean() takes numbers; it got NaN.', notNumbers],
    ['variance', variance(), Number.NaN, 'variance() takes numbers; it got NaN.', notNumbers],
    [
      'all',
      all({ total: sum() }),
      { total: Number.NaN },
      'Field "total" of all(): sum() takes numbers; it got NaN.',
      notNumbers,
    ],
    ['min', min(), Number.NaN, 'min() compares values in the order of keys; it got NaN.', comparable],
    ['max', max(), {}, 'max() compares values in the order of keys; it got an empty object.', comparable],
    [
      'countDistinct',
      countDistinct(),
      [[1]],
      'countDistinct() compares values in the order of keys; it got a list of 1 in a list of 1.',
      comparable,
    ],
    [
      'topK',
      topK(2),
      [NaN],
      'topK() compares values in the order of keys; it got NaN in a list of 1.',
      comparable,
    ],
    [
      'all',
      all({ n: count(), total: sum() }),
      5,
      'all() takes an object with "n", "total"; it got the number 5.',
      'Emit an object with a value for each field that takes one.',
    ],
    [
      'all',
      all({ total: sum() }),
      null,
      'all() takes an object with "total"; it got null.',
      expect.any(String),
    ],
    [
      'all',
      all({ n: count(), total: sum() }),
      { total: '5' },
      'Field "total" of all(): sum() takes numbers; it got the string "5".',
      expect.stringContaining('Number(text)'),
    ],
  ])('refuses for %s what is no value of it, where it is emitted', (_, reduce, value, message, wayOut) => {
    expect(refusal(reduce, ['#flu', 1], value)).toMatchObject({
      code: 'value-invalid',
      message: `Emit to table "result", key ["#flu",1]: ${message}`,
      wayOut,
    })
  })

  const ranked = topK(2, { by: ({ rank }: { rank: number }) => rank })

  test.each([
    ['collect', collect()],
    ['first', first()],
    ['last', last()],
    ['groupReduce', groupReduce(() => 0)],
    ['topK by', ranked],
    ['a reducer of the job', reducer({ empty: () => 0, add: (n: number) => n, merge: (n: number) => n })],
  ])('refuses for %s what is no plain data', (_, reduce) => {
    const value = { rank: 1, of: () => 1 }
    expect(refusal(reduce, 'a', value)).toMatchObject({
      code: 'value-invalid',
      message: expect.stringMatching(/^Emit to table "result", key "a": .*function/),
    })
  })

  test.each([
    ['a', Promise.resolve(1)],
    [Promise.resolve('a'), 'x'],
    [['a', Promise.resolve('b')], 'x'],
  ])('says of a promise what to do about it: key %o, value %o', (key, value) => {
    expect(refusal(sum(), key, value)).toMatchObject({
      message: expect.stringContaining('Promise'),
      wayOut: 'Await in map, which may be async, and emit what came of it.',
    })
  })

  test('says what is wrong with the key before what is wrong with the value', () => {
    expect(refusal(sum(), [1, undefined], 'x')).toMatchObject({
      code: 'key-invalid',
      message: expect.stringMatching(/^Emit to table "result": Key element \[1\] is undefined/),
    })
    expect(refusal(count(), [1, undefined], 1)).toMatchObject({ code: 'key-invalid' })
  })

  test('cuts a long key', () => {
    const { message } = refusal(sum(), 'x'.repeat(5000), null) as Error
    expect(message).toMatch(/^Emit to table "result", key "x+…: sum\(\) takes numbers/)
    expect(message.length).toBeLessThan(500)
  })

  test('begins the stack of a refusal where the job emits', () => {
    for (const [reduce, value] of [
      [sum(), null],
      [count(), 1],
    ]) {
      const { stack = '' } = refusal(reduce, 'a', value) as Error
      expect(stack.split('\n')[1]).toMatch(/refusal/)
    }
  })

  test('lets pass what the code of the job throws, and what is no matter of the emit', () => {
    const thrown = new RangeError('no rank')
    const failing = topK(1, {
      by: () => {
        throw thrown
      },
    })
    expect(refusal(failing, 'a', 1)).toBe(thrown)
    const late = new TallymanError('job-threw', 'Too late.')
    for (const reduce of [count(), sum()]) {
      const emit = bindEmit({ reduce }, () => {
        throw late
      }) as AnyEmitTo
      expect(() => emit('a', reduce.kind === 'count' ? undefined : 1)).toThrow(late)
    }
  })

  test('gives on a copy of the value, and no value for a count', () => {
    const { emit, pushed } = emitTo(collect())
    const value = { list: [1] }
    emit('a', value)
    value.list.push(2)
    expect(pushed).toEqual([[0, 'a', { list: [1] }]])
    const counted = emitTo(count())
    counted.emit(['a', null])
    expect(counted.pushed).toEqual([[0, ['a', null], undefined]])
  })

  test('takes anything for a reducer of one’s own, which sees for itself', () => {
    const own = reducer({ empty: () => 0, add: (n: number) => n, merge: (a: number) => a })
    const { emit, pushed } = emitTo(own)
    emit('a', 'anything')
    expect(pushed).toEqual([[0, 'a', 'anything']])
    expect(() => emitTo(all({ own, n: count() })).emit('a', { own: 'anything' })).not.toThrow()
  })
})
