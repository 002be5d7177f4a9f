import { describe, expect, it } from 'vitest'
import type { AnyReducer } from '../reducer.ts'
import { amountOf } from './amount.ts'
import { collect } from './collect.ts'
import { count } from './count.ts'
import { max } from './max.ts'
import { mean } from './mean.ts'
import { min } from './min.ts'
import { sum } from './sum.ts'

describe('amountOf', () => {
  it('knows the built-in reducers that fold numbers to one of them', () => {
    const reducers = [count(), sum(), min(), max(), mean(), collect()] as readonly unknown[] as AnyReducer[]
    expect(reducers.map(amountOf)).toEqual(['count', 'sum', 'min', 'max', null, null])
  })

  it.each(['check', 'empty', 'add', 'merge', 'finish'])('leaves one alone that has another %s', (part) => {
    for (const one of [count(), sum(), min(), max()])
      expect(amountOf({ ...one, [part]: () => 0 } as unknown as AnyReducer)).toBe(null)
  })
})
