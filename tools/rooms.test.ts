import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { checkRooms } from './rooms.ts'

const trees: string[] = []

afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true })
})

function treeOf(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'tallyman-rooms-'))
  trees.push(root)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

/** What the checker says of a tree, as `path:line what`. */
function breaches(files: Record<string, string>): string[] {
  return checkRooms(treeOf(files)).map(({ path, line, what }) => `${path}:${line} ${what}`)
}

const good = {
  'src/index.ts': `export { TallymanError } from './errors.ts'\nexport { compareKeys } from './record/index.ts'\n`,
  'src/index.test-d.ts': `import { compareKeys } from 'tallyman'\nvoid compareKeys\n`,
  'src/errors.ts': 'export class TallymanError extends Error {}\n',
  'src/errors.test.ts': `import { TallymanError } from './errors.ts'\nvoid TallymanError\n`,
  'src/record/index.ts': `export { compareKeys } from './key.ts'\nexport type { Key } from './key.ts'\n`,
  'src/record/key.ts': `import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { TallymanError } from '../errors.ts'
export type Key = string
export const epoch = new Date(0)
export const at = (job: { process(): number; performance: number }) => job.process() + job.performance
export const compareKeys = () => [Buffer, createHash, crc32, TallymanError, Math.floor(1), Date.UTC(2020, 0)]\n`,
  'src/record/fixtures/keys.ts': 'export const keys = ["a"]\n',
  'src/flow/merge.ts': `import type { Key } from '../record/index.ts'\nexport type Run = Key[]\n`,
  'src/flow/merge.test.ts': `import { keys } from '../record/fixtures/keys.ts'
import { requires } from '../../test/requires.ts'
import type { Run } from './merge.ts'
export const run: Run = [...keys, String(Date.now()), String(requires), process.cwd()]\n`,
  'src/host/cores.ts': `import { cpus } from 'node:os'\nexport const cores = cpus().length + performance.now()\n`,
  'src/cli/main.ts': `import { compareKeys } from '../record/index.ts'\nvoid compareKeys\n`,
  'bin/tallyman': `#!/usr/bin/env node\nimport '../dist/cli/main.js'\n`,
}

test('checkRooms finds nothing in a tree that keeps the law', () => {
  expect(checkRooms(treeOf(good))).toEqual([])
})

test('checkRooms finds nothing where there is no src', () => {
  expect(checkRooms(treeOf({ 'README.md': '' }))).toEqual([])
})

describe('checkRooms finds an import from below', () => {
  const below = { 'src/flow/index.ts': '' }
  test.each([
    ['import', `import { merge } from '../flow/index.ts'`],
    ['type import', `import type { Merge } from '../flow/index.ts'`],
    ['inline type import', `import { type Merge } from '../flow/index.ts'`],
    ['side effect', `import '../flow/index.ts'`],
    ['re-export', `export { merge } from '../flow/index.ts'`],
    ['dynamic import', `export const load = () => import('../flow/index.ts')`],
    ['dynamic import with a template', 'export const load = () => import(`../flow/index.ts`)'],
    ['import type node', `export type Merge = import('../flow/index.ts').Merge`],
    ['typeof import', `export type Merge = typeof import('../flow/index.ts')`],
    ['require', `export const merge = require('../flow/index.ts')`],
    ['import equals', `import merge = require('../flow/index.ts')`],
    ['compiled name', `import { merge } from '../flow/index.js'`],
    ['reference', `/// <reference path="../flow/index.ts" />`],
  ])('written as %s', (_name, statement) => {
    expect(breaches({ ...below, 'src/record/key.ts': `\n${statement}\n` })).toEqual([
      expect.stringMatching(/^src\/record\/key\.ts:2 imports ".*": flow stands below record, /),
    ])
  })

  test('in a test', () => {
    const files = { ...below, 'src/record/key.test.ts': `import { merge } from '../flow/index.ts'` }
    expect(breaches(files)).toEqual([
      expect.stringMatching(/^src\/record\/key\.test\.ts:1 .*flow stands below record/),
    ])
  })

  test('in errors.ts, which stands above all', () => {
    const files = { 'src/errors.ts': `import { compareKeys } from './record/index.ts'` }
    expect(breaches(files)).toEqual([expect.stringContaining('record stands below errors.ts')])
  })
})

test('checkRooms finds an import past the index of a room above', () => {
  expect(breaches({ 'src/flow/merge.ts': `import type { Key } from '../record/key.ts'` })).toEqual([
    'src/flow/merge.ts:1 imports "../record/key.ts", the inside of the room record.',
  ])
})

test.each(['tallyman', '../index.ts'])(
  "checkRooms finds a room that imports the library's face as %s",
  (specifier) => {
    expect(breaches({ 'src/cli/main.ts': `import { count } from '${specifier}'` })).toEqual([
      `src/cli/main.ts:1 imports the library's face ("${specifier}"), which stands below every room.`,
    ])
  },
)

test('checkRooms finds an import that leaves src', () => {
  expect(breaches({ 'src/cli/main.ts': `import { suite } from '../../bench/suite.ts'` })).toEqual([
    'src/cli/main.ts:1 imports "../../bench/suite.ts", outside src/.',
  ])
})

