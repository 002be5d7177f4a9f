import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { blocksOf } from './doc-examples/block.ts'
import { asComment, instrument } from './doc-examples/expectations.ts'
import { checkExamples } from './doc-examples.ts'

const toolFolder = fileURLToPath(new URL('./doc-examples', import.meta.url))
const project = dirname(dirname(toolFolder))

/** A library small enough to read: what the examples below import as `tallyman`. */
const library = `/**
 * Marks a job.
 *
 * @example
 * \`\`\`ts
 * import { defineJob } from 'tallyman'
 *
 * console.log(defineJob('a').name) // a
 * \`\`\`
 */
export function defineJob(name: string) {
  return { [Symbol.for('tallyman.job')]: true, name }
}

export interface Options {
  /**
   * How many.
   * \`\`\`ts
   * console.log('of a member') // of somebody else
   * \`\`\`
   */
  count: number
}
`

const settings = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    types: ['node'],
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: true,
  },
}

const trees: string[] = []

afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true })
})

function treeOf(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'tallyman-docs-'))
  trees.push(root)
  symlinkSync(join(project, 'node_modules'), join(root, 'node_modules'))
  const all = { 'package.json': '{ "type": "module" }', 'tsconfig.json': JSON.stringify(settings), ...files }
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text, { mode: path.startsWith('bin/') ? 0o755 : 0o644 })
  }
  return root
}

/** Checks a tree and returns what was found as `path:line first line of the message`. */
async function check(files: Record<string, string>, exampleMsMax = 5000) {
  const root = treeOf({ 'src/index.ts': 'export {}\n', ...files })
  const checked = await checkExamples({
    root,
    toolFolder,
    libraryFile: join(root, 'src', 'index.ts'),
    exampleMsMax,
  })
  const findings = checked.findings.map(
    ({ path, line, message }) => `${path}:${line} ${message.split('\n')[0]}`,
  )
  return { ...checked, findings }
}

function ts(code: string, mark = ''): string {
  return `\`\`\`ts${mark}\n${code}\n\`\`\`\n`
}

describe('checkExamples', () => {
  test('accepts documents that tell the truth', async () => {
    const readme = [
      ts(`// tags.job.ts\nimport { defineJob } from 'tallyman'\n\nexport default defineJob('tags')`),
      ts(
        `import job from './tags.job.ts'\n\nconsole.log(job.name) // → tags\nconsole.log({ a: [1, 2n] }) // { a: [ 1, 2n ] }`,
      ),
      ts(
        'const value: unknown = await Promise.resolve(1)\nfor (const x of [1, 2]) console.log(x, value) // 1 1, 2 1',
      ),
      ts('reduce: { lang: count() },', ' fragment'),
      '<!-- runs -->\n```sh\ntest -s tags.job.ts\nhello > out\n```\n\n<!-- runs -->\n```sh\ngrep -q hi out\n```\n',
      '```sh\nexit 9 # not run\n```\n\n```json\n{}\n```\n',
      ts(`import { twice } from './examples/twice.ts'\n\nconsole.log(twice(2)) // 4`),
    ]
    const { findings, counts, promises } = await check({
      'README.md': readme.join('\n'),
      'examples/twice.ts': 'export const twice = (x: number) => 2 * x\n',
      'bin/hello': '#!/bin/sh\necho hi\n',
      'src/index.ts': library.replace('somebody else', 'a member'),
      'src/index.test.ts': `/**\n * ${ts('nonsense(').replaceAll('\n', '\n * ')}*/\n`,
    })
    expect(findings).toEqual([])
    expect(counts).toEqual({ example: 5, job: 1, fragment: 1, shell: 2 })
    expect(promises).toBe(6)
  })

  test('finds each lie, at its line', async () => {
    const guide = [
      ts('const count: number = "one"\nconsole.log(count) // one'),
      ts('console.log(1 + 1) // 3'),
      ts('if (Number("0") === 1) {\n  console.log("never") // never\n}'),
      ts('\nconst list: number[] = []\nconsole.log(list[0]!.toFixed()) // 1'),
      ts('void Promise.reject(new Error("nobody listens"))'),
      ts('console.error("last words")\nprocess.exit(7)'),
      ts('setInterval(() => {}, 1000)\nawait new Promise(() => {})'),
      ts('console.log("after those that broke the process") // after'),
      ts(`// wrong.job.ts\nexport default 1`),
      ts('reduce: {', ' fragment'),
      ts('', ' nonsense'),
      '```typescript\n```\n',
      '<!-- runs -->\n```sh\nfalse\n```\n',
      '```ts\nno end',
    ].join('')
    const { findings } = await check(
      { 'docs/guide/lies.md': guide, 'src/job/face.ts': library, 'src/index.ts': library },
      1500,
    )
    expect(findings).toEqual([
      `docs/guide/lies.md:2 TS2322: Type 'string' is not assignable to type 'number'.`,
      'docs/guide/lies.md:6 Promises "3", printed "2".',
      'docs/guide/lies.md:10 Promises to print "never", and printed nothing.',
      expect.stringMatching(/^docs\/guide\/lies\.md:16 TypeError: Cannot read properties of undefined/),
      'docs/guide/lies.md:19 Error: nobody listens',
      'docs/guide/lies.md:22 Ended the process (7).',
      'docs/guide/lies.md:26 Was not done after 1500 ms.',
      'docs/guide/lies.md:30 Promises "after", printed "after those that broke the process".',
      expect.stringMatching(
        /^docs\/guide\/lies\.md:33 Error: The default export of a job file must be a job/,
      ),
      expect.stringMatching(/^docs\/guide\/lies\.md:37 TS1005: '}' expected/),
      'docs/guide/lies.md:39 Unknown mark "nonsense" after "ts"; there is only "fragment".',
      'docs/guide/lies.md:42 Write "ts", so that the block is checked.',
      'docs/guide/lies.md:46 Ended with exit code 1.',
      'docs/guide/lies.md:48 This block of code has no end.',
      'src/index.ts:19 Promises "of somebody else", printed "of a member".',
      'src/job/face.ts:19 Promises "of somebody else", printed "of a member".',
    ])
  })
})

