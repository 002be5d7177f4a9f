import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import ts from 'typescript'
import { afterAll, describe, expect, it } from 'vitest'
import { tempFolder } from '../test/fixtures/temp-folder.ts'
import { type Marked, markBranches } from './branches/mark-branches.ts'
import { preludeOf } from './branches/note-branch.ts'
import {
  digestOf,
  type FileBranches,
  keptFrom,
  marksFrom,
  neverRun,
  parseKept,
  reportOf,
} from './branches/tally.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

function mark(text: string, first = 0): Marked {
  const syntax = ts.createSourceFile('src/run/a.ts', text, ts.ScriptTarget.Latest, true)
  return markBranches({ path: 'src/run/a.ts', syntax }, first, 'prelude;')
}

const kindsOf = (text: string) => mark(text).branches.map(({ kind }) => kind)

/** What a source leaves in `log`, and the branches that it ran. */
function run(text: string): { readonly log: unknown[]; readonly ran: string[]; readonly never: string[] } {
  const { text: marked, branches } = mark(text)
  const { outputText } = ts.transpileModule(marked.replace(/^prelude;/, ''), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  })
  const log: unknown[] = []
  const numbers = new Set<number>()
  // What is marked is to do the same as before, which only running it shows.
  new Function('log', '__branch', outputText)(
    (what: unknown) => log.push(what),
    (number: number) => void numbers.add(number),
  )
  const sayAll = (isRun: boolean) =>
    branches.filter((_, number) => numbers.has(number) === isRun).map(({ line, kind }) => `${line} ${kind}`)
  return { log, ran: sayAll(true), never: sayAll(false) }
}

function fileOf(text: string, first = 0): FileBranches {
  return { path: 'src/run/a.ts', digest: digestOf(text), first, branches: mark(text, first).branches }
}

describe('markBranches', () => {
  it('knows every form of a choice', () => {
    expect(kindsOf('if (a) b()')).toEqual(['if', 'if, otherwise'])
    expect(kindsOf('if (a) b()\nelse if (c) d()\nelse { e() }')).toEqual(['if', 'else', 'if', 'else'])
    expect(kindsOf('a ? b : c')).toEqual(['?', ':'])
    expect(kindsOf('a && b; a || b; a ?? b; a &&= b; a ||= b; a ??= b')).toEqual([
      '&&',
      '||',
      '??',
      '&&=',
      '||=',
      '??=',
    ])
    expect(kindsOf('switch (a) { case 1: case 2: b(); break; default: c() }')).toEqual([
      'case',
      'case',
      'default',
    ])
    expect(kindsOf('try { a() } catch { b() } finally { c() }')).toEqual(['catch'])
    expect(kindsOf('for (;;) a(); for (const b of c) {}; while (d) e(); do {} while (f)')).toEqual([
      'loop',
      'loop',
      'loop',
      'loop',
    ])
    expect(kindsOf('function a(b = 1, { c = 2 }) {}')).toEqual(['function', 'default', 'default'])
    expect(kindsOf('const a = (b = 1) => b; const { c = 3 } = d')).toEqual(['function', 'default', 'default'])
    expect(kindsOf('class A { constructor() {} get b() { return 1 } #c(): void {} }')).toEqual([
      'function',
      'function',
      'function',
    ])
  })

  it('takes no types, forms without a body and optional links for branches', () => {
    const text =
      'type A<B> = B extends string ? () => 1 : 2\nfunction c(): void\nabstract class D { abstract e(): void }\nf?.g?.()'
    expect(mark(text)).toEqual({ text, branches: [] })
  })

  it('says where a branch is, and what is around it', () => {
    expect(mark('function a() {\n  if (b) return\n  return c ?? d\n}', 7)).toEqual({
      text: 'prelude;function a() {__branch(7);\n  if (b) {__branch(8);return} else {__branch(9)}\n  return c ?? (__branch(10),d)\n}',
      branches: [
        { path: 'src/run/a.ts', line: 1, kind: 'function', text: 'function a() {', within: null },
        { path: 'src/run/a.ts', line: 2, kind: 'if', text: 'if (b) return', within: 0 },
        { path: 'src/run/a.ts', line: 2, kind: 'if, otherwise', text: 'if (b) return', within: 0 },
        { path: 'src/run/a.ts', line: 3, kind: '??', text: 'return c ?? d', within: 0 },
      ],
    })
  })

  it('leaves a program as it was', () => {
    const { log, ran, never } = run(`
const choose = (a: number, b = a + 1): object => ({ b: a > 1 ? (a > 2 ? 'two' : 'one') : b })
for (const a of [1, 2]) log(choose(a))
class Base { constructor(readonly a: string) { log(this.a) } }
class More extends Base { constructor() { super('more') } }
new More()
function* count() { for (let i = 0; i < 2; i++) if (i > 0) yield i
  else yield -1 }
log([...count()])
const { x = 5, y = 6 } = { x: undefined as number | undefined, y: 1 }
if (x > 4) if (y > 1) log('no')
else log('dangling')
let z: number | null = null
z ??= x || y
z &&= z && 3
switch (z) { case 1: case 3: log('three')
  case 4: log('through'); break
  default: log('no') }
try { throw x } catch (e) { log(e) }
do { z-- } while (z > 0)
log(z)
void (async () => { for await (const a of [1]) log(await a) })()
`)
    expect(log).toEqual([{ b: 2 }, { b: 'one' }, 'more', [-1, 1], 'dangling', 'three', 'through', 5, 0])
    // What waits is run later than it is looked at.
    expect(never).toEqual([
      '2 ?',
      '10 default',
      '11 if',
      '11 if, otherwise',
      '14 ||',
      '16 case',
      '18 default',
      '22 loop',
    ])
    expect(ran).toContain('17 case')
  })
})

