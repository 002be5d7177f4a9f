import { assertNever } from '../../errors.ts'
import { type Split, saySplit, splitName } from '../../input/index.ts'
import type { RunEvent } from '../journal/events.ts'
import { splitsOf } from '../plan/plan.ts'
import { isOpen, type RunState } from '../state/state.ts'
import { parseTaskId, type Stage, taskId } from '../state/task-id.ts'
import type { MissReason } from './task-identity.ts'

/** What became of one task, and why. Plain data. */
export interface TaskStory {
  readonly task: string
  readonly stage: Stage
  /** What it reads: `path`, `path!member`, or with more than one `first to last`; `partition N` for a reduce task. */
  readonly reads: string
  readonly what: 'reused' | 'ran' | 'ran-again' | 'running' | 'waiting'
  /** Attempts that were begun. */
  readonly attempts: number
  /** Whole clause: `kept by run …`, `nothing was kept of it`, `attempt 1: …`. */
  readonly why: string
  /** What it met besides its commit, each a clause, in the order it happened; neighbours of one kind as one: `attempts 2 to 5: …`. */
  readonly troubles: readonly string[]
}

/** Tells of every task whether it ran, was reused or ran again, and why. Pure. Cost: one pass over the events. */
export function explainTasks(state: RunState, events: readonly RunEvent[]): TaskStory[] {
  const notes = collectNotes(events)
  const map = state.plan.tasks.map((planned, index) => {
    const task = taskId('map', index)
    const own = splitsOf(state.plan, index)
    const miss = planned.reuse.kind === 'run' ? sayMiss(planned.reuse.why) : null
    return story(state, { task, stage: 'map', index, reads: sayReads(own), miss }, notes.get(task) ?? [])
  })
  const reduce = state.reduce.toArray().map((_, index) => {
    const task = taskId('reduce', index)
    const about = { task, stage: 'reduce', index, reads: `partition ${index}`, miss: null } as const
    return story(state, about, notes.get(task) ?? [])
  })
  return [...map, ...reduce]
}

/** What happened to a task besides its commit. */
type Note = { readonly kind: 'reused'; readonly run: string } | Trouble

/** An attempt that came to nothing, and why; without one where it is the task's output that was lost. */
interface Trouble {
  readonly kind: 'trouble'
  readonly attempt: number | null
  readonly text: string
}

/** By task, in the order it happened. */
function collectNotes(events: readonly RunEvent[]): Map<string, Note[]> {
  const notes = new Map<string, Note[]>()
  const atWork: AttemptsAtWork = new Map()
  for (const event of events) {
    const found = event.type === 'resumed' ? cutOff(atWork) : notesOf(event)
    for (const { task, note } of found) notes.set(task, [...(notes.get(task) ?? []), note])
    follow(atWork, event)
  }
  return notes
}

interface TaskNote {
  readonly task: string
  readonly note: Note
}

function trouble(task: string, attempt: number | null, text: string): TaskNote[] {
  return [{ task, note: { kind: 'trouble', attempt, text } }]
}

/** What one event tells by itself. */
function notesOf(event: Exclude<RunEvent, { type: 'resumed' }>): TaskNote[] {
  switch (event.type) {
    case 'map-reused':
      return [{ task: event.task, note: { kind: 'reused', run: event.run } }]
    case 'attempt-started': {
      const { task, attempt, beside } = event
      const text = `attempt ${beside} was slow, so attempt ${attempt} was begun beside it`
      return beside === undefined ? [] : trouble(task, null, text)
    }
    case 'attempt-superseded':
      return trouble(event.task, event.attempt, 'another one was first')
    case 'attempt-failed':
      return trouble(event.task, event.attempt, event.fault.message)
    case 'inputs-damaged':
      return trouble(event.task, event.attempt, event.splits[0]?.fault.message ?? 'an input is damaged')
    case 'output-lost':
      return trouble(event.task, null, `what it wrote was lost: ${event.fault.message}`)
    case 'map-committed':
    case 'reduce-committed':
    case 'planned':
    case 'map-stage-ended':
    case 'result-committed':
    case 'refused':
    case 'failed':
    case 'interrupted':
    case 'spark-started':
    case 'executor-came':
    case 'executor-lost':
    case 'shuffled':
      return []
    default:
      return assertNever(event)
  }
}

