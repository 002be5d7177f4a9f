import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import { TallymanError } from '../errors.ts'
import { type Bundle, bundleModule } from './bundle.ts'
import { createRunDirectory } from './directory/directory.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

/** Where the user's files lie; fresh for each test. */
const home = folder.at('home')
beforeEach(() => {
  rmSync(home, { recursive: true, force: true })
  mkdirSync(home)
})

function put(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = `${home}/${name}`
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}

/** Bundles a module of the user's into a new run's directory. */
async function bundle(entry: string): Promise<Bundle> {
  const runs = { job: entry, cwd: home, now: new Date(0) }
  return bundleModule(`${home}/${entry}`, createRunDirectory(folder.at('runs'), runs).bundleFile)
}

/** Bundles it, and has a Node process import it and say what it exports. */
async function load(entry: string): Promise<unknown> {
  const { file } = await bundle(entry)
  return evaluate(file, 'console.log(JSON.stringify(module.default))')
}

function evaluate(file: string, code: string): unknown {
  const program = `const module = await import(${JSON.stringify(pathToFileURL(file).href)}); ${code}`
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--enable-source-maps', '--input-type=module', '--eval', program],
    { cwd: '/', encoding: 'utf8' },
  )
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return JSON.parse(stdout)
}

async function failureOf(entry: string): Promise<TallymanError> {
  try {
    await bundle(entry)
  } catch (error) {
    if (error instanceof TallymanError) return error
    throw error
  }
  throw new Error('It was bundled.')
}

