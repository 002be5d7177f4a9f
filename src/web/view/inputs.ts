import { basename } from 'node:path'
import { daysBetween } from '../../input/index.ts'
import { dayOf } from '../../job/index.ts'
import { type InputTotals, inputTotals, openInputs, type RunState } from '../../run/index.ts'
import type { CalendarView, DayView, InputsView } from './views.ts'

const listedMax = 200

/** What the inputs are and how far each is, by day where they are a series of days. */
export function inputsView(state: RunState): InputsView {
  const { discovery } = state.plan
  const totals = inputTotals(state)
  return {
    files: totals.length,
    members: totals.reduce((sum, { members }) => sum + members, 0),
    calendar: discovery.series === null ? null : calendarOf(state, discovery.series, totals),
    list:
      discovery.series !== null
        ? []
        : totals
            .slice(0, listedMax)
            .map(({ path, sizeBytes, records, rejected }) => ({ path, sizeBytes, records, rejected })),
  }
}

function calendarOf(
  state: RunState,
  { pattern, from, to, missing }: NonNullable<RunState['plan']['discovery']['series']>,
  totals: readonly InputTotals[],
): CalendarView {
  const lacking = new Set(missing)
  const damaged = damagedDays(state)
  const open = openInputs(state)
  const files = new Map<string, InputTotals[]>()
  for (const input of totals) {
    const day = dayOf(basename(input.path))
    if (day !== null) files.set(day, [...(files.get(day) ?? []), input])
  }
  const days = daysBetween(from, to).map((day): DayView => {
    const inputs = files.get(day) ?? []
    const records = inputs.reduce((sum, input) => sum + input.records, 0)
    const stateOfDay = (): DayView['state'] => {
      if (lacking.has(day)) return 'missing'
      if (damaged.has(day)) return 'damaged'
      // A series of working days has no Sundays.
      if (inputs.length === 0) return 'free'
      if (inputs.some(({ path }) => open.has(path))) return 'waiting'
      return inputs.some(({ rejected }) => rejected > 0) ? 'rejected' : 'read'
    }
    return { day, state: stateOfDay(), records }
  })
  return { pattern, from, to, missing: days.filter((day) => day.state === 'missing').length, days }
}

/** Days of files that are not whole: nothing of an archive that cannot be opened was read, and it is none of the files that were. */
function damagedDays({ plan, damaged, shortfalls }: RunState): ReadonlySet<string> {
  const paths = [
    ...[...damaged.keys()].flatMap((ordinal) => plan.splits[ordinal]?.path ?? []),
    ...plan.discovery.problems.map(({ path }) => path),
    // A file without a record is found when all has been read.
    ...shortfalls.flatMap((one) => (one.kind === 'input' ? (one.name.split('!')[0] ?? []) : [])),
  ]
  // What is called by its day alone is missing, or there twice.
  return new Set(paths.flatMap((path) => (dayOf(path) === path ? [] : (dayOf(basename(path)) ?? []))))
}
