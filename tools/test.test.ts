import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runProgram } from './run-program.ts'

const project = dirname(dirname(fileURLToPath(import.meta.url)))
const trees: string[] = []

afterAll(() => {
  for (const tree of trees) rmSync(tree, { recursive: true })
})

function newTree(): string {
  const root = mkdtempSync(join(tmpdir(), 'tallyman-npm-test-'))
  trees.push(root)
  return root
}

/** A project of two files that is tested by this project's tools. */
function projectWith(tests: string): string {
  const root = newTree()
  for (const path of [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'tools',
    'test/requires.ts',
  ]) {
    cpSync(join(project, path), join(root, path), {
      recursive: true,
      filter: (file) => !file.endsWith('.test.ts'),
    })
  }
  symlinkSync(join(project, 'node_modules'), join(root, 'node_modules'))
  mkdirSync(join(root, 'src'))
  writeFileSync(join(root, 'src/index.ts'), `export const word: string = 'old'\n`)
  writeFileSync(join(root, 'test/it.test.ts'), tests)
  return root
}

async function npmTest(root: string, ci: string) {
  const env = { CI: ci, TALLYMAN_REQUIRE_ALL: '', NO_COLOR: '1' }
  const args = [join(root, 'tools/run.mjs'), 'test']
  const { exitCode, output } = await runProgram(process.execPath, args, { env })
  return { exitCode, output, lastLine: output.trimEnd().split('\n').at(-1) }
}

const honest = `import { describe, expect, test } from 'vitest'
import { word } from '../dist/index.js'
import { requires } from './requires.ts'

test('is built from these sources', () => expect(word).toBe('new'))
test('passes', () => expect(1).toBe(1))
describe.skipIf(!requires('the moon', process.env.CI === 'with the moon'))('moon', () => {
  test('shines', () => expect(1).toBe(1))
})
`

/** A project that was never built, and how its tests went. */
let first: { readonly root: string; readonly told: Awaited<ReturnType<typeof npmTest>> }
beforeAll(async () => {
  const root = projectWith(honest)
  first = { root, told: await npmTest(root, '') }
})

/** What is built of it is built of the copy's sources as well. */
function copyOfFirst(): string {
  const root = newTree()
  cpSync(first.root, root, { recursive: true, verbatimSymlinks: true })
  return root
}

test('npm test builds what is stale, counts truly, and says why a test was skipped', async () => {
  const old = first.told
  expect(old.output).toContain('test/it.test.ts > moon shines: the moon is absent')
  expect([old.lastLine, old.exitCode]).toEqual(['1 passed, 1 failed', 1])
  expect(old.output).toContain("npx vitest run test/it.test.ts -t '^is built from these sources$'")

  const root = copyOfFirst()
  writeFileSync(join(root, 'src/index.ts'), `export const word: string = 'new'\n`)
  const fresh = await npmTest(root, '')
  expect([fresh.lastLine, fresh.exitCode]).toEqual(['2 passed, 0 failed', 0])

  writeFileSync(join(root, 'src/index.ts'), 'export const word: string = 1\n')
  const broken = await npmTest(root, '')
  expect(broken.output).toContain('src/index.ts(1,14): error TS2322')
  expect([broken.lastLine, broken.exitCode]).toEqual(['0 passed, 1 failed', 1])
})

test('npm test lets nothing be skipped where CI is set', async () => {
  const root = copyOfFirst()
  const absent = await npmTest(root, 'true')
  expect(absent.output).toContain(
    'the moon is absent, and with TALLYMAN_REQUIRE_ALL=1 no test may be skipped.',
  )
  expect([absent.lastLine, absent.exitCode]).toEqual(['0 passed, 1 failed', 1])

  const later = `import { expect, test } from 'vitest'\ntest.todo('later')\ntest('now', () => expect(1).toBe(1))\n`
  writeFileSync(join(root, 'test/it.test.ts'), later)
  const forgotten = await npmTest(root, 'true')
  expect(forgotten.output).toContain('test/it.test.ts > later: no reason was given')
  expect([forgotten.lastLine, forgotten.exitCode]).toEqual(['1 passed, 1 failed', 1])
})
