import { TallymanError } from '../../errors.ts'

/** The two stages of a run. */
export type Stage = 'map' | 'reduce'

/** Names of tasks, `map-00012`, and of attempts, `map-00012.1`: of journal lines and of folders. Attempts count from 1. */
export function taskId(stage: Stage, index: number): string {
  return `${stage}-${String(index).padStart(5, '0')}`
}

/** `map-00012.1` for the first attempt at `map-00012`. */
export function attemptId(task: string, attempt: number): string {
  return `${task}.${attempt}`
}

/** The map task that this is an attempt at. Null for any other text: it may be what a worker says. */
export function mapTaskOf(attempt: string): string | null {
  return /^(map-\d+)\.\d+$/.exec(attempt)?.[1] ?? null
}

/** The inverse of `taskId`. Throws `internal` for any other text, the name of an attempt included. */
export function parseTaskId(id: string): { readonly stage: Stage; readonly index: number } {
  const match = /^(map|reduce)-(\d+)$/.exec(id)
  if (match === null) throw new TallymanError('internal', `"${id}" is no name of a task.`)
  return { stage: match[1] as Stage, index: Number(match[2]) }
}
