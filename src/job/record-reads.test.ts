import { describe, expect, test } from 'vitest'
import { recordReads } from './record-reads.ts'

/** The function that this text is, as a module has it. */
function made(text: string): (...given: never[]) => unknown {
  return new Function('use', 'f', `'use strict'; return ${text}`)(
    () => undefined,
    () => undefined,
  )
}
/** A method is written in an object. */
function method(text: string): (...given: never[]) => unknown {
  return new Function(`'use strict'; return Object.values({ ${text} })[0]`)()
}

describe('recordReads()', () => {
  test.each([
    ['(r, emit) => emit(r.a)', ['a']],
    ['r => r.a', ['a']],
    ['async r => r.a', ['a']],
    ['async (r, emit, ctx) => { await use(r.a?.b, r?.c) }', ['a', 'c']],
    ['function (r, emit) { for (const x of r.list) emit([x, r.a ?? null]) }', ['list', 'a']],
    ['function named(r) { return r .a + r\n  .b.r.c }', ['a', 'b', 'c']],
    ['(r) => { const { a, b: c } = r; return a + c }', ['a', 'b']],
    ['(r) => { r.a = r.b; r.n += 1; [r.x, r.y] = [r.y, r.x] }', ['a', 'b', 'n', 'x', 'y']],
    ['($r) => $r.$a', ['$a']],
    ['({ a, b: c }, emit) => emit(a, c)', ['a', 'b']],
    ['({ a, b, }, emit) => emit(a, b)', ['a', 'b']],
    ['({}, emit) => emit(1)', []],
    ['(_, emit) => emit(1)', []],
    ['(r) => "r.inText" + r.a', ['a']],
    ["(r) => use('a r', \"the r's\", 'it\\'s r', r.a)", ['a']],
    ['(r) => { // it is r.comment\n return r.a }', ['comment', 'a']],
    ['(r) => r.a / r.b', ['a', 'b']],
    ['(r) => "delete" + r.a', ['a']],
    ['(r) => car.r.a', ['a']],
    ['(rec) => rec.a + record + recr.b', ['a']],
  ])('finds what is read in %s', (text, names) => {
    expect(recordReads(made(text))).toEqual(names)
  })

  test.each([
    ['map(r, emit) { emit(r.a) }', ['a']],
    ['async map({ a }, emit) { emit(a) }', ['a']],
    ['map: (r) => r.a', ['a']],
  ])('finds what is read in the method %s', (text, names) => {
    expect(recordReads(method(text))).toEqual(names)
  })

  test.each([
    // The record goes elsewhere.
    ...[
      '(r) => use(r)',
      '(r) => ({ ...r })',
      '(r) => [r]',
      '(r) => ({ r })',
      '(r) => { const s = r; return s.a }',
    ],
    ...[
      '(r) => r',
      '(r) => { f = () => r }',
      ['(r) => `', '{r}`'].join('$'),
      '(r) => r + ""',
      '(r) => { throw r }',
      '(r) => (r, r.a)',
    ],
    ['(r) => `', '{r.a}', '{r}`'].join('$'),
    // Its names are asked for.
    ...[
      '(r) => "a" in r',
      '(r) => { for (const k in r) use(k) }',
      '(r) => Object.keys(r)',
      '(r) => JSON.stringify(r)',
    ],
    ...[
      '(r) => r["a"]',
      '(r) => r?.["a"]',
      '(r) => { const { a, ...rest } = r; return rest }',
      '({ ...rest }) => rest',
    ],
    ...[
      '(r) => { const { [f]: a } = r; return a }',
      '({ a = f }) => a',
      '({ a: { b } }) => b',
      '(r) => { delete r.a }',
    ],
    ...['(r) => { const { a = 1 } = r; return a }', '(r) => { let a; ({ a } = r); return a }'],
    // What is called is given the record.
    ...[
      '(r) => r.a()',
      '(r) => r.a (1)',
      '(r) => r.a\n(1)',
      '(r) => r.a?.(1)',
      '(r) => r?.a(1)',
      '(r) => r.a`x`',
    ],
    ...['(r) => (r.a)(1)', '(r) => ((r.a))?.(1)', '(r) => (r.a)`x`'],
    ...['(r) => r.a/**/(1)', '(r) => r.a//\n(1)', '(r) => new r.a()', '(r) => r/**/.a', '(r) => r?.(1)'],
    // What every object has.
    ...[
      '(r) => r.constructor',
      '(r) => r.toString',
      '(r) => r.__proto__',
      '({ hasOwnProperty }) => hasOwnProperty',
    ],
    // What looks like a string may be none.
    "(r) => { // it's\n return [r] // isn't\n }",
    '(r) => /\'/.test(r.a) ? [r] : "\'"',
    '(r) => { /* " */ use(r) /* " */ }',
    ["(r) => `'", "{r}'`"].join('$'),
    '(r) => r.a / 2 + "r"',
    // Ways around the name.
    ...[
      'function (r) { return arguments[0].a + r.a }',
      '(r) => eval("r") + r.a',
      '(r) => r.\\u0061',
      '(\\u0072) => r.a',
    ],
    ...['(r) => \\u0072', '(r) => r.a\\u0062', '(r) => \\u{72}', '(r) => r?.5:1'],
    // Other forms of parameters.
    ...[
      '(...all) => all',
      '(r = {}) => r.a',
      '() => 1',
      '([a]) => a',
      '(r, s = r) => s',
      'function* (r) { yield r.a }',
    ],
    ...['use.bind(null)', 'Math.max', 'class { constructor(r) { r.a } }', 'new Proxy((r) => r.a, {})'],
  ])('does not say what is read in %s', (text) => {
    expect(recordReads(made(text))).toBeNull()
  })

  test('does not say what is read in a function that tells what it was called with', () => {
    const sloppy: (...given: never[]) => unknown = new Function('return function (r) { return r.a }')()
    expect(recordReads(sloppy)).toBeNull()
  })

  test('asks the function itself for its text', () => {
    const map = Object.assign((r: { a: object }) => Object.keys(r), { toString: () => '(r) => r.a' })
    expect(recordReads(map)).toBeNull()
  })
})
