/** A folder in which a test lays out inputs and runs the real command line over them. */
import { spawn } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

export const projectDir = fileURLToPath(new URL('../../', import.meta.url))
/** Real data that is not part of the project. */
export const dataDir = join(projectDir, '../shared/data')

/** One line of a table. */
export interface TableRow {
  readonly key: unknown
  readonly value: unknown
}

/** What of a manifest these tests look at. */
export interface ManifestView {
  readonly inputs: readonly { readonly path: string; readonly records: number; readonly rejected: number }[]
  readonly completeness: {
    readonly complete: boolean
    readonly accepted: readonly { readonly name?: string; readonly message: string }[]
  }
  readonly records: number
  readonly rejected: number
  readonly counters: Readonly<Record<string, number>>
  readonly run: { readonly mapTasks: number }
}

/** How one `tallyman run` ended. */
export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  /** Where the result is, if there is one. */
  readonly directory: string
}

export class Scratch {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'tallyman-conformance-')))
  /** What the command takes for the system's folder of temporary files. */
  readonly temporary = join(this.folder, 'temporary')
  #runs = 0

  constructor() {
    mkdirSync(this.temporary)
  }

  /** Writes a file, and the folders it needs. Returns its absolute path. */
  write(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    return path
  }

  /** Makes a link with the target's own name in a folder here, so that a folder of real files can be put together. */
  link(folder: string, target: string): void {
    mkdirSync(join(this.folder, folder), { recursive: true })
    symlinkSync(target, join(this.folder, folder, target.slice(target.lastIndexOf('/') + 1)))
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  /** Runs one of the jobs in `jobs/`. */
  run(job: string, inputs: readonly string[], options: readonly string[] = []): Promise<Outcome> {
    return this.runFile(join(projectDir, 'test/conformance/jobs', `${job}.job.ts`), inputs, options)
  }

  /** Runs a job file, with one worker where no option says otherwise; the result goes to a place of its own. */
  async runFile(
    jobFile: string,
    inputs: readonly string[],
    options: readonly string[] = [],
  ): Promise<Outcome> {
    this.#runs += 1
    const directory = join(this.folder, `result-${this.#runs}`)
    const workers = options.includes('--workers') ? [] : ['--workers', '1']
    const words = ['run', jobFile, ...inputs, '-o', directory, ...workers, ...options]
    return { ...(await this.#tallyman(words)), directory }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #tallyman(words: readonly string[]): Promise<Omit<Outcome, 'directory'>> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [join(projectDir, 'bin/tallyman'), ...words], {
        cwd: this.folder,
        env: { ...process.env, TALLYMAN_HOME: join(this.folder, 'home'), TMPDIR: this.temporary },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const said = { stdout: '', stderr: '' }
      for (const stream of ['stdout', 'stderr'] as const) {
        child[stream].setEncoding('utf8').on('data', (text: string) => {
          said[stream] += text
        })
      }
      child.on('error', reject)
      child.on('close', (status) => resolve({ status, ...said }))
    })
  }
}

/** Runs that several tests look at: each is made for the first of them, in a folder of its own. */
export class SharedRuns {
  readonly #scratches: Scratch[] = []
  readonly #runs = new Map<string, Promise<Outcome>>()

  /** @param key the same for what is the same */
  of(key: string, begin: (scratch: Scratch) => Promise<Outcome>): Promise<Outcome> {
    const before = this.#runs.get(key)
    if (before !== undefined) return before
    const scratch = new Scratch()
    this.#scratches.push(scratch)
    const run = begin(scratch)
    this.#runs.set(key, run)
    return run
  }

  remove(): void {
    for (const scratch of this.#scratches) scratch.remove()
  }
}

/** Expects an exit code, and shows what was said where it is another. Returns the outcome. */
export function expectStatus(outcome: Outcome, status: number): Outcome {
  expect(outcome.status, outcome.stderr).toBe(status)
  return outcome
}

/** The rows of a table of a complete run, in their order. */
export function rowsOf(outcome: Outcome, table = 'result'): TableRow[] {
  expectStatus(outcome, 0)
  const text = readFileSync(tableFile(outcome, table), 'utf8')
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
}

/** The file of a table, to be the input of the next run. */
export function tableFile(outcome: Outcome, table = 'result'): string {
  return join(outcome.directory, `${table}.jsonl`)
}

export function manifestOf(outcome: Outcome): ManifestView {
  expectStatus(outcome, 0)
  return JSON.parse(readFileSync(join(outcome.directory, 'manifest.json'), 'utf8'))
}

/** Rows as an object; a key that is no string is named by its JSON. */
export function objectOf(rows: readonly TableRow[]): Record<string, unknown> {
  return Object.fromEntries(
    rows.map(({ key, value }) => [typeof key === 'string' ? key : JSON.stringify(key), value]),
  )
}
