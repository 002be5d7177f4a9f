import { expect, test } from 'vitest'
import { quote, showValue } from './show-value.ts'

class Point {
  readonly x = 1
}

test.each<[unknown, string]>([
  ['a\n', 'the string "a\\n"'],
  [1.5, 'the number 1.5'],
  [-0, 'the number -0'],
  [0, 'the number 0'],
  [Number.NaN, 'NaN'],
  [12n, 'the bigint 12'],
  [false, 'false'],
  [undefined, 'undefined'],
  [null, 'null'],
  [Symbol('secret'), 'a symbol'],
  [() => 1, 'a function'],
  [Number.parseInt, 'the function "parseInt"'],
  [[], 'an empty list'],
  [[1, 2], 'a list of 2'],
  [{}, 'an empty object'],
  [Object.create(null), 'an empty object'],
  [{ a: 1, b: 2, c: 3, d: 4 }, 'an object with "a", "b", "c", "d"'],
  [{ a: 1, b: 2, c: 3, d: 4, e: 5 }, 'an object with "a", "b", "c", "d", …'],
  [new Point(), 'an instance of a class'],
  [new Map(), 'a Map'],
  [new Date(0), 'a Date'],
])('a message shows what was got, by its type and what is short of it: case %#', (value, shown) => {
  expect(showValue(value)).toBe(shown)
})

test('quotes texts of 40 characters as they are, and longer ones by their first 40', () => {
  expect(quote('x'.repeat(40))).toBe(`"${'x'.repeat(40)}"`)
  expect(quote(`${'x'.repeat(40)}y`)).toBe(`"${'x'.repeat(40)}…"`)
})
