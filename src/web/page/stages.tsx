import type { JSX } from 'preact'
import { countOf, showCount, showDuration } from '../../quantities.ts'
import type { LaneView, SpanView, StageView, TimelineView } from '../view/views.ts'

const words: Readonly<Record<string, string>> = {
  '.': 'waiting',
  r: 'running',
  d: 'done',
  u: 'reused',
  a: 'done after trouble',
  x: 'in trouble',
}

/** Cells of one row of the grid. */
const across = 50
const size = 16
const gap = 2

/** Neighbours that stand alike are drawn as one shape. */
interface Stretch {
  readonly letter: string
  readonly start: number
  readonly length: number
}

function stretchesOf(row: string): Stretch[] {
  return [...row.matchAll(/(.)\1*/g)].map((match) => ({
    letter: match[1] ?? '.',
    start: match.index,
    length: match[0].length,
  }))
}

/** How the tasks of a stage stand, as a grid in their order. */
export function Stage({ stage }: { readonly stage: StageView }): JSX.Element {
  const { name, tasks, done, running, cells, tasksPerCell } = stage
  const rows = Array.from({ length: Math.ceil(cells.length / across) }, (_, row) =>
    cells.slice(row * across, (row + 1) * across),
  )
  const letters = [...'.rduax'].filter((letter) => cells.includes(letter))
  const said = `${showCount(done)} of ${countOf(tasks, `${name} task`)} done${running === 0 ? '' : `, ${showCount(running)} running`}`
  return (
    <figure class="stage">
      <figcaption>
        {said}
        {tasksPerCell === 1
          ? null
          : `; a square is ${countOf(tasksPerCell, 'task')} and shows the worst of them`}
      </figcaption>
      <svg
        class="grid"
        viewBox={`0 0 ${across * size} ${Math.max(1, rows.length) * size}`}
        role="img"
        aria-label={`${name} stage: ${said}`}
      >
        {rows.map((row, line) =>
          stretchesOf(row).map(({ letter, start, length }) => (
            <path
              key={`${line}-${start}`}
              class={`cell ${className(letter)}`}
              d={squares(start, length, line)}
            />
          )),
        )}
      </svg>
      <Legend keys={letters.map((letter) => [`cell ${className(letter)}`, words[letter] ?? ''])} />
    </figure>
  )
}

/** What colours stand for, by their classes. */
function Legend({ keys }: { readonly keys: readonly (readonly [string, string])[] }): JSX.Element {
  return (
    <p class="legend" aria-hidden="true">
      {keys.map(([name, said]) => (
        <span key={name}>
          <svg class="key" viewBox="0 0 12 12" aria-hidden="true">
            <rect class={name} width="12" height="12" />
          </svg>
          {said}
        </span>
      ))}
    </p>
  )
}

function className(letter: string): string {
  return letter === '.' ? 'waiting' : (words[letter] ?? '').split(' ').join('-')
}

function squares(start: number, length: number, line: number): string {
  const side = size - gap
  return Array.from(
    { length },
    (_, index) => `M${(start + index) * size} ${line * size}h${side}v${side}h-${side}z`,
  ).join('')
}

const laneHeight = 18

const spanKinds: readonly (readonly [SpanView['how'], string])[] = [
  ['running', 'at work'],
  ['map', 'map task done'],
  ['reduce', 'reduce task done'],
  ['failed', 'failed'],
  ['given-up', 'given up'],
]

/** One lane a worker: what it was at, and when. */
export function Timeline({ timeline }: { readonly timeline: TimelineView }): JSX.Element {
  const { from, to, lanes } = timeline
  return (
    <figure class="timeline">
      <figcaption>What each worker was at, over {showDuration(to - from)}</figcaption>
      <div class="lanes">
        {lanes.map((lane) => (
          <Lane key={lane.seat} lane={lane} />
        ))}
      </div>
      <Legend
        keys={spanKinds.flatMap(([how, said]) =>
          lanes.some(({ spans }) => spans.some((span) => span.how === how))
            ? [[`span ${how}`, said] as const]
            : [],
        )}
      />
    </figure>
  )
}

function Lane({ lane }: { readonly lane: LaneView }): JSX.Element {
  const failed = lane.spans.filter(({ how }) => how === 'failed').length
  const busy = lane.spans.reduce((sum, { from, to }) => sum + to - from, 0)
  return (
    <>
      <span class="seat">worker {lane.seat}</span>
      <svg
        viewBox={`0 0 1000 ${laneHeight}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`worker ${lane.seat}: busy ${Math.round(100 * Math.min(1, busy))} % of the time, ${countOf(failed, 'failed attempt')}`}
      >
        {lane.spans.map(({ from, to, how, what }) => (
          <rect
            key={`${from}`}
            class={`span ${how}`}
            x={(1000 * from).toFixed(2)}
            width={Math.max(1, 1000 * (to - from) - 0.6).toFixed(2)}
            height={laneHeight}
          >
            <title>{`${what}: ${how}`}</title>
          </rect>
        ))}
      </svg>
    </>
  )
}