describe('neverRun', () => {
  it('has the outermost branches, and how many are in each', () => {
    const file = fileOf('function a() { if (b) { if (c) d() } else e() }\nfunction f() { g ?? h }', 2)
    const never = (...run: number[]) => {
      const marks = new Uint8Array(2 + file.branches.length)
      for (const number of run) marks[2 + number] = 1
      return neverRun(file, marks).map(({ branch: { line, kind }, inside }) => [line, kind, inside])
    }
    expect(never()).toEqual([
      [1, 'function', 4],
      [2, 'function', 1],
    ])
    expect(never(0, 4, 5)).toEqual([
      [1, 'if', 2],
      [2, '??', 0],
    ])
    expect(never(0, 1, 2, 3, 4, 5, 6)).toEqual([])
  })
})

describe('kept marks', () => {
  it('count again where the file is the same', () => {
    const before = [fileOf('a ?? b ?? c'), { ...fileOf('a ? b : c', 2), path: 'src/run/b.ts' }]
    const kept = parseKept(JSON.stringify(keptFrom(before, Uint8Array.of(0, 1, 1, 0))))
    const after = [{ ...fileOf('a ? b : d'), path: 'src/run/b.ts' }, fileOf('a ?? b ?? c', 2)]
    expect(marksFrom(after, kept)).toEqual(Uint8Array.of(0, 0, 0, 1))
    expect(marksFrom(before, {})).toEqual(new Uint8Array(4))
  })
})

describe('reportOf', () => {
  it('sums up rooms, and lists what nothing ran by file', () => {
    const files = [{ ...fileOf('a ?? b ?? c'), path: 'src/flow/x.ts' }, fileOf('function a() { b && c }', 2)]
    expect(reportOf(files, Uint8Array.of(1, 1, 0, 0))).toBe(`src/flow: 2 branches, 0 never run, in 0 places
src/run: 2 branches, 2 never run, in 1 places
all: 4 branches, 2 never run, in 1 places

src/run/a.ts:1 function (and 1 in it): function a() { b && c }
`)
  })
})

describe('preludeOf', () => {
  it('notes what is run in a file, in one line, whatever becomes of the file', () => {
    const file = folder.at('marks')
    const prelude = preludeOf(file)
    expect(prelude).not.toContain('\n')
    const open = (): ((number: number) => void) => {
      Reflect.deleteProperty(globalThis, Symbol.for('tallyman.branches'))
      return new Function(`${prelude} return __branch`)()
    }
    open()(1)
    writeFileSync(file, Uint8Array.of(0, 0, 1))
    const branch = open()
    branch(1)
    expect([...readFileSync(file)]).toEqual([0, 1, 1])
    rmSync(file)
    branch(0)
    writeFileSync(file, Uint8Array.of(0, 0, 0))
    for (const number of [0, 1, 2]) branch(number)
    expect([...readFileSync(file)]).toEqual([1, 0, 0])
    Reflect.deleteProperty(globalThis, Symbol.for('tallyman.branches'))
  })
})