test("checkRooms finds a face that takes a room's inside, or declares", () => {
  const face = `export { compareKeys } from './record/key.ts'\nexport const one = 1\n`
  expect(breaches({ 'src/index.ts': face })).toEqual([
    `src/index.ts:1 takes "./record/key.ts", which is no room's index.ts.`,
    expect.stringMatching(/^src\/index\.ts:2 has a statement that is no re-export/),
  ])
})

test('checkRooms finds a cycle inside a room, type imports included, once, with its way', () => {
  const files = {
    'src/flow/combine.ts': `import { merge } from './merge.ts'\nexport interface Combiner {}\nvoid merge`,
    'src/flow/merge.ts': `import { spill } from './spill.ts'\nexport const merge = spill`,
    'src/flow/spill.ts': `import type { Combiner } from './combine.ts'\nexport const spill = 1 as Combiner`,
  }
  expect(breaches(files)).toEqual([
    'src/flow/combine.ts:1 imports itself in a circle: src/flow/combine.ts → src/flow/merge.ts → src/flow/spill.ts → src/flow/combine.ts.',
  ])
})

test("checkRooms finds a cycle through the room's own index", () => {
  const files = {
    'src/job/index.ts': `export { count } from './count.ts'`,
    'src/job/count.ts': `import type { Reducer } from './index.ts'\nexport const count = 1`,
  }
  expect(breaches(files)).toEqual([
    expect.stringContaining('src/job/count.ts → src/job/index.ts → src/job/count.ts'),
  ])
})

test('checkRooms finds two cycles that share no file', () => {
  const pair = (room: string) => ({
    [`src/${room}/one.ts`]: `import './two.ts'`,
    [`src/${room}/two.ts`]: `import './one.ts'`,
  })
  expect(breaches({ ...pair('web'), ...pair('cli') })).toHaveLength(2)
})

test.each([`export * from './key.ts'`, `export * as keys from './key.ts'`])(
  'checkRooms finds %s in an index',
  (star) => {
    expect(breaches({ 'src/record/index.ts': star })).toEqual([
      'src/record/index.ts:1 has an `export *`, which hides what the room offers.',
    ])
  },
)

test('checkRooms finds an unknown room and a stray file at the top', () => {
  expect(breaches({ 'src/engine/start.ts': '', 'src/version.ts': '' })).toEqual([
    'src/engine/start.ts:1 stands in "engine", which is no room.',
    'src/version.ts:1 stands in "version.ts", which is no room.',
  ])
})

test.each(['utils', 'common', 'shared', 'helpers', 'core'])('checkRooms finds the name %s', (name) => {
  const found = breaches({
    [`src/${name}/x.ts`]: '',
    [`src/job/${name}/x.ts`]: '',
    [`src/job/${name}.test.ts`]: '',
  })
  expect(found.filter((line) => line.includes(`bears the name "${name}"`))).toHaveLength(3)
})

describe('checkRooms finds impurity', () => {
  test.each([
    ['process', 'export const home = process.env.HOME'],
    ['globalThis', 'export const home = globalThis.process'],
    ['Date.now', 'export const now = Date.now()'],
    ['Date.now', 'export const { now } = Date'],
    ['Date.now', `export const now = Date['now']`],
    ['new Date()', 'export const now = new Date()'],
    ['new Date', 'export const now = new Date'],
    ['Date()', 'export const now = Date()'],
    ['new Date(2020, 0, 1)', 'export const then = new Date(2020, 0, 1)'],
    ['Math.random', 'export const dice = Math.random()'],
    ['Math.random', 'export const dice = [1].map(Math.random)'],
    ['performance', 'export const now = performance.now()'],
    ['crypto.randomUUID', 'export const id = crypto.randomUUID()'],
    ['localeCompare', `export const order = 'a'.localeCompare('b')`],
    ['node:fs', `import { readFileSync } from 'node:fs'\nvoid readFileSync`],
    ['node:fs/promises', `import * as fs from 'node:fs/promises'\nvoid fs`],
    ['fs', `import fs from 'fs'\nvoid fs`],
    ['node:child_process', `export { spawn } from 'node:child_process'`],
    ['node:os', `export const os = () => import('node:os')`],
    ['node:process', `import { env } from 'node:process'\nvoid env`],
    ['randomBytes', `import { randomBytes as dice } from 'node:crypto'\nvoid dice`],
  ])('%s in %s', (name, text) => {
    for (const room of ['record', 'job', 'flow', 'run/state']) {
      const found = breaches({ [`src/${room}/deep/pure.ts`]: text })
      expect(found).not.toEqual([])
      expect(found.join('\n')).toContain(name)
    }
    expect(breaches({ 'src/host/free.ts': text, 'src/record/pure.test.ts': text })).toEqual([])
  })
})

test('checkRooms finds a bin that starts something other than the command line', () => {
  expect(breaches({ 'bin/tallyman': `#!/usr/bin/env node\nimport '../dist/run/coordinator.js'\n` })).toEqual([
    'bin/tallyman:2 imports "../dist/run/coordinator.js", which is not the room cli.',
  ])
})
