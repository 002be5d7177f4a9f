import { printable } from '../printable.ts'
import { countOf, showBytes, showCount, showDuration } from '../quantities.ts'
import {
  inputBytesOf,
  type NoteEvent,
  Pace,
  type ProgressEvent,
  type Rates,
  type RunEvent,
  type RunState,
  type RunTotals,
  timeLeft,
  totalsOf,
} from '../run/index.ts'
import { clip, widthOf } from './cells.ts'
import type { Terminal } from './terminal.ts'

/** How often the line on a terminal is drawn, and how often a line is written where there is none. */
const drawEveryMs = 200
const writeEveryMs = 15_000

/** A part of the line; where the terminal is too narrow for all of them, those of the highest rank are left out first. */
interface Part {
  readonly text: string
  readonly rank: number
}

/** Follows a run and shows how far it is: a line that is drawn again on a terminal, a line now and then without one. */
export class Progress {
  readonly #terminal: Terminal
  readonly #now: () => number
  readonly #startMs: number
  readonly #timer: NodeJS.Timeout
  readonly #running = new Map<string, ProgressEvent>()
  #pace: Pace | null = null
  #state: RunState | null = null

  /**
   * Begins the session, and draws from then on by itself.
   *
   * @param now milliseconds from any moment on, never going back
   * @param ageMs how long ago the session has begun, where it was not followed from its beginning
   */
  constructor(terminal: Terminal, now = (): number => performance.now(), ageMs = 0) {
    this.#terminal = terminal
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
    else if (event.type === 'progress') this.#running.set(event.task, event)
    else if ('task' in event) this.#running.delete(event.task)
  }

  /** Shows how far the run is; before its first event, nothing. */
  draw(): void {
    if (this.#state === null) return
    this.#show(this.#partsOf(this.#state))
  }

  /** Says that the tables are being written, which nothing is told of until it is done. */
  showWriting(): void {
    if (this.#terminal.isLive && this.#state !== null) this.#show([{ text: 'writing the result', rank: 0 }])
  }

  /** Takes the line away, for good. */
  end(): void {
    clearInterval(this.#timer)
    this.#state = null
    this.#terminal.status(null)
  }

  #show(parts: readonly Part[]): void {
    const { isLive, columns } = this.#terminal
    if (isLive) this.#terminal.status(fitted(parts, columns - 1))
    else this.#terminal.say(joined(parts))
  }

  #partsOf(state: RunState): Part[] {
    const elapsedMs = this.#now() - this.#startMs
    const totals = totalsOf(state)
    if (state.phase !== 'map' || totals.tasksDone === totals.tasks) {
      const partitions = countOf(state.plan.partitions, 'partition')
      return [
        { text: `reduce  ${totals.partitionsDone} of ${partitions}`, rank: 0 },
        { text: `${showDuration(elapsedMs)} so far`, rank: 1 },
      ]
    }
    return this.#mapParts(state, totals, elapsedMs)
  }

  #mapParts(state: RunState, totals: RunTotals, elapsedMs: number): Part[] {
    let { readBytes, records, rejected } = totals
    for (const event of this.#running.values()) {
      readBytes += Math.min(event.readBytes, inputBytesOf(state, event.task))
      records += event.records
      rejected += event.rejected
    }
    const rates = this.#pace?.rates(this.#now(), readBytes) ?? null
    const left = totals.inputBytes - readBytes
    const percent = left <= 0 ? 99 : Math.floor((100 * readBytes) / totals.inputBytes)
    return [
      { text: `map ${String(percent).padStart(2)} %`, rank: 0 },
      { text: `${showBytes(readBytes)} of ${showBytes(totals.inputBytes)}`, rank: 3 },
      ...(rates === null ? [] : [{ text: `${showBytes(Math.max(rates.recent, rates.whole))}/s`, rank: 4 }]),
      { text: `${showCount(records)} records`, rank: 5 },
      ...(rejected === 0 ? [] : [{ text: `${showCount(rejected)} rejected`, rank: 2 }]),
      { text: sayEnd(totals, { left, rates, elapsedMs }), rank: 1 },
    ]
  }
}

function joined(parts: readonly Part[]): string {
  return parts.map(({ text }) => text).join(' · ')
}

/** As many parts as fit. */
function fitted(parts: readonly Part[], width: number): string {
  let kept = parts
  while (kept.length > 1 && widthOf(joined(kept)) > width) {
    const last = Math.max(...kept.map(({ rank }) => rank))
    kept = kept.filter(({ rank }) => rank !== last)
  }
  return clip(joined(kept), width)
}

/** How long it may still take. What is read is not mapped yet, so for the last tasks no time can be told. */
function sayEnd(
  { tasks, tasksDone }: RunTotals,
  at: { readonly left: number; readonly rates: Rates | null; readonly elapsedMs: number },
): string {
  if (at.left <= 0) return `${countOf(tasks - tasksDone, 'task')} to finish`
  return at.rates === null ? `${showDuration(at.elapsedMs)} so far` : sayLeft(at.left, at.rates)
}

function sayLeft(bytes: number, rates: Rates): string {
  const [least, most] = timeLeft(bytes, rates).map(sayTime)
  return least === most ? `${least} left` : `${least} to ${most} left`
}

function sayTime(ms: number): string {
  return ms < 1000 ? 'under 1 s' : showDuration(ms)
}
