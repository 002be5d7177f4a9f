/** What must hold of every run, whatever happens to it. Each check throws with what does not. */
import { isDeepStrictEqual } from 'node:util'
import type { RunEvent, RunState } from '../../src/run/index.ts'
import { totalsOf } from '../../src/run/index.ts'
import { type Decision, decide } from '../../src/run/state/decide.ts'
import type { EndedAttempt } from '../../src/run/state/settle.ts'
import { apply, initialState } from '../../src/run/state/state.ts'
import { attemptId, taskId } from '../../src/run/state/task-id.ts'
import type { OpenTask } from '../../src/run/state/task-state.ts'
import { type SimulatedAttempt, splitsOf } from './attempt.ts'
import type { SimulatedDisk } from './disk.ts'
import type { World } from './world.ts'

/** @param what as a function where it is asked so often that to put it in words each time would cost more than to look */
function hold(condition: boolean, what: string | (() => string)): asserts condition {
  if (!condition) throw new Error(typeof what === 'string' ? what : what())
}

const stages = ['map', 'reduce'] as const

export class Invariants {
  readonly #world: World
  readonly #disk: SimulatedDisk

  constructor(world: World, disk: SimulatedDisk) {
    this.#world = world
    this.#disk = disk
  }

  /** One commit a task, and nothing that is committed begun again, unless it was lost; attempts counted one by one. */
  checkEvent(event: RunEvent, before: RunState, after: RunState): void {
    if (!('task' in event)) return
    const [was, is] = [taskOf(before, event.task), taskOf(after, event.task)]
    const isCommit = event.type.endsWith('-committed') || event.type === 'map-reused'
    if (isCommit) {
      hold(was?.kind !== 'done', () => `${event.task} is committed twice.`)
      hold(is?.kind === 'done', () => `${event.task} is committed and not done.`)
      hold(
        typeof this.#disk.committed.get(event.task) === 'string',
        `${event.task} is journaled before its files are there.`,
      )
    } else if (was?.kind === 'done' && is?.kind !== 'done') {
      const isFickle = event.type === 'attempt-failed' && event.fault.code === 'not-deterministic'
      hold(event.type === 'output-lost' || isFickle, () => `${event.task} is taken back by ${event.type}.`)
    }
    if (event.type === 'attempt-started') {
      hold(was?.kind !== 'done', () => `${event.task} is begun although it is done.`)
      hold(event.attempt === (was?.attempts ?? 0) + 1, () => `${event.task} begins attempt ${event.attempt}.`)
    }
    if (is === undefined || is.kind === 'done') return
    // Of two that are at work at once both may fail for good before anybody decides.
    const chargedMax = this.#world.plan.attemptsMax + (is.isDoubled ? 1 : 0)
    hold(is.charged <= chargedMax, () => `${event.task} is charged ${is.charged} times.`)
  }

  checkDecision(
    state: RunState,
    decision: Decision,
    { freeSeats, spareAt }: { readonly freeSeats: number; readonly spareAt: number | null },
  ): void {
    hold(
      isDeepStrictEqual(decide(state, freeSeats, spareAt), decision),
      'The same state is decided in two ways.',
    )
    if (decision.kind !== 'start') return
    hold(freeSeats > 0, 'An attempt is begun without a seat.')
    const task = taskOf(state, decision.task)
    hold(
      task?.kind === (decision.beside === undefined ? 'waiting' : 'running'),
      `${decision.task} is begun out of turn.`,
    )
    if (decision.beside === undefined) return
    hold(spareAt !== null && state.plan.speculates, 'An attempt is begun that may not be.')
    const isAnyWaiting = state[decision.stage].toArray().some(({ kind }) => kind === 'waiting')
    hold(!isAnyWaiting, () => `${decision.task} is begun a second time while others wait.`)
  }

