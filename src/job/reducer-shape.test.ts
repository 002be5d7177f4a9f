import { expect, test } from 'vitest'
import { isBareMonoid, isMonoid, isReducerShape } from './reducer-shape.ts'

const method = () => 0
const bare = { empty: method, add: method, merge: method, finish: method }

test('a reducer that can be combined has a kind, and all four methods', () => {
  expect(isMonoid({ kind: 'sum', ...bare })).toBe(true)
  expect(isReducerShape({ kind: 'sum', ...bare })).toBe(true)
  for (const none of [null, 'text', bare, { kind: 1, ...bare }, { kind: 'group', ...bare }]) {
    expect(isMonoid(none)).toBe(false)
  }
  for (const name of Object.keys(bare))
    expect(isMonoid({ kind: 'sum', ...bare, [name]: 'no method' })).toBe(false)
})

test('a reducer of groups has that kind, and reduces', () => {
  expect(isReducerShape({ kind: 'group', reduce: method })).toBe(true)
  for (const none of [
    null,
    { kind: 'sum', reduce: method },
    { kind: 'group' },
    { kind: 'group', reduce: 1 },
  ]) {
    expect(isReducerShape(none)).toBe(false)
  }
})

test('what has add and merge, and no kind, is likely to be meant for reducer()', () => {
  expect(isBareMonoid({ add: method, merge: method })).toBe(true)
  for (const none of [
    null,
    { kind: 'sum', add: method, merge: method },
    { add: method },
    { merge: method },
    { add: 1, merge: method },
    { add: method, merge: 1 },
  ])
    expect(isBareMonoid(none)).toBe(false)
})
