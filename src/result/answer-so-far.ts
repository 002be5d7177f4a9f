import { rmSync } from 'node:fs'
import { scratchFolder } from '../host/index.ts'
import { countOf, showCount } from '../quantities.ts'
import { canonicalJson } from '../record/index.ts'
import { type RunDirectory, type RunState, reduceSoFar, totalsOf } from '../run/index.ts'
import type { RowTexts } from './canonical-row.ts'
import type { Drawing } from './chart/drawing.ts'
import type { NotDrawn } from './chart/refused-chart.ts'
import { chartsSoFar } from './charts-so-far.ts'
import { elementsOf } from './columns/key-columns.ts'
import { partRows } from './part-rows.ts'
import { LargestRows } from './top-rows.ts'

/** What a run's tables would hold by now, were it to end here. It is no result. */
export interface AnswerSoFar {
  /** Map tasks it rests on, and all there are. */
  readonly tasks: number
  readonly tasksOf: number
  /** Bytes of the input on disk it rests on, and all there are. */
  readonly readBytes: number
  readonly inputBytes: number
  /** Partitions that were looked at: each key is in one of them, and it is chance in which. */
  readonly partitions: number
  readonly partitionsOf: number
  readonly tables: readonly TableSoFar[]
  /** The charts of the job as they would be by now; none where not all partitions were looked at. */
  readonly charts: readonly (Drawing | NotDrawn)[]
}

/** What is shown of a table that is not done. */
export interface TableSoFar {
  readonly name: string
  /** Rows of the partitions that were looked at. */
  readonly rows: number
  /** Those with the largest values, largest first; values that are no numbers come last, in key order. */
  readonly top: readonly RowTexts[]
}

/** What it rests on: `12 of 40 map tasks, 31 % of the input`. */
export function sayRestsOn({
  tasks,
  tasksOf,
  readBytes,
  inputBytes,
}: Pick<AnswerSoFar, 'tasks' | 'tasksOf' | 'readBytes' | 'inputBytes'>): string {
  const share = inputBytes === 0 ? 100 : Math.floor((100 * readBytes) / inputBytes)
  return `${showCount(tasks)} of ${countOf(tasksOf, 'map task')}, ${share} % of the input`
}

/** More than this is not read for a look. */
const spillBytesMax = 64 * 2 ** 20
/** Not even of one partition. */
const partitionBytesMax = 4 * spillBytesMax

/**
 * Reduces what a run that is at work has mapped so far. The run is not touched; another process, niced as the run's are, does it within half a gigabyte. Of
 * much only the first partitions are looked at.
 *
 * @param stop aborted to give it up
 * @returns null where nothing is mapped yet, where it is too much, or where it did not come off
 */
export async function answerSoFar(
  directory: RunDirectory,
  state: RunState,
  rowsMax: number,
  stop: AbortSignal = new AbortController().signal,
): Promise<AnswerSoFar | null> {
  const { partitions: partitionsOf, job } = state.plan
  const totals = totalsOf(state)
  const spilled = spilledBytes(state)
  if (totals.tasksDone === 0 || spilled / partitionsOf > partitionBytesMax) return null
  const partitions = Math.max(
    1,
    Math.min(partitionsOf, Math.floor((partitionsOf * spillBytesMax) / Math.max(1, spilled))),
  )
  const scratch = scratchFolder('so-far')
  try {
    const parts = await reduceSoFar(directory, state, { scratch, partitions, stop })
    if (parts === null) return null
    const { tasksDone: tasks, tasks: tasksOf, readBytes, inputBytes } = totals
    const tables = job.description.tables.map(({ name }) =>
      tableOf(
        name,
        parts.filter(({ table }) => table === name).map(({ file }) => file),
        rowsMax,
      ),
    )
    const answer = { tasks, tasksOf, readBytes, inputBytes, partitions, partitionsOf, tables }
    const charts =
      partitions < partitionsOf ? [] : await chartsSoFar(directory, state, parts, sayRestsOn(answer))
    return { ...answer, charts }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function spilledBytes(state: RunState): number {
  let sum = 0
  for (const task of state.map)
    if (task.kind === 'done') for (const { bytes } of task.report.spills) sum += bytes
  return sum
}

function tableOf(name: string, files: readonly string[], rowsMax: number): TableSoFar {
  const largest = new LargestRows(rowsMax)
  let rows = 0
  for (const { key, valueJson } of partRows(files)) {
    rows += 1
    const number = Number(valueJson)
    largest.add({ key, value: valueJson }, Number.isNaN(number) ? undefined : number)
  }
  const top = largest.rows().map(({ key, value }) => ({
    key: elementsOf(key).map((element) => canonicalJson(element)),
    value: String(value),
  }))
  return { name, rows, top }
}
