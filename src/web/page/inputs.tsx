import type { JSX } from 'preact'
import { countOf, showBytes, showCount } from '../../quantities.ts'
import type { CalendarView, DayView, InputsView } from '../view/views.ts'
import { Data, Panel, Table } from './parts.tsx'

const words: Readonly<Record<DayView['state'], string>> = {
  free: 'not expected',
  missing: 'missing',
  waiting: 'not read yet',
  read: 'read',
  rejected: 'read, with rejected records',
  damaged: 'damaged or empty',
}

/** A day and the gap after it, in pixels. */
const side = 14
const namedMax = 40
const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** What the inputs are, and whether each has been read. */
export function Inputs({ inputs }: { readonly inputs: InputsView }): JSX.Element {
  const { files, members, calendar, list } = inputs
  const said = countOf(files, 'file') + (members === 0 ? '' : `, ${countOf(members, 'member')}`)
  return (
    <Panel title="Inputs" aside={said}>
      {calendar === null ? <List list={list} files={files} /> : <Calendar calendar={calendar} />}
    </Panel>
  )
}

function List({ list, files }: { readonly list: InputsView['list']; readonly files: number }): JSX.Element {
  return (
    <>
      <Table
        label="inputs"
        columns={[
          { title: 'file' },
          { title: 'size', number: true },
          { title: 'records', number: true },
          { title: 'rejected', number: true },
        ]}
        rows={list.map(({ path, sizeBytes, records, rejected }) => ({
          key: path,
          cells: [
            <Data key="path" text={path} />,
            showBytes(sizeBytes),
            showCount(records),
            showCount(rejected),
          ],
        }))}
      />
      {files > list.length ? <p class="how">and {showCount(files - list.length)} more</p> : null}
    </>
  )
}

/** What is said of a series of days: a picture, what its colours mean, and the days that are lacking by name. */
function Calendar({ calendar }: { readonly calendar: CalendarView }): JSX.Element {
  const { pattern, from, to, missing, days } = calendar
  const present = (Object.keys(words) as DayView['state'][]).filter((state) =>
    days.some((day) => day.state === state),
  )
  return (
    <figure class="calendar">
      <figcaption>
        <Data text={pattern} />, {from} to {to}:{' '}
        {missing === 0 ? 'no day is missing' : `${countOf(missing, 'day')} missing`}
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1, axe scrollable-region-focusable) */}
      <section class="scroll" tabIndex={0} aria-label="calendar">
        <Days days={days} first={weekdayOf(from)} present={present} />
      </section>
      <p class="legend">
        {present.map((state) => (
          <span key={state}>
            <svg class="key" viewBox="0 0 12 12" aria-hidden="true">
              <rect class={`day ${state}`} width="12" height="12" />
            </svg>
            {words[state]}: {showCount(days.filter((day) => day.state === state).length)}
          </span>
        ))}
      </p>
      <LackingDays days={days} />
    </figure>
  )
}

/** A column a week, a square a day. `first` is the weekday of the first one, 0 for Monday. */
function Days({
  days,
  first,
  present,
}: Pick<CalendarView, 'days'> & {
  readonly first: number
  readonly present: readonly DayView['state'][]
}): JSX.Element {
  const weeks = Math.ceil((days.length + first) / 7)
  return (
    <svg
      class="days"
      width={weeks * side}
      height={8 * side}
      viewBox={`0 0 ${weeks * side} ${8 * side}`}
      role="img"
      aria-label={`${countOf(days.length, 'day')}: ${present.map((state) => `${days.filter((day) => day.state === state).length} ${words[state]}`).join(', ')}`}
    >
      {days.map((day, index) => {
        const place = index + first
        return (
          <rect
            key={day.day}
            class={`day ${day.state}`}
            x={Math.floor(place / 7) * side}
            y={side + (place % 7) * side}
            width={side - 2}
            height={side - 2}
          >
            <title>{`${day.day}: ${words[day.state]}, ${countOf(day.records, 'record')}`}</title>
          </rect>
        )
      })}
      {days.flatMap(({ day }, index) =>
        day.endsWith('-01') || index === 0
          ? [
              <text key={day} x={Math.floor((index + first) / 7) * side} y={side - 4} class="month">
                {day.endsWith('-01') ? monthNames[Number(day.slice(5, 7)) - 1] : ''}
              </text>,
            ]
          : [],
      )}
    </svg>
  )
}

/** What the squares say only to whoever points at them. */
function LackingDays({ days }: Pick<CalendarView, 'days'>): JSX.Element | null {
  const lacking = days.filter(({ state }) => state === 'missing' || state === 'damaged')
  if (lacking.length === 0) return null
  return (
    <p>
      {lacking
        .slice(0, namedMax)
        .map(({ day, state }) => `${day} ${words[state]}`)
        .join(', ')}
      {lacking.length > namedMax ? ` and ${lacking.length - namedMax} more` : ''}
    </p>
  )
}

/** 0 for Monday. */
function weekdayOf(day: string): number {
  return (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7
}
