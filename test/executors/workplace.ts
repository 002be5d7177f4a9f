/** What a pool needs to work in: the directory of a run, a bundled job, inputs cut into splits. */
import { randomBytes, randomUUID } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type Attempt,
  type AttemptOutcome,
  type AttemptProgress,
  type ContainerSettings,
  openPool,
  type Pool,
  type WorkerKind,
} from '../../src/executor/index.ts'
import type { MapReport } from '../../src/flow/index.ts'
import { type GroupLimits, openOwnGroup } from '../../src/host/index.ts'
import type { Split } from '../../src/input/index.ts'
import { bundleModule } from '../../src/run/bundle.ts'
import { requireContainers } from '../../src/run/containers/container-base.ts'
import { createRunDirectory, type RunDirectory } from '../../src/run/directory/directory.ts'
import { packageRoot } from '../../src/run/package.ts'
import { markName } from '../fixtures/process-tree.ts'
import { rangeSplit } from '../fixtures/splits.ts'

const MiB = 2 ** 20

/** What a test says about its pool, where it is not as usual. */
export interface PoolOptions {
  readonly job?: string
  readonly seats?: number
  readonly params?: Readonly<Record<string, string>>
  readonly heapBytes?: number
  readonly taskTimeoutMs?: number
  readonly loadTimeoutMs?: number
  readonly cwd?: string
  /** What the kernel is to hold the pool to. */
  readonly group?: GroupLimits
}

/** What of a pool is tested, whatever it is. */
export type TestedPool = Pick<Pool, 'run' | 'load' | 'stop' | 'freeSeats'>

/** Bundles of this process, beside a package folder in which they find tallyman. */
const bundles = mkdtempSync(join(tmpdir(), 'tallyman-bundles-'))
mkdirSync(join(bundles, 'node_modules'))
symlinkSync(packageRoot, join(bundles, 'node_modules', 'tallyman'), 'dir')
process.once('exit', () => rmSync(bundles, { recursive: true, force: true }))
const bundled = new Map<string, Promise<string>>()

/** Bundling costs more than most of what is tested here. */
export function bundleOnce(job: string): Promise<string> {
  const known = bundled.get(job)
  if (known !== undefined) return known
  const entry = fileURLToPath(new URL(`../fixtures/jobs/${job}.job.ts`, import.meta.url))
  const making = bundleModule(entry, join(bundles, `${job}.mjs`)).then(({ file }) => file)
  bundled.set(job, making)
  return making
}

/** Engine and image, which are looked for once. */
let base: ReturnType<typeof requireContainers> | undefined

function never(): never {
  throw new Error('Containers have an engine.')
}

/** A folder of one test. Every process that its pools start carries its mark. */
export class Workplace {
  readonly mark = randomUUID()
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'tallyman-executor-')))
  readonly directory: RunDirectory
  readonly #kind: WorkerKind
  readonly #pools: Pool[] = []

  constructor(kind: WorkerKind) {
    this.#kind = kind
    this.directory = createRunDirectory(join(this.root, 'runs'), {
      job: 'obedient.job.ts',
      cwd: this.root,
      now: new Date(0),
    })
    process.env[markName] = this.mark
  }

  /** A pool whose workers load a job of `test/fixtures/jobs`. */
  async openPool(options: PoolOptions = {}): Promise<TestedPool> {
    const { job = 'obedient', seats = 1, params = {}, cwd = this.root } = options
    const memoryBytes = 4 * 2 ** 30
    const pool = openPool(this.#kind, {
      seats,
      order: {
        bundleFile: await bundleOnce(job),
        jobName: `${job}.job.ts`,
        runDirectory: this.directory.path,
        params,
      },
      heapBytes: options.heapBytes ?? 64 * MiB,
      taskTimeoutMs: options.taskTimeoutMs ?? 600_000,
      loadTimeoutMs: options.loadTimeoutMs ?? 600_000,
      limits: { memoryBytes, processesMax: 64 },
      settings: {
        cwd,
        logDirectory: this.directory.logFolder,
        tokenName: `TALLYMAN_TEST_${randomBytes(8).toString('hex')}`,
        isPolite: false,
        memoryBytes,
        group: options.group === undefined ? null : openOwnGroup(options.group),
        container: await this.#containerSettings(options),
      },
    })
    this.#pools.push(pool)
    return pool
  }

  /** Containers see the folder of the test, which it writes its inputs into when they are there already. */
  async #containerSettings({ group }: PoolOptions): Promise<ContainerSettings | null> {
    if (this.#kind !== 'container') return null
    base ??= requireContainers({ isolation: this.#kind, image: null })
    return {
      ...((await base) ?? never()),
      label: randomBytes(8).toString('hex'),
      readable: [join(packageRoot, 'dist'), join(packageRoot, 'package.json'), bundles],
      writable: [this.root],
      memoryBytes: group?.memoryBytes ?? null,
      processesMax: 1000,
    }
  }

  /** Writes lines into a file and returns it as one split. */
  write(name: string, lines: readonly string[]): Split {
    const path = join(this.root, name)
    writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
    return rangeSplit(path)
  }

  path(name: string): string {
    return join(this.root, name)
  }

  /** All that the workers printed. */
  logs(): string {
    return readdirSync(this.directory.logFolder)
      .map((name) => readFileSync(join(this.directory.logFolder, name), 'utf8'))
      .join('')
  }

  async close(): Promise<void> {
    delete process.env[markName]
    await Promise.all(this.#pools.map((pool) => pool.stop()))
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** A map attempt over splits, with two partitions. */
export function mapAttempt(id: string, splits: readonly Split[], combineBytesMax = MiB): Attempt {
  return {
    id,
    directory: join('attempts', id),
    work: {
      kind: 'map',
      splits: splits.map((split, ordinal) => ({ ...split, ordinal })),
      partitions: 2,
      combineBytesMax,
      skip: [],
      careful: false,
    },
  }
}

/** A reduce attempt over one partition of map attempts whose files were committed. */
export function reduceAttempt(
  id: string,
  partition: number,
  committed: readonly { readonly folder: string; readonly report: MapReport }[],
): Attempt {
  const spills = committed.flatMap(({ folder, report }) =>
    report.spills.filter((spill) => spill.partition === partition).map((spill) => ({ ...spill, folder })),
  )
  return {
    id,
    directory: join('attempts', id),
    work: {
      kind: 'reduce',
      spills: spills.map(({ folder, name, atByte, bytes }) => ({ name: join(folder, name), atByte, bytes })),
      recordsExpected: spills.reduce((sum, { records }) => sum + records, 0),
    },
  }
}

/** Runs an attempt to its end. */
export function perform(
  pool: Pick<Pool, 'run'>,
  attempt: Attempt,
  onProgress: (progress: AttemptProgress) => void = () => undefined,
): Promise<AttemptOutcome> {
  return pool.run(attempt, onProgress).outcome
}

/** The report of a map attempt that ended well. */
export function mapReportOf(outcome: AttemptOutcome): MapReport {
  if (outcome.kind === 'done' && outcome.report.kind === 'map') return outcome.report.report
  throw new Error(`The attempt has no map report: ${JSON.stringify(outcome)}`)
}
