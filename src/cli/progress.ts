import { readProcess, ticksPerSecond } from '../host/index.ts'
import { printable } from '../printable.ts'
import { countOf, showBytes, showCount, showDuration } from '../quantities.ts'
import { AnswerLooks } from '../result/index.ts'
import {
  type HowFar,
  howFar,
  type NoteEvent,
  Pace,
  type ProgressEvent,
  type RunDirectory,
  type RunEvent,
  type RunState,
  type RunTotals,
  type Standing,
  totalsOf,
  UnderWay,
} from '../run/index.ts'
import { type FrameFacts, joined, type LinePart, runFrame } from './run-frame.ts'
import type { Terminal } from './terminal.ts'

/** How often the lines on a terminal are drawn, and how often a line is written where there is none. */
const drawEveryMs = 250
const writeEveryMs = 15_000
/** How often the workers are looked at. */
const lookEveryMs = 1000
/** Rows of each table of the answer so far: no terminal shows more. */
const answerRows = 10

/** What is asked, now and then, of a run that is shown on a terminal. */
export interface RunSource {
  readonly directory: RunDirectory
  live(): Standing['live']
}

/** Follows a run and shows how far it is: some lines that are drawn again on a terminal, a line now and then without one. */
export class Progress {
  readonly #terminal: Terminal
  readonly #now: () => number
  readonly #startMs: number
  readonly #timer: NodeJS.Timeout
  readonly #underWay = new UnderWay()
  readonly #source: RunSource | null
  readonly #answers: AnswerLooks | null
  #crew: FrameFacts['crew'] = null
  #bottleneck: FrameFacts['bottleneck'] = null
  #cpuMs = 0
  #lookedAtMs = Number.NEGATIVE_INFINITY
  #pace: Pace | null = null
  #state: RunState | null = null
  #isWriting = false
  #totals: { readonly done: string; readonly totals: RunTotals } | null = null

  /**
   * Begins the session, and draws from then on by itself.
   *
   * @param source what more is shown on a terminal; null for how far it is alone
   * @param now milliseconds from any moment on, never going back
   * @param ageMs how long ago the session has begun, where it was not followed from its beginning
   */
  constructor(
    terminal: Terminal,
    source: RunSource | null = null,
    now = (): number => performance.now(),
    ageMs = 0,
  ) {
    this.#terminal = terminal
    this.#source = source
    this.#answers = source === null || !terminal.isLive ? null : new AnswerLooks(source.directory, answerRows)
    this.#now = now
    this.#startMs = now() - ageMs
    this.#timer = setInterval(() => this.draw(), terminal.isLive ? drawEveryMs : writeEveryMs)
    this.#timer.unref()
  }

  /** To be told every event of the run. */
  readonly observe = (event: RunEvent | ProgressEvent | NoteEvent, state: RunState): void => {
    this.#pace ??= new Pace(this.#startMs, totalsOf(state).readBytes)
    this.#state = state
    if (event.type === 'note') this.#terminal.say(printable(event.message))
    this.#underWay.observe(event)
  }

