import { describe, expect, it } from 'vitest'
import { reducer } from './custom.ts'

const merge = <S>(left: S): S => left

describe('reducer, where empty returns a part that is the same each time', () => {
  const shared: readonly [string, () => object, (state: never) => unknown][] = [
    ['a list', () => ({ list: ['a'] }), ({ list }: { list: string[] }) => list.push('b')],
    ['a map', () => ({ map: new Map() }), ({ map }: { map: Map<string, number> }) => map.set('b', 1)],
    ['a set in a list', () => [new Set()], ([set]: Set<string>[]) => set?.add('b')],
    ['bytes', () => ({ bins: new Float64Array(3) }), ({ bins }: { bins: Float64Array }) => bins.fill(1)],
  ]

  it.each(shared)('throws once %s was changed', (_, make, change) => {
    const defaults = make()
    const copy = (): object => (Array.isArray(defaults) ? [...defaults] : { ...defaults })
    const { empty } = reducer({ empty: copy, add: (state) => state, merge })
    expect(empty()).toEqual(make())
    change(empty() as never)
    expect(empty).toThrow(/"empty" of reducer\(\) returned a state that is not empty/)
  })

  it('takes bytes of one buffer for shared', () => {
    const { buffer } = new Float64Array(3)
    const { empty } = reducer({ empty: () => [new Float64Array(buffer)], add: (state) => state, merge })
    empty()[0]?.fill(1)
    expect(empty).toThrow('is the same object each time')
  })

  it('takes it as long as nobody changes it', () => {
    const unit = { name: 'ms' }
    const { empty } = reducer({ empty: () => ({ unit, sum: 0 }), add: (state) => state, merge })
    empty().sum += 5
    expect(empty()).toEqual({ unit: { name: 'ms' }, sum: 0 })
  })

  it('takes states that share nothing, however they are changed', () => {
    const { empty } = reducer({ empty: () => ({ list: [1], at: new Date(0) }), add: (state) => state, merge })
    empty().list.push(2)
    expect(empty()).toEqual({ list: [1], at: new Date(0) })
  })
})
