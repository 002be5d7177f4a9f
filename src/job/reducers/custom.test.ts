import { describe, expect, it } from 'vitest'
import { all } from './all.ts'
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

describe('reducer, where a function returns undefined', () => {
  const good = { empty: () => 0, add: (state: number, value: number) => state + value, merge: Math.max }
  const absent = 'returned undefined: is a return missing? A wanted absence is null.'
  const nothing = (): never => undefined as never

  it('refuses it from add and merge, whenever it is', () => {
    const { add } = reducer({
      ...good,
      add: (state, value: number) => (value > 0 ? state + value : nothing()),
    })
    expect(add(1, 2)).toBe(3)
    expect(() => add(1, 0)).toThrow(`"add" of reducer() ${absent}`)
    expect(() => reducer({ ...good, merge: nothing }).merge(1, 2)).toThrow(`"merge" of reducer() ${absent}`)
  })

  it('refuses it from finish, and a promise; null is a result', () => {
    const finishing = (finish: (state: number) => unknown) => () =>
      reducer({ ...good, finish }).finish(1, 'key')
    expect(finishing(nothing)).toThrow(`"finish" of reducer() ${absent}`)
    expect(finishing(() => Promise.resolve(1))).toThrow(
      '"finish" of reducer() returned a promise, not a result. Await in map',
    )
    expect(finishing(() => null)()).toBeNull()
  })

  it('takes it for a state where empty returns it, and never for a result', () => {
    const least = { empty: nothing, add: nothing, merge: nothing }
    const absentStates = reducer(least)
    expect([absentStates.add(nothing(), 1), absentStates.merge(nothing(), nothing())]).toEqual([
      undefined,
      undefined,
    ])
    expect(() => absentStates.finish(nothing(), 'key')).toThrow(`"add" or "merge" of reducer() ${absent}`)
    expect(reducer({ ...least, finish: (state) => state ?? null }).finish(nothing(), 'key')).toBeNull()
  })

  it('names the field of all() that it is in', () => {
    const merge = reducer({ ...good, merge: nothing, finish: nothing })
    const fields = all({ n: merge })
    const message = (name: string) => `Field "n" of all(): "${name}" of reducer() ${absent}`
    expect(() => fields.merge([1], [2])).toThrow(message('merge'))
    expect(() => fields.finish([1], 'key')).toThrow(message('finish'))
  })
})
