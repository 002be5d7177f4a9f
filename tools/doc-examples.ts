/**
 * `npm run examples`: keeps the documents true. Every block of TypeScript in them and in the docstrings of `src/` is
 * type-checked and run, and what it prints is compared with the comments that say so. CONTRIBUTING.md tells the marks.
 */
import { join } from 'node:path'
import { isBuilt } from './build.ts'
import type { Block, BlockKind, Finding } from './doc-examples/block.ts'
import { extract } from './doc-examples/extract.ts'
import { runExamples } from './doc-examples/run.ts'
import { runShell } from './doc-examples/shell.ts'
import { parseFragment, typeCheck } from './doc-examples/type-check.ts'
import { openWorkplace } from './doc-examples/workplace.ts'

interface CheckOptions {
  readonly root: string
  /** The folder `tools/doc-examples` of this project. */
  readonly toolFolder: string
  /** What `tallyman` means to an example that runs. */
  readonly libraryFile: string
  /** Default 20 seconds. */
  readonly exampleMsMax?: number
}

export interface Checked {
  readonly findings: readonly Finding[]
  readonly counts: Readonly<Record<BlockKind, number>>
  /** How many printed values were promised. */
  readonly promises: number
}

function countsOf(blocks: readonly Block[]): Record<BlockKind, number> {
  const counts = { example: 0, job: 0, fragment: 0, shell: 0 }
  for (const { kind } of blocks) counts[kind]++
  return counts
}

/** Checks every block of the project; an example that does not compile is not run. */
export async function checkExamples(options: CheckOptions): Promise<Checked> {
  const { root, exampleMsMax = 20_000 } = options
  const { blocks, findings } = extract(root)
  const fragments = blocks.filter(({ kind }) => kind === 'fragment')
  const workplace = openWorkplace(root, blocks)
  try {
    const wrong = typeCheck(root, workplace.placed)
    const right = workplace.placed.filter((one) => !wrong.has(one))
    const all = [
      ...findings,
      ...fragments.flatMap(parseFragment),
      ...[...wrong.values()].flat(),
      ...(await runExamples(right, { ...options, exampleMsMax, folder: join(workplace.folder, 'bundles') })),
      ...(await runShell(root, workplace.folder, blocks)),
    ]
    all.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line))
    const promises = workplace.placed.reduce((sum, { expectations }) => sum + expectations.length, 0)
    return { findings: all, counts: countsOf(blocks), promises }
  } finally {
    workplace.remove()
  }
}

export async function main(): Promise<number> {
  const root = process.cwd()
  const built = isBuilt()
  if (!built) console.log('dist/ is stale, so the examples run on src/ as it is; `npm run build` builds it.')
  const libraryFile = built ? join(root, 'dist', 'index.js') : join(root, 'src', 'index.ts')
  const toolFolder = join(root, 'tools', 'doc-examples')
  const { findings, counts, promises } = await checkExamples({ root, toolFolder, libraryFile })
  for (const { path, line, message } of findings)
    console.error(`${path}:${line} ${message.replaceAll('\n', '\n    ')}`)
  console.log(
    `Examples: ${counts.example}, printed values in them: ${promises}, job files: ${counts.job}, ` +
      `shell blocks: ${counts.shell}, fragments (only parsed): ${counts.fragment}.`,
  )
  console.log(findings.length === 0 ? 'All are as written.' : `Not as written: ${findings.length}.`)
  return findings.length === 0 ? 0 : 1
}