/** Attempts that were begun and have not ended, by task. */
type AttemptsAtWork = Map<string, readonly number[]>

/** What was at work when a session ended comes to nothing, without an event that says so. */
function cutOff(atWork: AttemptsAtWork): TaskNote[] {
  return [...atWork].flatMap(([task, attempts]) =>
    attempts.flatMap((attempt) => trouble(task, attempt, 'the run ended in the middle of it')),
  )
}

function follow(atWork: AttemptsAtWork, event: RunEvent): void {
  switch (event.type) {
    case 'attempt-started':
      atWork.set(event.task, [...(atWork.get(event.task) ?? []), event.attempt])
      break
    case 'attempt-failed':
    case 'attempt-superseded':
      atWork.set(
        event.task,
        (atWork.get(event.task) ?? []).filter((other) => other !== event.attempt),
      )
      break
    case 'inputs-damaged':
    case 'map-committed':
    case 'reduce-committed':
      atWork.delete(event.task)
      break
    case 'resumed':
      atWork.clear()
      break
  }
}

function story(
  state: RunState,
  about: {
    readonly task: string
    readonly stage: Stage
    readonly index: number
    readonly reads: string
    readonly miss: string | null
  },
  notes: readonly Note[],
): TaskStory {
  const { task, stage, index, reads, miss } = about
  const { kind, attempts } = state[stage].at(index)!
  const reused = notes.find((note) => note.kind === 'reused')
  const troubles = sayTroubles(notes.flatMap((note) => (note.kind === 'trouble' ? [note] : [])))
  const common = { task, stage, reads, attempts, troubles }
  if (kind === 'running') return { ...common, what: kind, why: troubles.join('; ') || (miss ?? '') }
  if (kind === 'waiting') {
    const turn = isOpen(state.phase) ? 'its turn has not come' : 'the run ended before its turn came'
    return { ...common, what: kind, why: troubles.join('; ') || turn }
  }
  if (troubles.length > 0) return { ...common, what: 'ran-again', why: troubles.join('; ') }
  if (reused !== undefined) return { ...common, what: 'reused', why: `kept by run ${reused.run}` }
  return { ...common, what: 'ran', why: miss ?? 'reduce tasks are always done' }
}

/** Attempts one after another that came to nothing for one reason are one clause. */
function sayTroubles(troubles: readonly Trouble[]): string[] {
  const clauses: string[] = []
  for (let at = 0; at < troubles.length; ) {
    const { attempt, text } = troubles[at] as Trouble
    let end = at + 1
    while (attempt !== null && troubles[end]?.text === text && troubles[end]?.attempt === attempt + end - at)
      end += 1
    if (attempt === null) clauses.push(text)
    else if (end === at + 1) clauses.push(`attempt ${attempt}: ${text}`)
    else clauses.push(`attempts ${attempt} to ${attempt + end - at - 1}: ${text}`)
    at = end
  }
  return clauses
}

const missWords: Readonly<Record<MissReason, string>> = {
  new: 'nothing was kept of it before',
  'code-changed': 'the code of the job changed',
  'tallyman-changed': 'another version of tallyman kept it',
  'surroundings-changed': 'it was kept under another time zone or language',
  'params-changed': 'the parameters changed',
  'side-file-changed': 'a file that the job reads itself was written to or replaced',
  'seen-from-elsewhere':
    'it was kept in another folder, or in containers or outside of them, where files that the job reads may be others',
  'input-changed': 'the input was written to or replaced',
  'partitions-changed': 'the run has another number of partitions',
  'on-spark': 'tasks on Spark use nothing that was kept',
  cleaned: 'what was kept of it is not there any more',
  'not-wanted': 'the run was told not to use what was kept',
}

/** Why nothing that was kept takes the place of a task, as a clause. */
export function sayMiss(why: MissReason): string {
  return missWords[why]
}

/** Every file and archive member that a map task reads, as `path` or `path!member`; none for a reduce task. */
export function namesReadBy({ plan }: RunState, task: string): string[] {
  const { stage, index } = parseTaskId(task)
  return stage === 'map' ? splitsOf(plan, index).map(splitName) : []
}

function sayReads(splits: readonly Split[]): string {
  const [first] = splits
  const last = splits.at(-1)
  if (first === undefined || last === undefined) return 'nothing'
  return splits.length === 1 ? saySplit(first) : `${splitName(first)} to ${splitName(last)}`
}
