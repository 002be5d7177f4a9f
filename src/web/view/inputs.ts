import { daysBetween } from '../../input/index.ts'
import { dayOf } from '../../job/index.ts'
import { type InputTotals, inputTotals, type RunState } from '../../run/index.ts'
import type { CalendarView, DayView, InputsView } from './run-view.ts'

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
  const damaged = damagedPaths(state)
  const open = openPaths(state)
  const files = new Map<string, InputTotals[]>()
  for (const input of totals) {
    const day = dayOf(input.path.slice(input.path.lastIndexOf('/') + 1))
    if (day !== null) files.set(day, [...(files.get(day) ?? []), input])
  }
  const days = daysBetween(from, to).map((day): DayView => {
    const inputs = files.get(day) ?? []
    const records = inputs.reduce((sum, input) => sum + input.records, 0)
    const stateOfDay = (): DayView['state'] => {
      if (lacking.has(day)) return 'missing'
      // A series of working days has no Sundays.
      if (inputs.length === 0) return 'free'
      if (inputs.some(({ path }) => damaged.has(path))) return 'damaged'
      if (inputs.some(({ path }) => open.has(path))) return 'waiting'
      return inputs.some(({ rejected }) => rejected > 0) ? 'rejected' : 'read'
    }
    return { day, state: stateOfDay(), records }
  })
  return { pattern, from, to, missing: days.filter((day) => day.state === 'missing').length, days }
}

function damagedPaths(state: RunState): ReadonlySet<string> {
  const { splits, discovery } = state.plan
  const found = [...state.damaged.keys()].flatMap((ordinal) => splits[ordinal]?.path ?? [])
  return new Set([...found, ...discovery.problems.map(({ path }) => path)])
}

/** Files that are not read to their end yet. */
function openPaths(state: RunState): ReadonlySet<string> {
  const { splits, tasks } = state.plan
  const open = new Set<string>()
  for (const [index, task] of state.map.entries()) {
    if (task.kind === 'done') continue
    const planned = tasks[index]
    if (planned === undefined) continue
    for (const split of splits.slice(planned.firstSplit, planned.endSplit)) open.add(split.path)
  }
  return open
}
