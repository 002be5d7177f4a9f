import type { Fault } from '../../errors.ts'
import { counterWayOut } from '../../flow/index.ts'
import { diskBytes, type InputFile, inputName } from '../../input/index.ts'
import { countOf } from '../../quantities.ts'
import { type Plan, splitsOf } from '../plan/plan.ts'
import type { RunState } from './state.ts'
import { parseTaskId } from './task-id.ts'

/** Sums over everything that is committed. */
export interface RunTotals {
  readonly tasks: number
  readonly tasksDone: number
  readonly partitionsDone: number
  /** Bytes of all inputs on disk. */
  readonly inputBytes: number
  /** Of these, read. What was read twice, a line at the border of two ranges or an archive's own headers is not counted here. */
  readonly readBytes: number
  /** What was read, decompressed. */
  readonly bytes: number
  readonly records: number
  readonly rejected: number
  readonly emitted: number
  /** Milliseconds of a core that the committed attempts of both stages took. */
  readonly workMs: number
  /** By name, in order of names. */
  readonly counters: Readonly<Record<string, number>>
}

/** What is wrong where a job's counter comes to more than a double holds exactly: its total would not be what was counted. Null where none does. Pure. */
export function counterBeyond({ counters }: Pick<RunTotals, 'counters'>): Fault | null {
  const found = Object.entries(counters).find(([, total]) => !Number.isSafeInteger(total))
  if (found === undefined) return null
  return {
    code: 'job-threw',
    message: `Counter "${found[0]}" has come to more than 2 ** 53.`,
    wayOut: counterWayOut,
  }
}

/** Sums of a run at any moment. Pure. Cost: a look at every task, and at what each of them reads. */
export function totalsOf(state: RunState): RunTotals {
  let [tasksDone, readBytes, bytes, records, rejected, emitted, workMs] = [0, 0, 0, 0, 0, 0, 0]
  const counters = new Map<string, number>()
  for (const task of state.map) {
    if (task.kind !== 'done') continue
    tasksDone += 1
    emitted += task.report.emitted
    workMs += task.workMs
    for (const source of task.report.sources) {
      readBytes += Math.min(source.readBytes, sizeOf(state.plan, source.ordinal))
      bytes += source.bytes
      records += source.records
      rejected += source.rejected
    }
    for (const [name, by] of Object.entries(task.report.counters))
      counters.set(name, (counters.get(name) ?? 0) + by)
  }
  for (const task of state.reduce) if (task.kind === 'done') workMs += task.workMs
  return {
    tasks: state.map.length,
    tasksDone,
    partitionsDone: state.reduce.done,
    inputBytes: state.plan.splits.reduce((sum, split) => sum + diskBytes(split), 0),
    readBytes,
    bytes,
    records,
    rejected,
    emitted,
    workMs,
    counters: Object.fromEntries([...counters].sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}

/** Is it more than half of all? Then hardly the records are to blame, and a result of the others would be of no use. */
export function mostAreRejected({ records, rejected }: Pick<RunTotals, 'records' | 'rejected'>): boolean {
  return rejected > records
}

function sizeOf({ splits }: Plan, ordinal: number): number {
  const split = splits[ordinal]
  return split === undefined ? 0 : diskBytes(split)
}

/** Bytes on disk of what a map task reads: it may have to read more, which is no share of the inputs. 0 for any other task. */
export function inputBytesOf({ plan }: RunState, task: string): number {
  const { stage, index } = parseTaskId(task)
  const own = stage === 'map' ? splitsOf(plan, index) : []
  return own.reduce((sum, split) => sum + diskBytes(split), 0)
}

/** What one input file gave. */
export interface InputTotals {
  readonly path: string
  readonly kind: InputFile['kind']
  readonly sizeBytes: number
  /** Modification time in nanoseconds since the epoch, as decimal digits. */
  readonly mtimeNs: string
  readonly members: number
  /** Members that hold no record. */
  readonly emptyMembers: readonly string[]
  readonly records: number
  readonly rejected: number
  /** Decompressed. */
  readonly bytes: number
}

/** What each input file gave, in the order of inputs; known once the map stage has ended. */
export function inputTotals(state: RunState): InputTotals[] {
  const { splits, discovery } = state.plan
  const byPath = new Map<
    string,
    { emptyMembers: string[]; records: number; rejected: number; bytes: number }
  >()
  for (const task of state.map) {
    if (task.kind !== 'done') continue
    for (const { ordinal, records, rejected, bytes } of task.report.sources) {
      const split = splits[ordinal]
      if (split === undefined) continue
      let totals = byPath.get(split.path)
      if (totals === undefined) {
        totals = { emptyMembers: [], records: 0, rejected: 0, bytes: 0 }
        byPath.set(split.path, totals)
      }
      totals.records += records
      totals.rejected += rejected
      totals.bytes += bytes
      if (split.kind === 'zip-member' && records + rejected === 0) totals.emptyMembers.push(split.member)
    }
  }
  return discovery.files.map(({ path, kind, identity, members }) => ({
    path,
    kind,
    sizeBytes: identity.sizeBytes,
    mtimeNs: identity.mtimeNs,
    members: members.length,
    ...(byPath.get(path) ?? { emptyMembers: [], records: 0, rejected: 0, bytes: 0 }),
  }))
}

/**
 * Harmless, but worth saying: what planning noted, a map that emits nothing, members without a record in archives that have some, and files
 * of nothing but blank lines.
 */
export function notesOf(state: RunState): string[] {
  const empty = inputTotals(state).flatMap(({ path, kind, emptyMembers, records, rejected, bytes }) => {
    if (records > 0) return emptyMembers.map((member) => `${inputName(path, member)} holds no record.`)
    return kind === 'plain' && bytes > 0 && rejected === 0 ? [`${path} holds no record.`] : []
  })
  return [...state.plan.discovery.notes, ...unread(state.plan), ...nothingEmitted(state), ...empty]
}

/** A map that returns what it should emit is no error, and its result is empty. */
function nothingEmitted(state: RunState): string[] {
  const { records, emitted } = totalsOf(state)
  if (records === 0 || emitted > 0 || state.map.done < state.map.length) return []
  const calls = state.plan.job.description.tables.map(
    ({ name, kind }, _, { length }) =>
      `emit${length === 1 && name === 'result' ? '' : `.${name}`}(${kind === 'count' ? 'key' : 'key, value'})`,
  )
  return [
    `The map emitted nothing of ${countOf(records, 'record')}; a value that map returns is ignored: call ${calls[0]}.`,
  ]
}

/** Names of files that are shown of those that lie there and are not read. */
const unreadShownMax = 3

/** Files that lie among the inputs and are not read. Hidden ones are left out by everybody, and are not worth a word. */
function unread({ discovery }: RunState['plan']): string[] {
  const files = discovery.ignored.filter(({ reason }) => !reason.startsWith('is hidden'))
  if (files.length === 0) return []
  const shown = files.slice(0, unreadShownMax).map(({ path, reason }) => `${path} ${reason}`)
  const more =
    files.length > unreadShownMax ? `; and ${files.length - unreadShownMax} more, see --dry-run` : ''
  return [
    `${files.length === 1 ? 'One file is' : `${files.length} files are`} not read: ${shown.join('; ')}${more}.`,
  ]
}

/** Files that are not read to their end yet. */
export function openInputs(state: RunState): ReadonlySet<string> {
  const open = new Set<string>()
  for (const [index, task] of state.map.entries()) {
    if (task.kind === 'done') continue
    for (const split of splitsOf(state.plan, index)) open.add(split.path)
  }
  return open
}