describe('blocksOf', () => {
  test('takes away the indent of a block inside a list', () => {
    const { blocks } = blocksOf('a.md', '- item\n\n  ```ts\n  if (true) {\n    console.log(1)\n  }\n  ```\n')
    expect(blocks).toEqual([
      { path: 'a.md', line: 4, kind: 'example', code: 'if (true) {\n  console.log(1)\n}' },
    ])
  })

  test('does not take a longer fence that shows a fence for code', () => {
    expect(blocksOf('a.md', '````md\n```ts\nnonsense(\n```\n````\n').blocks).toEqual([])
  })

  test('counts lines from where the text stands in its file', () => {
    expect(blocksOf('a.ts', '\n```ts\n1\n```', 10).blocks[0]?.line).toBe(13)
  })

  test('names a job by its first line only', () => {
    const { blocks } = blocksOf('a.md', `${ts('// a.job.ts\n1')}${ts('1\n// b.job.ts')}`)
    expect(blocks.map(({ kind, fileName }) => [kind, fileName])).toEqual([
      ['job', 'a.job.ts'],
      ['example', undefined],
    ])
  })
})

describe('instrument', () => {
  test('keeps the lines and tells the value of every statement that promises one', () => {
    const code = 'console.log(1) // one\nconsole.log(2)\nxs.map((x) => console.log(x)) // → a, b\n'
    expect(instrument(code)).toEqual({
      code: '__printed(0)(1) // one\nconsole.log(2)\nxs.map((x) => __printed(1)(x)) // → a, b\n',
      expectations: [
        { id: 0, line: 0, text: 'one' },
        { id: 1, line: 2, text: 'a, b' },
      ],
    })
  })

  test('reads a promise on the lines below, when they begin with an arrow', () => {
    const code = 'console.log(\n  list,\n)\n// → [ 1,\n//   2 ]\n\n// not this\nconsole.log(1)\n// nor this\n'
    expect(instrument(code).expectations).toEqual([{ id: 0, line: 2, text: '[ 1, 2 ]' }])
  })

  test('leaves console.log inside a string alone', () => {
    expect(instrument('const text = "console.log(1) // 1"').expectations).toEqual([])
  })
})

test('asComment puts an object of many lines on one', () => {
  expect(asComment(['{\n  a: 1,\n  b: 2\n}', 'x'])).toBe('{ a: 1, b: 2 }, x')
})
