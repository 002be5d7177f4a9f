import { describe, expect, test } from 'vitest'
import type { Reads } from './format.ts'
import { recordUse } from './record-use.ts'

/** What is read, as `a.b`. */
function pathsOf(reads: Reads, before = ''): string[] {
  return [...reads].flatMap(([name, within]) =>
    within === null ? [before + name] : pathsOf(within, `${before}${name}.`),
  )
}

function readsIn(map: (...given: never[]) => unknown): string[] | null {
  const use = recordUse(map)
  return use && pathsOf(use.reads)
}

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

describe('recordUse()', () => {
  test.each([
    ['(r, emit) => emit(r.a)', ['a']],
    ['r => r.a', ['a']],
    ['async r => r.a', ['a']],
    ['async (r, emit, ctx) => { await use(r.a?.b, r?.c) }', ['a.b', 'c']],
    ['function (r, emit) { for (const x of r.list) emit([x, r.a ?? null]) }', ['list', 'a']],
    ['function named(r) { return r .a + r\n  .b.r.c }', ['a', 'b.r.c', 'c']],
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
    expect(readsIn(made(text))).toEqual(names)
  })

  test.each([
    ['map(r, emit) { emit(r.a) }', ['a']],
    ['async map({ a }, emit) { emit(a) }', ['a']],
    ['map: (r) => r.a', ['a']],
  ])('finds what is read in the method %s', (text, names) => {
    expect(readsIn(method(text))).toEqual(names)
  })

  test.each([
    ['(r) => r.a.b.c + r.a.d + r.a?.b.e', ['a.b.c', 'a.b.e', 'a.d']],
    ['(r) => { r.a.b = r.a.c; r.a.n += 1; [r.x.y] = [1] }', ['a.b', 'a.c', 'a.n', 'x.y']],
    ['(r) => use(r.a.b, r.a)', ['a']],
    ['(r) => use(r.a.b.c, r.a.b)', ['a.b']],
    ['(r) => r.a.b.c(1)', ['a.b']],
    ['(r) => r.a.b`x`', ['a']],
    ['(r) => (r.a.b)(1)', ['a']],
    ['(r) => r.a["b"] + r.a?.["b"]', ['a']],
    ['(r) => (r.a).b', ['a']],
    ['(r) => { const { a } = r; return a.b + r.a.c }', ['a']],
    ['(r) => r.a/**/.b', null],
    ['(r) => r.a.constructor + r.b.c.toString', ['a', 'b.c']],
    ['(r) => { for (const x of r.a.list) use(x) }', ['a.list']],
  ])('finds what is read of the values in %s', (text, paths) => {
    expect(readsIn(made(text))).toEqual(paths)
  })

  test.each([
    ['(r, emit) => emit(r.a)', false],
    ['r => r.a', false],
    ['({ a }, emit) => { f = () => a }', false],
    ['async (r, emit) => { await use(1); emit(r.a) }', false],
    ['(r, emit, { counter }) => { for (const x of r.a.map((y) => y.b)) emit([x, r.c]) }', false],
    ['(r) => { if (r.a) { while (use(r.b)) { } } for (const x of r.c) { use(x) } }', false],
    ['(r) => { const low = (t) => { return t.x; }; return low(1) + r.a }', false],
    ['(r) => { const s = "=> r"; return r.a }', false],
    ['function (r) { return r.a }', false],
    ['(r) => () => r.a', true],
    ['(r) => { f = () => r.a }', true],
    ['(r) => { f = () => { return [1, { a: r.a }]; }; }', true],
    ['(r) => { f = (x) => x\n use(r.a) }', true],
    ['(r) => { f = () => (1, [2], r.a) }', true],
    ['(r) => { f = () => 1 /* ) */ + r.a; }', true],
    ['(r) => { f = function () { return r.a } }', true],
    ['(r) => { f = { get a() { return r.a } } }', true],
    ['(r) => { f = { later (x) { return r.a } } }', true],
    ["(r) => { f = { ['later']() { return r.a } } }", true],
    ["(r) => { f = { 'later'(x = use()) { return r.a } } }", true],
    ['(r) => { f = { async *later(x, y = (1)) { return r.a } } }', true],
    ['(r) => { use({ catch() { return r.a } }) }', true],
    ['(r) => { f = { if() { return r.a } } }', true],
    ['(r) => { use([{ a: 1, for(x) { return r.a } }]) }', true],
    ['(r) => { for (const x of use(r.a)) { while (use(use(1))) { r.b } } }', false],
    [
      '(r) => { f = () => { if (use(1)) { use(2) } }; switch (r.a) { case 1: { if (use(1)) { r.b } } } }',
      false,
    ],
    ['async (r) => { for await (const x of use(r.a)) { try { r.b } catch (e) { r.c } } }', false],
    ['(r) => { f = class { static later = r.a } }', true],
    ['(r, emit, later = () => r.a) => { f = later }', true],
    ['(r) => { use(/=>/, r.a); f = () => r.a }', true],
    ['(r) => r.a / 2', false],
    ['(r) => { f = () => 1; use(r.a) }', false],
    ['(r) => { f = () => { use(1); }; use(r.a) }', false],
    ['(r) => { f = () => { use(1) }\n use(r.a) }', false],
    ['(r) => { f = () =>{ use(1) }\n use(r.a) }', false],
    ['(r) => { f = () => [1, 2].map((x) => x); use(r.a) }', false],
    ['(r) => { use(r.b); f = () => r.a }', true],
    ['(r) => { f = () => { for (;;) { use(1) } use(r.a) } }', true],
    ['(r) => { f = () => { { use(1) } use(r.a) } }', true],
    ['(r) => { f = () => use({ b: 1 }, r.a) }', true],
    ['(r) => { f = () => ({ b: 1 }).b + r.a; }', true],
    ['(r) => { f = () => 1; f = () => r.a }', true],
  ])('says whether %s may read later: %s', (text, later) => {
    expect(recordUse(made(text))?.mayReadLater).toBe(later)
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
      '(r) => r.a?. (1)',
      '(r) => r?.a(1)',
      '(r) => r.a`x`',
    ],
    ...['(r) => (r.a)(1)', '(r) => ((r.a))?.(1)', '(r) => (r.a)`x`'],
    ...['(r) => r.a/**/(1)', '(r) => r.a//\n(1)', '(r) => new r.a()', '(r) => r/**/.a', '(r) => r?.(1)'],
    // What is taken apart is something else, or not only the record.
    ...['(r) => { const { a } = f; f = r; }', '(r) => { const { a } = r || f; return a }', '({ 0: a }) => a'],
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
      '(...all) => f((x) => x.a) + all',
      '(...all) => f(x => x.a) + all',
      '(r = {}) => r.a',
      '() => 1',
      '([a]) => a',
      '(r, s = r) => s',
      'function* (r) { yield r.a }',
    ],
    ...['use.bind(null)', 'Math.max', 'class { constructor(r) { r.a } }', 'new Proxy((r) => r.a, {})'],
  ])('does not say what is read in %s', (text) => {
    expect(recordUse(made(text))).toBeNull()
  })

  test('does not say what is read in a function that tells what it was called with', () => {
    const sloppy: (...given: never[]) => unknown = new Function('return function (r) { return r.a }')()
    expect(recordUse(sloppy)).toBeNull()
  })

  test('asks the function itself for its text', () => {
    const map = Object.assign((r: { a: object }) => Object.keys(r), { toString: () => '(r) => r.a' })
    expect(recordUse(map)).toBeNull()
  })
})
