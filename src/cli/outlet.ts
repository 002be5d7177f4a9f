import { type BigIntStats, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { errnoOf, TallymanError } from '../errors.ts'
import { checkTarget, type TableFormat, tableFormats } from '../result/index.ts'
import { type Plan, type RunDirectory, writeWhole } from '../run/index.ts'
import type { Arguments } from './arguments.ts'
import type { Terminal } from './terminal.ts'

/** Where a result goes, and what is said of it. */
export interface Outlet {
  /** Absolute; null for the run's own `result/`. */
  readonly target: string | null
  /** Rows go to stdout as well. */
  readonly toStdout: boolean
  readonly format: TableFormat
  readonly rows: number
  readonly quiet: boolean
  readonly json: boolean
  /** Absolute. */
  readonly eventsFile: string | null
}

/** The part of an outlet that a resumed run begins with: what `outlet.json` of the run holds. */
interface KeptOutlet {
  readonly version: 1
  readonly target: string | null
  readonly format: TableFormat
}

const rowsDefault = 5
const keptName = 'outlet.json'

/** @param kept what the run was started with, for one that goes on */
export function readOutlet(
  args: Arguments,
  { cwd, letGo }: Terminal,
  kept: Pick<Outlet, 'target' | 'format'> | null = null,
): Outlet {
  const out = args.text('out')
  const toStdout = out === '-'
  if (toStdout && args.has('json')) {
    throw new TallymanError('usage', 'Options "-o -" and --json both write to stdout.', {
      wayOut: 'Leave one of them out.',
    })
  }
  if (toStdout && args.has('detach')) {
    throw new TallymanError(
      'usage',
      'Options "-o -" and --detach do not go together: nobody reads the rows.',
      {
        wayOut: 'Name a directory with -o; `tallyman show` shows the rows.',
      },
    )
  }
  const events = args.text('events')
  const format = tableFormats.find((name) => name === args.text('format'))
  return {
    target: out === null || toStdout ? (kept?.target ?? null) : resolve(cwd, out),
    toStdout,
    format: format ?? kept?.format ?? 'jsonl',
    rows: args.count('rows') ?? rowsDefault,
    quiet: args.has('quiet'),
    // The log of a detached run is for people; whoever started it was told in JSON.
    json: args.has('json') && letGo === undefined,
    eventsFile: events === null ? null : resolve(cwd, events),
  }
}

/** Checks, before a record is read, that the result and the events can go where they should. */
export function checkOutlet(plan: Pick<Plan, 'job' | 'discovery'>, outlet: Outlet): void {
  const { job } = plan
  const { target, toStdout, format, eventsFile } = outlet
  if (eventsFile !== null) checkEventsFile(plan, eventsFile)
  if (target !== null && checkTarget(target, job.file) === 'older-result') checkOlderResult(plan, target)
  const { tables } = job.description
  if (toStdout && tables.length > 1 && format !== 'jsonl') {
    throw new TallymanError(
      'usage',
      `The job has ${tables.length} tables, and only as jsonl do several fit into one stream.`,
      { wayOut: 'Name a directory with -o, or leave out --format.' },
    )
  }
}

/** Events take the place of what a file held: neither the job's nor an input's is given up for them. */
function checkEventsFile({ job, discovery }: Pick<Plan, 'job' | 'discovery'>, path: string): void {
  const [own, ofJob] = [path, job.file].map((file) => statSync(file, { bigint: true, throwIfNoEntry: false }))
  if (own === undefined) return
  const isJob = own.dev === ofJob?.dev && own.ino === ofJob.ino
  if (!isJob && !isInput(discovery, own)) return
  const what = isJob ? 'the job' : 'one of the inputs'
  throw new TallymanError(
    'usage',
    `Events do not go to ${JSON.stringify(path)}: it is ${what}, and would be overwritten.`,
    {
      wayOut: 'Name another file with --events, outside of what is read.',
    },
  )
}

/** A shell's `*` names an older result among the inputs as any other folder: the next result would count what is in it. */
function checkOlderResult({ discovery }: Pick<Plan, 'discovery'>, target: string): void {
  const name = readdirSync(target).find((file) => {
    const found = statSync(join(target, file), { bigint: true, throwIfNoEntry: false })
    return found !== undefined && isInput(discovery, found)
  })
  if (name === undefined) return
  throw new TallymanError(
    'usage',
    `The result does not go to ${JSON.stringify(target)}: the older one there is among the inputs (${JSON.stringify(name)}), and would be counted.`,
    {
      wayOut:
        'Leave it out of the inputs: a folder that is named as a whole, or a pattern in quotes, passes results over. Or name another place with -o.',
    },
  )
}

/** Of inputs no device is known, but that one that is the same in all of this is another one is as good as impossible. */
function isInput({ files }: Plan['discovery'], { ino, mtimeNs, size }: BigIntStats): boolean {
  const [inode, writtenNs, sizeBytes] = [String(ino), String(mtimeNs), Number(size)]
  return files.some(
    ({ identity }) =>
      identity.inode === inode && identity.mtimeNs === writtenNs && identity.sizeBytes === sizeBytes,
  )
}

/** Notes in the run's directory where its result is to go, so that a resumed run puts it there as well. */
export function keepOutlet(directory: RunDirectory, { target, format }: Outlet): void {
  const kept: KeptOutlet = { version: 1, target, format }
  writeWhole(directory.absolute(keptName), `${JSON.stringify(kept)}\n`)
}

/** What `keepOutlet` noted; null where it did not come to that. */
export function keptOutlet(directory: RunDirectory): KeptOutlet | null {
  let text: string
  try {
    text = readFileSync(directory.absolute(keptName), 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null
    throw error
  }
  try {
    return JSON.parse(text) as KeptOutlet
  } catch (cause) {
    const file = directory.absolute(keptName)
    throw new TallymanError('file-damaged', `${file} is damaged: it is no JSON.`, {
      wayOut: 'It says where the result goes. Remove it, and say so with -o and --format.',
      cause,
    })
  }
}
