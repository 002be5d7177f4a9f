import { assertNever } from '../errors.ts'
import { type Split, saySplit, splitName } from '../input/index.ts'
import type { RunEvent } from './events.ts'
import type { RunState } from './state.ts'
import type { MissReason } from './store.ts'
import { parseTaskId, type Stage, taskId } from './task-id.ts'

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
    const own = state.plan.splits.slice(planned.firstSplit, planned.endSplit)
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

function collectNotes(events: readonly RunEvent[]): Map<string, Note[]> {
  const notes = new Map<string, Note[]>()
  const add = (task: string, note: Note): void => {
    notes.set(task, [...(notes.get(task) ?? []), note])
  }
  const running = new Map<string, readonly number[]>()
  const leave = (task: string, attempt: number): void => {
    running.set(
      task,
      (running.get(task) ?? []).filter((other) => other !== attempt),
    )
  }
  for (const event of events) {
    switch (event.type) {
      case 'map-reused':
        add(event.task, { kind: 'reused', run: event.run })
        break
      case 'attempt-started':
        running.set(event.task, [...(running.get(event.task) ?? []), event.attempt])
        if (event.beside !== undefined)
          add(event.task, {
            kind: 'trouble',
            attempt: null,
            text: `attempt ${event.beside} was slow, so attempt ${event.attempt} was begun beside it`,
          })
        break
      case 'attempt-superseded':
        add(event.task, { kind: 'trouble', attempt: event.attempt, text: 'another one was first' })
        break
      case 'attempt-failed':
        leave(event.task, event.attempt)
        add(event.task, { kind: 'trouble', attempt: event.attempt, text: event.fault.message })
        break
      case 'inputs-damaged':
        running.delete(event.task)
        add(event.task, {
          kind: 'trouble',
          attempt: event.attempt,
          text: event.splits[0]?.fault.message ?? 'an input is damaged',
        })
        break
      case 'output-lost':
        add(event.task, {
          kind: 'trouble',
          attempt: null,
          text: `what it wrote was lost: ${event.fault.message}`,
        })
        break
      case 'map-committed':
      case 'reduce-committed':
        running.delete(event.task)
        break
      case 'resumed':
        for (const [task, attempts] of running)
          for (const attempt of attempts)
            add(task, { kind: 'trouble', attempt, text: 'the run ended in the middle of it' })
        running.clear()
        break
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
        break
      default:
        assertNever(event)
    }
  }
  return notes
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
  const { kind = 'waiting', attempts = 0 } = state[stage].at(index) ?? {}
  const reused = notes.find((note) => note.kind === 'reused')
  const troubles = sayTroubles(notes.flatMap((note) => (note.kind === 'trouble' ? [note] : [])))
  const common = { task, stage, reads, attempts, troubles }
  if (kind === 'running') return { ...common, what: kind, why: troubles.join('; ') || (miss ?? '') }
  if (kind === 'waiting') {
    const isOpen = state.phase === 'map' || state.phase === 'reduce'
    const turn = isOpen ? 'its turn has not come' : 'the run ended before its turn came'
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
  'params-changed': 'the parameters changed',
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
  const planned = stage === 'map' ? plan.tasks[index] : undefined
  if (planned === undefined) return []
  return plan.splits.slice(planned.firstSplit, planned.endSplit).map(splitName)
}

function sayReads(splits: readonly Split[]): string {
  const [first] = splits
  const last = splits.at(-1)
  if (first === undefined || last === undefined) return 'nothing'
  return splits.length === 1 ? saySplit(first) : `${splitName(first)} to ${splitName(last)}`
}