  /** The state knows of each attempt that is at work, but for those that were told to end. */
  checkRunning(
    state: RunState,
    running: readonly SimulatedAttempt[],
    ended: readonly EndedAttempt[] = [],
  ): void {
    hold(running.length <= this.#world.plan.workers, () => `${running.length} attempts are at work.`)
    const there = new Set([
      ...running.map(({ id }) => id),
      ...ended.map(({ task, attempt }) => attemptId(task, attempt)),
    ])
    for (const stage of stages)
      for (const { start, tasks } of state[stage].chunks)
        for (const [place, task] of tasks.entries())
          if (task.kind !== 'done') checkOpen(taskId(stage, start + place), task, there)
    const isAlone = running.some(({ begun }) => begun.care.alone)
    hold(!isAlone || running.length === 1, 'What has to be alone is not.')
  }

  /** What was journaled gives the state that was lost. */
  checkReplay(state: RunState): void {
    const replayed = this.#disk.journal.reduce(apply, initialState(this.#world.plan))
    hold(isDeepStrictEqual(replayed, state), 'The journal gives another state than the run had.')
  }

  proven(state: RunState): Set<string> {
    return new Set(
      stages.flatMap((stage) =>
        state[stage].toArray().flatMap(({ kind }, index) => (kind === 'done' ? [taskId(stage, index)] : [])),
      ),
    )
  }

  /** Nothing is lost, nothing is mixed: each part is made of what every map task wrote, as the job and its inputs are. */
  checkResult(state: RunState): void {
    hold(
      state.phase === 'reduce' && state.mapStageEnded,
      () => `A result is written in phase ${state.phase}.`,
    )
    const contents = state.map.toArray().map((task, index) => {
      hold(task.kind === 'done', () => `${taskId('map', index)} is missing in the result.`)
      const skip = task.trouble?.skip ?? []
      return this.#world.mapOutput(index, task.attempt, splitsOf(state, index), skip).content
    })
    for (const index of state.reduce.toArray().keys()) {
      const { content } = this.#world.reduceOutput(index, contents)
      const written = this.#disk.committed.get(taskId('reduce', index))
      hold(written === content, () => `Partition ${index} holds ${written}, not ${content}.`)
    }
    hold(this.#disk.attempts.size === 0, 'Attempts have left something behind.')
    this.#checkCounters(state)
  }

  /** Counters are those of committed attempts, each once. */
  #checkCounters(state: RunState): void {
    const read = this.#world.plan.splits.filter(({ ordinal }) => !state.damaged.has(ordinal)).length
    const { counters, records, rejected } = totalsOf(state)
    hold((counters.seen ?? 0) === read, () => `${counters.seen} splits were counted, of ${read}.`)
    hold(
      records + rejected === 10 * read,
      () => `${records + rejected} records were counted in ${read} splits.`,
    )
  }

  /** After the storm a run whose job is sound comes to a result; any other one says why it does not. */
  checkEnd(state: RunState): void {
    const why = `${state.phase}: ${state.fault?.message ?? state.shortfalls.map(({ message }) => message).join('; ')}`
    if (state.phase === 'complete') hold(state.result !== null, 'A complete run has no result.')
    else hold(!this.#world.isSound, () => `A sound run ended as ${why}`)
    if (state.phase !== 'complete')
      hold(state.phase === 'failed' && state.fault !== null, () => `The run ended as ${why}`)
  }
}

/** A task that is not done has the attempts that its state says, and each of them is there. */
function checkOpen(id: string, { kind, running }: OpenTask<unknown>, there: ReadonlySet<string>): void {
  hold((kind === 'running') === running.length > 0, () => `${id} is ${kind} wrongly.`)
  hold(running.length <= 2, () => `${id} has ${running.length} attempts.`)
  for (const { attempt } of running) hold(there.has(attemptId(id, attempt)), () => `${id} waits for nothing.`)
}

function taskOf(state: RunState, id: string) {
  const stage = id.startsWith('map-') ? 'map' : 'reduce'
  return state[stage].at(Number(id.slice(stage.length + 1)))
}