describe('bundleModule', () => {
  test('puts a job, its own files and their packages into one file that needs none of them later', async () => {
    put({
      'words.job.ts': `import { split } from './lib/split.ts'; import { stem } from 'stemmer'
        export default split('Counting words').map(stem)`,
      'lib/split.ts': `import { separator } from './separator.js'
        export const split = (text: string): string[] => text.split(separator)`,
      'lib/separator.js': `export const separator = ' '`,
      'node_modules/stemmer/package.json': `{ "name": "stemmer", "type": "module", "exports": "./index.js" }`,
      'node_modules/stemmer/index.js': `export const stem = (word) => word.replace(/(ing|s)$/, '').toLowerCase()`,
    })
    const { file } = await bundle('words.job.ts')
    rmSync(home, { recursive: true })
    expect(evaluate(file, 'console.log(JSON.stringify(module.default))')).toEqual(['count', 'word'])
    expect(readdirSync(dirname(file)).sort()).toEqual(['job.mjs', 'job.mjs.map'])
  })

  test('compiles TypeScript: enums, generics, parameter properties, satisfies, types of other files', async () => {
    put({
      'a.job.ts': `import type { Shape } from './shape.ts'
        import { type Size, sizes } from './shape.ts'
        enum Colour { Red = 'r', Green = 'g' }
        class Box<T> { constructor(private readonly value: T, public colour = Colour.Green) {} get(): T { return this.value } }
        const shape = { edges: 4 } satisfies Shape
        const size: Size = sizes[0]!
        export default [new Box(shape.edges).get(), new Box('').colour, size as unknown]`,
      'shape.ts': `export interface Shape { edges: number }
        export type Size = 'S' | 'L'
        export const sizes: Size[] = ['L']`,
    })
    expect(await load('a.job.ts')).toEqual([4, 'g', 'L'])
  })

  test('takes CommonJS packages that call require, for their own files and for what Node has', async () => {
    put({
      'a.job.ts': `import old, { base } from 'old'; export default [old.base('x/y.txt'), base('z/w'), old.isWin]`,
      'node_modules/old/package.json': `{ "name": "old", "main": "main.js" }`,
      'node_modules/old/main.js': `const path = require('path'), { sep } = require('node:path')
        const inner = require('./inner'); const data = require('./data.json')
        exports.base = (p) => path.basename(p) + inner + data.mark; exports.isWin = sep === '\\\\'`,
      'node_modules/old/inner.js': `module.exports = '!'`,
      'node_modules/old/data.json': `{ "mark": "?" }`,
    })
    expect(await load('a.job.ts')).toEqual(['y.txt!?', 'w!?', false])
  })

  test('has a job and its packages read files by way of whoever notes that, and as they are where nobody does', async () => {
    put({
      'a.job.ts': `import fs, { readFileSync as read } from 'fs'
        import * as all from 'node:fs'
        import { readFile } from 'node:fs/promises'
        import promises from 'fs/promises'
        import old from 'old'
        export default [read('1'), fs.readFileSync('2'), all.readFileSync('3'), await readFile('4'), await promises.readFile('5'),
          await fs.promises.readFile('6'), await (await import('node:fs')).promises.readFile('7'), ...old, typeof fs.statSync, all.constants.O_RDONLY]`,
      'node_modules/old/package.json': `{ "name": "old", "main": "main.js" }`,
      'node_modules/old/main.js': `const fs = require('fs'), promises = require('node:fs/promises')
        const own = fs.readFileSync; fs.readFileSync = (path) => own('own ' + path)
        module.exports = [fs.readFileSync('8'), typeof promises.readFile, require('fs') === fs]`,
    })
    const { file } = await bundle('a.job.ts')
    const hook = `globalThis[Symbol.for('tallyman.side-files')] = (fs) => ({ ...fs, readFile: (path) => 'told ' + path,
      readFileSync: (path) => 'told ' + path, ...(fs.promises && { promises: { readFile: (path) => 'told ' + path } }) })`
    const code = `${hook}; const { default: read } = await import(${JSON.stringify(pathToFileURL(file).href)}); console.log(JSON.stringify(read))`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    const told = ['1', '2', '3', '4', '5', '6', '7', 'own 8'].map((path) => `told ${path}`)
    expect(JSON.parse(stdout)).toEqual([...told, 'function', true, 'function', 0])
    put({
      'b.job.ts': `import { existsSync, promises, readFileSync } from 'node:fs'
        import { readFile } from 'fs/promises'
        const path = new URL('b.txt', import.meta.url)
        export default [existsSync(path), readFileSync(path, 'utf8'), await readFile(path, 'utf8'), await promises.readFile(path, 'utf8')]`,
      'b.txt': 'text',
    })
    expect(await load('b.job.ts')).toEqual([true, 'text', 'text', 'text'])
  })

  test('leaves a job that makes its own require alone', async () => {
    put({
      'a.job.ts': `import { createRequire } from 'node:module'
        import { sep } from './b.mjs'
        const require = createRequire(import.meta.url)
        export default [require('./data.json').n, sep]`,
      'b.mjs': `import { createRequire } from 'node:module'
        const require = createRequire(import.meta.url)
        export const sep = require('./lib/data.json').n`,
      'data.json': '{ "n": 1 }',
      'lib/data.json': '{ "n": 2 }',
    })
    expect(await load('a.job.ts')).toEqual([1, 2])
  })

  test('gives each file its own import.meta.url, dirname and filename', async () => {
    put({
      'a.job.ts': `import { readFileSync } from 'node:fs'
        import { where } from './lib/b.mjs'
        const stops = readFileSync(new URL('stops.txt', import.meta.url), 'utf8')
        export default [stops, import.meta.url, import.meta.dirname, where]`,
      'lib/b.mjs': `#!/usr/bin/env node\nexport const where = [import.meta.url, import.meta.dirname, import.meta.filename]`,
      'stops.txt': 'the, a',
    })
    expect(await load('a.job.ts')).toEqual([
      'the, a',
      pathToFileURL(`${home}/a.job.ts`).href,
      home,
      [pathToFileURL(`${home}/lib/b.mjs`).href, `${home}/lib`, `${home}/lib/b.mjs`],
    ])
  })

  test('gives each file its own import.meta also where it is taken as a whole, and resolves names from there', async () => {
    put({
      'a.job.ts': `import { where } from './lib/b.mjs'
        const { url, dirname, filename } = import.meta
        const meta = import . meta
        const resolved = ['./stops.txt', 'fs', 'node:path', 'old', 'data:,x'].map((name) => import.meta.resolve(name))
        export default [url, dirname, filename, Object.keys(meta), resolved, where]`,
      'lib/b.mjs': 'export const where = import/**/.meta/**/.url',
      'node_modules/old/package.json': `{ "name": "old", "main": "main.js" }`,
      'node_modules/old/main.js': '',
    })
    expect(await load('a.job.ts')).toEqual([
      pathToFileURL(`${home}/a.job.ts`).href,
      home,
      `${home}/a.job.ts`,
      ['dirname', 'filename', 'resolve', 'url'],
      [
        pathToFileURL(`${home}/stops.txt`).href,
        'node:fs',
        'node:path',
        pathToFileURL(`${home}/node_modules/old/main.js`).href,
        'data:,x',
      ],
      pathToFileURL(`${home}/lib/b.mjs`).href,
    ])
  })

  test('gives each file in the older module format its own __dirname and __filename', async () => {
    put({
      'a.job.ts': `import stops from 'old'; import c from './lib/c.cjs'
        const inner = (__dirname: string): string => __dirname
        export default [stops, c, inner('own')]`,
      'lib/c.cjs': `'use strict'; module.exports = [__dirname, __filename, typeof __dirname]`,
      'node_modules/old/package.json': `{ "name": "old", "main": "main.js" }`,
      'node_modules/old/main.js': `module.exports = require('fs').readFileSync(__dirname + '/stops.txt', 'utf8')`,
      'node_modules/old/stops.txt': 'the, a',
    })
    expect(await load('a.job.ts')).toEqual(['the, a', [`${home}/lib`, `${home}/lib/c.cjs`, 'string'], 'own'])
  })

  test('takes JSON for a module', async () => {
    put({
      'a.job.ts': `import tags from './tags.json' with { type: 'json' }; import * as more from './more.json'
        export default [tags, more.n]`,
      'tags.json': '["#corona", 1e3]',
      'more.json': '{ "n": 2 }',
    })
    expect(await load('a.job.ts')).toEqual([['#corona', 1000], 2])
  })

  test('keeps tallyman an import: the job uses the copy that runs it', async () => {
    put({
      'a.job.ts': `import { count, defineJob, text } from 'tallyman'
        export default defineJob({ input: text(), reduce: count<string>(), map(line, emit) { emit(line) } })`,
    })
    const { file } = await bundle('a.job.ts')
    expect(readFileSync(file, 'utf8')).toMatch(/from "tallyman"/)
    expect(evaluate(file, 'console.log(JSON.stringify(module.default.reduce.kind))')).toBe('count')
  })

  test('lends a job zod, and takes the job’s own where it has one', async () => {
    put({ 'a.job.ts': `import { z } from 'zod'; export default z.coerce.number().parse('7')` })
    expect(await load('a.job.ts')).toBe(7)
    put({
      'node_modules/zod/package.json': `{ "name": "zod", "main": "index.js" }`,
      'node_modules/zod/index.js': `exports.z = { coerce: { number: () => ({ parse: () => 'own' }) } }`,
    })
    expect(await load('a.job.ts')).toBe('own')
  })

  test('leads stack traces to the lines the user wrote, in every file', async () => {
    put({
      'a.job.ts': `import { fail } from './lib/fail.ts'

interface Unused { a: string }
export default function run(): void {
  fail('deep')
}
`,
      'lib/fail.ts': `const here: string = import.meta.url
export function fail(message: string): never {
  if (here === '') return undefined as never
  throw new Error(message)
}
`,
    })
    const { file } = await bundle('a.job.ts')
    const stack = evaluate(
      file,
      'try { module.default() } catch (error) { console.log(JSON.stringify(error.stack.split("\\n"))) }',
    )
    expect(stack).toEqual(
      expect.arrayContaining([
        'Error: deep',
        expect.stringMatching(`${home}/lib/fail.ts:4:9\\)$`),
        expect.stringMatching(`${home}/a.job.ts:5:3\\)$`),
      ]),
    )
  })

  test('leads them there as well where the bundle was taken elsewhere, and the place has odd letters', async () => {
    put({ '100% #é/job.ts': `export default () => { throw new Error('thrown') }` })
    const { file } = await bundle('100% #é/job.ts')
    const elsewhere = folder.at('another', 'machine', 'job.mjs')
    cpSync(dirname(file), dirname(elsewhere), { recursive: true })
    const stack = evaluate(
      elsewhere,
      'try { module.default() } catch (error) { console.log(JSON.stringify(error.stack.split("\\n"))) }',
    ) as string[]
    expect(stack[1]).toContain(`${home}/100% #é/job.ts:1:30`)
  })

  test('gives the same code the same hash, wherever the bundle goes, and other code another one', async () => {
    put({ 'a.job.ts': `import './b.ts'\nexport default 1`, 'b.ts': 'console.error(1)' })
    const [first, second] = [await bundle('a.job.ts'), await bundle('a.job.ts')]
    expect(second.file).not.toBe(first.file)
    expect(second.sha256).toBe(first.sha256)
    expect(first.sha256).toBe(createHash('sha256').update(readFileSync(first.file)).digest('hex'))
    put({ 'b.ts': 'console.error(2)' })
    expect((await bundle('a.job.ts')).sha256).not.toBe(first.sha256)
  })

  test('names file, line and column of a syntax error, in whatever file it is', async () => {
    put({ 'a.job.ts': `import './lib/b.ts'`, 'lib/b.ts': 'export const a = 1\nexport const b = = 2\n' })
    const error = await failureOf('a.job.ts')
    expect(error).toMatchObject({ code: 'job-invalid', wayOut: 'Mend that line.' })
    expect(error.message).toBe(`${home}/lib/b.ts, line 2, column 18: Unexpected "="`)
  })

  test('names the file where it has no line to name', async () => {
    const failure = await failureOf('none.job.ts')
    expect(failure).toMatchObject({
      code: 'job-invalid',
      message: expect.stringMatching(
        new RegExp(`^${home}/none\\.job\\.ts: Could not resolve "${home}/none\\.job\\.ts"$`),
      ),
    })
  })

  test('bundles several at once', async () => {
    put({ 'a.job.ts': 'export default 1', 'b.job.ts': 'export default 2' })
    const made = await Promise.all([bundle('a.job.ts'), bundle('b.job.ts')])
    expect(made.map(({ file }) => evaluate(file, 'console.log(module.default)'))).toEqual([1, 2])
  })

  test('names all imports that are not there, and says how many more errors there are', async () => {
    put({ 'a.job.ts': `import './b.ts'\nimport './c.ts'` })
    expect((await failureOf('a.job.ts')).message).toBe(
      `${home}/a.job.ts, line 1, column 8: Could not resolve "./b.ts", "./c.ts"`,
    )
    const many = ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'b'].map((name) => `import './${name}.ts'`)
    put({ 'a.job.ts': many.join('\n') })
    expect((await failureOf('a.job.ts')).message).toMatch(
      /: Could not resolve ".\/b.ts", ".\/c.ts", ".\/d.ts", ".\/e.ts", ".\/f.ts", ".\/g.ts" \(and 1 more\)$/,
    )
    put({ 'a.job.ts': 'const a = 1\nconst a = 2\nconst a = 3' })
    expect((await failureOf('a.job.ts')).message).toMatch(
      /, line 2, column 7: .* already been declared \(and 1 more\)$/,
    )
  })

  test('says that a package is missing, and what to do', async () => {
    put({ 'a.job.ts': `\n  import { x } from '@scope/nowhere/deep'\nexport default x` })
    const error = await failureOf('a.job.ts')
    expect(error.message).toBe(`${home}/a.job.ts, line 2, column 21: Could not resolve "@scope/nowhere/deep"`)
    expect(error.wayOut).toBe('Install the package where the job lies, or mend the name.')
  })

  test('says of a name that a file does not export where it was asked for', async () => {
    put({ 'a.job.ts': `import { x } from './b.ts'\nexport default x`, 'b.ts': 'export const y = 1' })
    expect((await failureOf('a.job.ts')).message).toMatch(
      /a\.job\.ts, line 1, column 10: No matching export in "b\.ts" for import "x"/,
    )
  })

  test('leaves the folder of the job as it was', async () => {
    put({ 'a.job.ts': 'export default 1' })
    const { file } = await bundle('a.job.ts')
    expect(relative(home, file).startsWith('..')).toBe(true)
    expect(readdirSync(home)).toEqual(['a.job.ts'])
  })
})
