import { describe, expect, it } from 'vitest'
import { checkPlainData, invalidValue, describe as say, shapeOf } from './plain-data.ts'

describe('describe', () => {
  it.each<[unknown, string]>([
    ['de', 'the string "de"'],
    ['"\n', 'the string "\\"\\n"'],
    ['x'.repeat(200), `the string "${'x'.repeat(200)}"`],
    ['x'.repeat(201), `the string "${'x'.repeat(200)}…"`],
    [5, '5'],
    [5n, 'a bigint'],
    [true, 'true'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('s'), 'Symbol(s)'],
    [[1], 'an array'],
    [{}, 'an object without properties'],
    [{ a: 1, 'b c': 2 }, 'an object with the properties "a", "b c"'],
    [parseInt, 'the function parseInt'],
    [() => 1, 'a function'],
    [new Date(0), 'an instance of Date'],
    [new (class {})(), 'an instance of a class without a name'],
    [Object.create(Object.create(null)), 'an instance of a class without a name'],
    [Object.create({ constructor: 'no class' }), 'an instance of a class without a name'],
  ])('names a value in a message: case %#', (value, said) => {
    expect(say(value)).toBe(said)
  })
})

describe('shapeOf', () => {
  it('takes nothing for an array but an array', () => {
    expect(shapeOf([])).toBe('array')
    expect(shapeOf(Object.create(Array.prototype))).toBe('instance')
    expect(shapeOf(Object.setPrototypeOf([], Object.prototype))).toBe('object')
  })
})

describe('invalidValue', () => {
  it('says so of a value in which nothing is wrong any more', () => {
    expect(invalidValue([1])).toMatchObject({
      code: 'value-invalid',
      message: 'Value changed while it was written.',
    })
  })

  it('cuts a path of more than 200 characters, and no shorter one', () => {
    const name = 'x'.repeat(194)
    expect(invalidValue({ [name]: Symbol('s') }).message).toBe(
      `Value at value.${name} is Symbol(s), which is not data.`,
    )
    expect(invalidValue({ [`${name}y`]: Symbol('s') }).message).toBe(
      `Value at value.${name}… is Symbol(s), which is not data.`,
    )
  })

  it.each<[unknown, string]>([
    [{ a: [{ 'not a name': parseInt }] }, 'value.a[0]["not a name"]'],
    [{ none: null, list: [Buffer.from('a'), new Date(0), null, parseInt] }, 'value.list[3]'],
    [{ $ok_1: parseInt }, 'value.$ok_1'],
    [{ '1a': parseInt }, 'value["1a"]'],
    [{ 'a-': parseInt }, 'value["a-"]'],
    [new Map<unknown, unknown>([['k', parseInt]]), 'value.get("k")'],
    [new Map<unknown, unknown>([[1, parseInt]]), 'value.values()[0]'],
  ])('says where it is: case %#', (value, path) => {
    expect(invalidValue(value).message).toBe(`Value at ${path} is the function parseInt, which is not data.`)
  })

  it.each<[unknown, string]>([
    [parseInt, 'Leave it out, or emit what it returns.'],
    [new Error('e'), 'Emit a plain object with its fields, for example `{ ...it }`.'],
  ])('says what to do: case %#', (value, wayOut) => {
    expect(invalidValue(value).wayOut).toBe(wayOut)
  })

  it('says what to do about a cycle, and about a value that is nested too deep', () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    expect(invalidValue(cycle).wayOut).toBe('Emit a value without references back to itself.')
    let deep: unknown = 1
    for (let level = 0; level <= 1000; level += 1) deep = [deep]
    expect(invalidValue(deep).wayOut).toBe('Emit a flatter value, for example a list instead of a chain.')
  })
})

describe('checkPlainData', () => {
  it('meets a value that contains itself, in whatever it does', () => {
    const list: unknown[] = []
    const set = new Set<unknown>()
    const keys = new Map<unknown, unknown>()
    const values = new Map<unknown, unknown>()
    const object: Record<string, unknown> = {}
    list.push(list)
    set.add(set)
    keys.set(keys, 1)
    values.set(1, values)
    object.it = object
    for (const value of [list, set, keys, values, object]) {
      expect(() => checkPlainData(value)).toThrow('is a cycle: it contains itself.')
    }
  })
})
