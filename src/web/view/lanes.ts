import { attemptId, beginsSession, type RunEvent } from '../../run/index.ts'
import type { LaneView, SpanView, TimelineView } from './views.ts'

/** Spans closer than this part of the whole time cannot be told apart. */
const apartMin = 1 / 300
/** Spans of all lanes together: each is sent again with every update. */
const spansMax = 600

interface Span {
  readonly attempt: string
  readonly task: string
  readonly from: number
  to: number | null
  how: SpanView['how']
}

/** What each seat was at, gathered event by event. Holds one session: what lies between two of them would dwarf both. */
export class Lanes {
  #from = 0
  #lastAt = 0
  readonly #lanes = new Map<number, Span[]>()
  readonly #open = new Map<string, Span>()

  observe(event: RunEvent): void {
    this.#lastAt = event.at
    if (beginsSession(event)) {
      this.#from = event.at
      this.#lanes.clear()
      this.#open.clear()
      return
    }
    switch (event.type) {
      case 'attempt-started':
        this.#begin(event.seat, event.task, attemptId(event.task, event.attempt), event.at)
        break
      case 'map-committed':
        this.#end(attemptId(event.task, event.attempt), 'map', event.at)
        break
      case 'reduce-committed':
        this.#end(attemptId(event.task, event.attempt), 'reduce', event.at)
        break
      case 'attempt-failed':
      case 'inputs-damaged':
        this.#end(attemptId(event.task, event.attempt), 'failed', event.at)
        break
      case 'attempt-superseded':
        this.#end(attemptId(event.task, event.attempt), 'given-up', event.at)
        break
      case 'interrupted':
      case 'failed':
        for (const attempt of [...this.#open.keys()]) this.#end(attempt, 'given-up', event.at)
        break
    }
  }

  /** Attempts at work now, with their seats. */
  get open(): readonly {
    readonly seat: number
    readonly attempt: string
    readonly task: string
    readonly from: number
  }[] {
    return [...this.#lanes].flatMap(([seat, spans]) => {
      const last = spans.at(-1)
      return last === undefined || last.to !== null ? [] : [{ seat, ...last }]
    })
  }

  /** @param now milliseconds since the epoch; null for a run that is not at work */
  view(now: number | null): TimelineView | null {
    if (this.#lanes.size === 0) return null
    const to = Math.max(now ?? this.#lastAt, this.#from + 1)
    const apart = Math.max(apartMin, this.#lanes.size / spansMax)
    const lanes = [...this.#lanes]
      .sort(([left], [right]) => left - right)
      .map(([seat, spans]) =>
        laneView(seat, now === null ? spans.map(givenUp) : spans, { from: this.#from, to, apart }),
      )
    return { from: this.#from, to, lanes }
  }

  #begin(seat: number, task: string, attempt: string, at: number): void {
    const span: Span = { attempt, task, from: at, to: null, how: 'running' }
    const lane = this.#lanes.get(seat)
    if (lane === undefined) this.#lanes.set(seat, [span])
    else lane.push(span)
    this.#open.set(attempt, span)
  }

  #end(attempt: string, how: SpanView['how'], at: number): void {
    const span = this.#open.get(attempt)
    if (span === undefined) return
    span.to = at
    span.how = how
    this.#open.delete(attempt)
  }
}

/** In a run that is not at work nothing is. */
function givenUp(span: Span): Span {
  return span.to === null ? { ...span, how: 'given-up' } : span
}

function laneView(
  seat: number,
  spans: readonly Span[],
  { from, to, apart }: { readonly from: number; readonly to: number; readonly apart: number },
): LaneView {
  const joined: (SpanView & { readonly count: number })[] = []
  for (const { task, how, ...span } of spans) {
    const start = (span.from - from) / (to - from)
    const end = ((span.to ?? to) - from) / (to - from)
    const last = joined.at(-1)
    if (last !== undefined && last.how === how && end - last.from < apart) {
      const count = last.count + 1
      joined[joined.length - 1] = { from: last.from, to: end, how, count, what: `${count} tasks` }
    } else joined.push({ from: start, to: end, how, what: task, count: 1 })
  }
  return {
    seat,
    spans: joined.map(({ from: start, to: end, how, what }) => ({
      from: rounded(start),
      to: rounded(end),
      how,
      what,
    })),
  }
}

/** No screen shows more of it. */
function rounded(part: number): number {
  return Math.round(part * 10_000) / 10_000
}
