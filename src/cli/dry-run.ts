import { processesMax } from '../executor/index.ts'
import { mergeFilesMax } from '../flow/index.ts'
import { readDiskSpace, readMachine, spareSpace } from '../host/index.ts'
import { type InputProblem, matchesAccepted } from '../input/index.ts'
import { printable } from '../printable.ts'
import { countOf, showBytes, showCount } from '../quantities.ts'
import { type HeldRun, type Plan, sayConfinement, totalsOf, workerBytesOf } from '../run/index.ts'
import type { Terminal } from './terminal.ts'

const listedMax = 20

/** Says what a run would read, in how many tasks, what it would not and why, and what it may take of the machine. */
export async function sayPlan({ out }: Terminal, { plan, state, directory }: HeldRun): Promise<void> {
  const lines = [
    ...jobLines(plan),
    ...readLines(plan, totalsOf(state).inputBytes),
    ...restLines(plan),
    ...(await boundLines(plan, directory.path)),
  ]
  for (const line of lines) out(printable(line))
}

function jobLines({ job }: Plan): string[] {
  const { description, tables } = job.description
  return [
    `Job: ${job.path}${description === null ? '' : `: ${description}`}`,
    ...Object.entries(job.params).map(
      ([name, value]) => `  ${name} = ${JSON.stringify(value) ?? 'undefined'}`,
    ),
    `Tables: ${tables.map(({ name, kind }) => `${name} (${kind})`).join(', ')}`,
  ]
}

function readLines({ discovery, job }: Plan, inputBytes: number): string[] {
  const { files, series } = discovery
  const lines = [
    `Reads ${countOf(files.length, 'file')}, ${showBytes(inputBytes)}, as ${job.description.input.name}:`,
    ...listed(
      files.map(({ path, kind, identity, members }) => {
        const inside = kind === 'zip' ? `, ${countOf(members.length, 'member')}` : ''
        return `${path}  ${showBytes(identity.sizeBytes)}, ${kind}${inside}`
      }),
    ),
  ]
  if (series === null) return lines
  const missing = series.missing.length === 0 ? 'no day' : countOf(series.missing.length, 'day')
  return [...lines, `Series ${series.pattern}: ${series.from} to ${series.to}, ${missing} missing`]
}

/** What is known to be lacking before anything is read, and is not accepted. */
export function lackingOf({ discovery, accept }: Plan): readonly InputProblem[] {
  return discovery.problems.filter((problem) => !matchesAccepted(problem, accept))
}

function restLines(plan: Plan): string[] {
  const { ignored, problems, notes } = plan.discovery
  const lacking = lackingOf(plan)
  return [
    ...headed(
      `Does not read ${countOf(ignored.length, 'other')}:`,
      ignored.map(({ path, reason }) => `${path} ${reason}`),
    ),
    ...headed(
      'Would not be complete:',
      lacking.map(({ message, wayOut }) => (wayOut === undefined ? message : `${message} ${wayOut}`)),
    ),
    ...headed(
      'Goes on without, as accepted:',
      problems.filter((problem) => !lacking.includes(problem)).map(({ message }) => message),
    ),
    ...headed('Notes:', notes),
    `Runs ${countOf(plan.tasks.length, 'map task')} over ${countOf(plan.splits.length, 'split')} and ` +
      `${countOf(plan.partitions, 'reduce task')} on ${sayWorkers(plan)}.`,
    ...[sayWorkersBeyondCores(plan) ?? []].flat().map((note) => `  ${note}`),
  ]
}

async function boundLines(plan: Plan, directory: string): Promise<string[]> {
  const { bytes, files } = spareSpace(await readDiskSpace(directory))
  const memory = showCount(Math.floor(plan.memory.totalBytes / 2 ** 20))
  const { confinement } = plan
  const disk =
    `${mergeFilesMax} spills open in each worker, and of the disk ${showBytes(Math.max(0, bytes))}` +
    `${files === Number.POSITIVE_INFINITY ? '' : ` in ${showCount(Math.max(0, files))} files`}, so that 5 % or 1 GB of it stay free.`
  if (plan.spark !== null) {
    const each = showCount(Math.floor(workerBytesOf(plan) / 2 ** 20))
    return [
      `Takes at most ${each} MiB of memory in each worker, with all it starts, and what Java and Python take beside it,`,
      `  ${disk}`,
    ]
  }
  return [
    `Takes at most ${processesMax(plan.isolation, plan.workers)} processes of its own, ${memory} MiB of memory in all of them together,`,
    `  ${disk}`,
    ...(confinement === null ? [] : [sayConfinement(confinement)]),
  ]
}

function headed(head: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [head, ...listed(lines)]
}

function listed(lines: readonly string[]): string[] {
  const shown = lines.length > listedMax ? lines.slice(0, listedMax - 1) : lines
  const more = lines.length - shown.length
  return [...shown, ...(more === 0 ? [] : [`… and ${showCount(more)} more`])].map((line) => `  ${line}`)
}

/** What one worker is called, and several. */
const workerNouns: Readonly<Record<Plan['isolation'], readonly [string, string]>> = {
  process: ['worker process', 'worker processes'],
  thread: ['worker thread', 'worker threads'],
  container: ['worker container', 'worker containers'],
}

/** What more workers than cores are good for, in a line; null where there are no more. On a cluster they are no matter of this machine. */
export function sayWorkersBeyondCores({ workers, spark }: Pick<Plan, 'workers' | 'spark'>): string | null {
  const { cores } = readMachine()
  if (spark !== null || workers <= cores) return null
  return `note: ${countOf(workers, 'worker')} for ${countOf(cores, 'core')}: more than there are cores are of use only where the job waits for something.`
}

/** `2 worker processes`, `1 worker thread`, `Spark (local[2])`. */
export function sayWorkers({
  workers,
  isolation,
  spark,
}: Pick<Plan, 'workers' | 'isolation' | 'spark'>): string {
  if (spark !== null) return `Spark (${spark.master})`
  return countOf(workers, ...workerNouns[isolation])
}