  /** Shows how far the run is; before its first event, and while its tables are written, nothing. */
  draw(): void {
    if (this.#state === null || this.#isWriting) return
    const facts = this.#factsOf(this.#state)
    if (this.#terminal.isLive) this.#terminal.status(runFrame(facts, this.#terminal))
    else this.#terminal.say(joined(facts.parts))
  }

  /** Says that the tables are being written, which nothing is told of until it is done. */
  showWriting(): void {
    if (!this.#terminal.isLive || this.#state === null) return
    this.#isWriting = true
    this.#terminal.status('writing the result')
  }

  /** Takes the lines away, for good. */
  end(): void {
    clearInterval(this.#timer)
    this.#answers?.end()
    this.#state = null
    this.#terminal.status(null)
  }

  #factsOf(state: RunState): FrameFacts {
    const elapsedMs = this.#now() - this.#startMs
    const totals = this.#totalsOf(state)
    const isMapping = state.phase === 'map' && totals.tasksDone < totals.tasks
    if (this.#terminal.isLive) this.#look(state)
    return {
      ...(isMapping ? this.#mapFacts(state, totals, elapsedMs) : reduceFacts(state, totals, elapsedMs)),
      crew: this.#crew,
      bottleneck: this.#bottleneck,
      answer: this.#answers?.answer(state, { elapsedMs, cpuMs: this.#cpuMs }) ?? null,
    }
  }

  /** To add up ten thousand tasks for each frame would take from the run. */
  #totalsOf(state: RunState): RunTotals {
    const done = `${state.phase} ${state.map.done} ${state.reduce.done}`
    if (this.#totals?.done !== done) this.#totals = { done, totals: totalsOf(state) }
    return this.#totals.totals
  }

  #look(state: RunState): void {
    const nowMs = this.#now()
    if (this.#source === null || nowMs - this.#lookedAtMs < lookEveryMs) return
    this.#lookedAtMs = nowMs
    const live = this.#source.live()
    this.#bottleneck = live?.bottleneck ?? null
    // Threads share a process, which is never paused.
    const processes = [...new Set((live?.workers ?? []).map(({ pid }) => pid))].flatMap(
      (pid) => readProcess(pid) ?? [],
    )
    const paused = processes.filter((entry) => entry.state === 'T').length
    this.#cpuMs = (1000 * processes.reduce((sum, { cpuTicks }) => sum + cpuTicks, 0)) / ticksPerSecond
    const atWork = state.map.running + state.reduce.running
    this.#crew = live === null ? null : { atWork, all: state.plan.workers, paused }
  }

  #mapFacts(state: RunState, totals: RunTotals, elapsedMs: number): Pick<FrameFacts, 'parts' | 'share'> {
    const { readBytes, records, rejected } = this.#underWay.addedTo(totals, state)
    const rates = this.#pace?.rates(this.#now(), readBytes) ?? null
    const { inputBytes } = totals
    const { percent, leftMs } = howFar({ inputBytes, readBytes, isOpen: true }, rates)
    const parts = [
      { text: `map ${String(percent).padStart(2)} %`, rank: 0 },
      { text: `${showBytes(readBytes)} of ${showBytes(inputBytes)}`, rank: 3 },
      ...(rates === null ? [] : [{ text: `${showBytes(Math.max(rates.recent, rates.whole))}/s`, rank: 4 }]),
      { text: `${showCount(records)} records`, rank: 5 },
      ...(rejected === 0 ? [] : [{ text: `${showCount(rejected)} rejected`, rank: 2 }]),
      { text: sayEnd(totals, { isRead: readBytes >= inputBytes, leftMs, elapsedMs }), rank: 1 },
    ]
    return { parts, share: percent / 100 }
  }
}

function reduceFacts(
  { plan: { partitions } }: RunState,
  { partitionsDone }: RunTotals,
  elapsedMs: number,
): Pick<FrameFacts, 'parts' | 'share'> {
  const parts: LinePart[] = [
    { text: `reduce  ${partitionsDone} of ${countOf(partitions, 'partition')}`, rank: 0 },
    { text: `${showDuration(elapsedMs)} so far`, rank: 1 },
  ]
  return { parts, share: partitions === 0 ? null : partitionsDone / partitions }
}

/** How long it may still take. */
function sayEnd(
  { tasks, tasksDone }: RunTotals,
  at: Pick<HowFar, 'leftMs'> & { readonly isRead: boolean; readonly elapsedMs: number },
): string {
  if (at.isRead) return `${countOf(tasks - tasksDone, 'task')} to finish`
  return at.leftMs === null ? `${showDuration(at.elapsedMs)} so far` : sayLeft(at.leftMs)
}

function sayLeft(leftMs: readonly number[]): string {
  const [least, most] = leftMs.map(sayTime)
  return least === most ? `${least} left` : `${least} to ${most} left`
}

function sayTime(ms: number): string {
  return ms < 1000 ? 'under 1 s' : showDuration(ms)
}
