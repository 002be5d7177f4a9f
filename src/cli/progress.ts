import type { ProgressEvent, RunEvent, RunState } from '../run/index.ts'
import { totalsOf } from '../run/index.ts'
import { clip } from './printable.ts'
import { countOf, showBytes, showCount, showDuration } from './quantities.ts'
import type { Terminal } from './terminal.ts'

/** How often the line on a terminal is drawn, and how often a line is written where there is none. */
const drawEveryMs = 100
const writeEveryMs = 15_000
/** The recent rate is taken over so long. */
const recentMs = 15_000

/** What has been read at one moment of this session. */
interface Sample {
  readonly atMs: number
  readonly readBytes: number
}

/** Follows a run and shows how far it is: a line that is drawn again on a terminal, a line now and then without one. */
export class Progress {
  readonly #terminal: Terminal
  readonly #startMs = performance.now()
  #startReadBytes: number | null = null
  readonly #running = new Map<string, ProgressEvent>()
  readonly #samples: Sample[] = []
  #shownMs: number
  #state: RunState | null = null

  constructor(terminal: Terminal) {
    this.#terminal = terminal
    this.#shownMs = this.#startMs
  }

  /** To be told every event of the run. */
  readonly observe = (event: RunEvent | ProgressEvent, state: RunState): void => {
    this.#state = state
    if (event.type === 'progress') this.#running.set(event.task, event)
    else if ('task' in event) this.#running.delete(event.task)
    const everyMs = this.#terminal.isLive ? drawEveryMs : writeEveryMs
    const nowMs = performance.now()
    if (nowMs - this.#shownMs < everyMs) return
    this.#shownMs = nowMs
    const line = this.#line(state, nowMs)
    if (this.#terminal.isLive) this.#terminal.status(clip(line, this.#terminal.columns - 1))
    else this.#terminal.say(line)
  }

  /** Takes the line away. */
  end(): void {
    this.#terminal.status(null)
  }

  /** Milliseconds since this session began. */
  get elapsedMs(): number {
    return performance.now() - this.#startMs
  }

  /** Bytes from disk a second in this session. */
  get readBytesPerSecond(): number {
    if (this.#state === null) return 0
    return (this.#readBytes(this.#state) - (this.#startReadBytes ?? 0)) / (this.elapsedMs / 1000)
  }

  #readBytes(state: RunState): number {
    let bytes = totalsOf(state).readBytes
    for (const { readBytes } of this.#running.values()) bytes += readBytes
    return bytes
  }

  #line(state: RunState, nowMs: number): string {
    const totals = totalsOf(state)
    if (state.phase === 'reduce' || totals.tasksDone === totals.tasks) {
      return `reduce  ${totals.partitionsDone} of ${countOf(state.plan.partitions, 'partition')}`
    }
    let { readBytes, records, rejected } = totals
    for (const event of this.#running.values()) {
      readBytes += event.readBytes
      records += event.records
      rejected += event.rejected
    }
    this.#startReadBytes ??= totals.readBytes
    this.#samples.push({ atMs: nowMs, readBytes })
    while (this.#samples.length > 2 && nowMs - (this.#samples[0]?.atMs ?? nowMs) > recentMs)
      this.#samples.shift()
    const percent = totals.inputBytes === 0 ? 100 : Math.floor((100 * readBytes) / totals.inputBytes)
    const rates = this.#rates(nowMs, readBytes)
    return [
      `map ${String(Math.min(percent, 100)).padStart(3)} %  ${showBytes(readBytes)} of ${showBytes(totals.inputBytes)}`,
      `${showBytes(Math.max(...rates, 0))}/s`,
      `${showCount(records)} records`,
      ...(rejected === 0 ? [] : [`${showCount(rejected)} rejected`]),
      leftOf(totals.inputBytes - readBytes, rates),
    ].join(' · ')
  }

  /** Bytes a second: over the whole session and over its last seconds. */
  #rates(nowMs: number, readBytes: number): number[] {
    const whole = rate(readBytes - (this.#startReadBytes ?? 0), nowMs - this.#startMs)
    const first = this.#samples[0]
    const recent = first === undefined ? 0 : rate(readBytes - first.readBytes, nowMs - first.atMs)
    return [recent, whole].filter((bytesPerSecond) => bytesPerSecond > 0)
  }
}

function rate(bytes: number, ms: number): number {
  return ms <= 0 ? 0 : bytes / (ms / 1000)
}

/** A range, since what is left may go at the recent rate or at the session's. */
function leftOf(bytes: number, rates: readonly number[]): string {
  if (rates.length === 0) return 'time left unknown'
  const times = rates.map((bytesPerSecond) => (1000 * Math.max(0, bytes)) / bytesPerSecond)
  const [least, most] = [showDuration(Math.min(...times)), showDuration(Math.max(...times))]
  return least === most ? `${least} left` : `${least} to ${most} left`
}
