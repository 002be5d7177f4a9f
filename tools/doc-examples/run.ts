/** Runs the examples: bundled together, then imported one by one in a few processes. */
import { fork } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import type { Finding } from './block.ts'
import { asComment } from './expectations.ts'
import type { Placed } from './workplace.ts'

export interface BatchItem {
  readonly number: number
  readonly url: string
  readonly cwd: string
  readonly isJob: boolean
}

export type BatchMessage =
  | { readonly number: number; readonly state: 'started' }
  | {
      readonly number: number
      readonly state: 'ended'
      readonly printed: readonly (readonly [id: number, text: string])[]
      readonly thrown: readonly string[]
    }

export interface RunOptions {
  readonly root: string
  /** Folder the bundles are written to. */
  readonly folder: string
  /** The folder of this file, from which the process that imports examples is bundled. */
  readonly toolFolder: string
  /** What `tallyman` means: `dist/index.js`, or `src/index.ts`, which is bundled first. */
  readonly libraryFile: string
  /** An example that takes longer is ended and reported. */
  readonly exampleMsMax: number
}

const settings = {
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: 'inline',
  logLevel: 'silent',
  outExtension: { '.js': '.mjs' },
} as const

/** All examples share one copy of the library, as all modules of a user's program do. */
function libraryAt(file: string): Plugin {
  return {
    name: 'tallyman',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^tallyman$/ }, () => ({ path: pathToFileURL(file).href, external: true })),
  }
}

async function bundle(placed: readonly Placed[], options: RunOptions): Promise<void> {
  let { libraryFile } = options
  const common = { ...settings, outdir: options.folder, absWorkingDir: options.root }
  if (libraryFile.endsWith('.ts')) {
    await build({ ...common, entryPoints: [{ in: libraryFile, out: 'tallyman' }] })
    libraryFile = join(options.folder, 'tallyman.mjs')
  }
  const examples = placed.map(({ runFile, number }) => ({ in: runFile, out: `example-${number}` }))
  const batch = { in: join(options.toolFolder, 'batch.ts'), out: 'batch' }
  await build({ ...common, entryPoints: [...examples, batch], plugins: [libraryAt(libraryFile)] })
}

/** Line in the document that a stack speaks of; the block's first where it speaks of none. */
function lineOf({ block, number }: Placed, stack: string): number {
  const [, line] = new RegExp(`/${number}/example\\.run\\.ts:(\\d+)`).exec(stack) ?? []
  return block.line + (line === undefined ? 0 : Number(line) - 1)
}

function judge(placed: Placed, message: Extract<BatchMessage, { state: 'ended' }>): Finding[] {
  const { path, line } = placed.block
  const failures = message.thrown.map((stack) => ({ path, line: lineOf(placed, stack), message: stack }))
  // What it did not print after it threw follows from that.
  if (failures.length > 0) return failures
  return placed.expectations.flatMap((expectation) => {
    const printed = message.printed.filter(([id]) => id === expectation.id).map(([, text]) => text)
    const at = { path, line: line + expectation.line }
    if (printed.length === 0)
      return [{ ...at, message: `Promises to print "${expectation.text}", and printed nothing.` }]
    const actual = asComment(printed)
    return actual === expectation.text
      ? []
      : [{ ...at, message: `Promises "${expectation.text}", printed "${actual}".` }]
  })
}

interface Lap {
  readonly judged: ReadonlyMap<number, Finding[]>
  /** The example that was running when the process ended. */
  readonly broken: { readonly number: number; readonly why: string } | undefined
}

/** One process, as far as it gets. */
function runLap(items: readonly Placed[], options: RunOptions): Promise<Lap> {
  const child = fork(join(options.folder, 'batch.mjs'), {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: ['--enable-source-maps'],
  })
  const judged = new Map<number, Finding[]>()
  const byNumber = new Map(items.map((item) => [item.number, item]))
  let running: number | undefined
  let isLate = false
  let output = ''
  const late = () => {
    isLate = true
    child.kill('SIGKILL')
  }
  let timer = setTimeout(late, options.exampleMsMax)
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-2000)
    })
  }
  child.on('message', (message: BatchMessage) => {
    clearTimeout(timer)
    timer = setTimeout(late, options.exampleMsMax)
    running = message.state === 'started' ? message.number : undefined
    if (message.state === 'started') output = ''
    const item = byNumber.get(message.number)
    if (message.state === 'ended' && item !== undefined) judged.set(message.number, judge(item, message))
  })
  child.send(
    items.map(({ number, folder, block }) => ({
      number,
      url: pathToFileURL(join(options.folder, `example-${number}.mjs`)).href,
      cwd: join(folder, 'cwd'),
      isJob: block.kind === 'job',
    })),
  )
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode, signal) => {
      clearTimeout(timer)
      const end = isLate
        ? `Was not done after ${options.exampleMsMax} ms.`
        : `Ended the process (${signal ?? exitCode}).`
      const why = `${end}${output === '' ? '' : `\n${output.trimEnd()}`}`
      resolve({ judged, broken: running === undefined ? undefined : { number: running, why } })
    })
  })
}

/** Runs examples in one process, and those after one that broke it in another. */
async function runBatch(items: readonly Placed[], options: RunOptions): Promise<Finding[]> {
  const findings: Finding[] = []
  let waiting = items
  while (waiting.length > 0) {
    const { judged, broken } = await runLap(waiting, options)
    findings.push(...[...judged.values()].flat())
    const done = waiting.filter(({ number }) => judged.has(number) || number === broken?.number)
    const culprit = waiting.find(({ number }) => number === broken?.number)
    if (culprit !== undefined)
      findings.push({ path: culprit.block.path, line: culprit.block.line, message: broken?.why ?? '' })
    if (done.length === 0)
      throw new Error('The process that runs the examples ended before the first of them.')
    waiting = waiting.filter((item) => !done.includes(item))
  }
  return findings
}

/** Runs every example and loads every job; returns what was not as written. */
export async function runExamples(placed: readonly Placed[], options: RunOptions): Promise<Finding[]> {
  if (placed.length === 0) return []
  await bundle(placed, options)
  const middle = Math.ceil(placed.length / 2)
  const halves = [placed.slice(0, middle), placed.slice(middle)]
  return (await Promise.all(halves.map((half) => runBatch(half, options)))).flat()
}
