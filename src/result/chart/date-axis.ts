import { dayOf } from '../../job/index.ts'
import { canonicalJson } from '../../record/index.ts'
import type { Basis } from './basis.ts'
import type { LineAxis } from './drawing.ts'
import { labelsOf } from './places.ts'

const dayPattern = /^\d{4}-\d{2}-\d{2}$/
const monthPattern = /^\d{4}-\d{2}$/

/** An axis, with which of its places are covered: what is absent at a covered place is nought, and unknown at any other. */
export interface CoveredAxis extends LineAxis {
  readonly covered: ReadonlySet<string>
  /** Which place a cell falls on; undefined for what has none: null. */
  placeOf(cell: unknown): number | undefined
}

type Axis = Omit<CoveredAxis, 'placeOf'>

/**
 * The axis that cells of a column make. Days have every day from the first to the last, of the result's series where the
 * days are its own; a day is covered where an input of it had records, or any row of the table is of it.
 *
 * @param cells the drawn ones
 * @param known all cells of the column in the table
 */
export function lineAxis(cells: readonly unknown[], known: ReadonlySet<unknown>, basis: Basis): CoveredAxis {
  const present = cells.filter((cell) => cell !== null && cell !== undefined)
  const axis = axisOf(present, known, basis) ?? namesAxis(present)
  // Of names 5 and '5' are two; of days, months and numbers no two are written alike.
  const idOf = axis.kind === 'names' ? canonicalJson : String
  const ids = axis.kind === 'names' ? distinct(present).map(canonicalJson) : axis.places
  const places = new Map(ids.map((id, index) => [id, index]))
  return {
    ...axis,
    placeOf: (cell) => (cell === null || cell === undefined ? undefined : places.get(idOf(cell))),
  }
}

function axisOf(present: readonly unknown[], known: ReadonlySet<unknown>, basis: Basis): Axis | null {
  const texts = present.map(String)
  if (texts.length > 0 && texts.every((text) => dayPattern.test(text) && dayOf(text) === text))
    return dayAxis(texts, known, basis)
  if (texts.length > 0 && texts.every((text) => monthPattern.test(text))) {
    const places = monthsBetween(least(texts), greatest(texts))
    return { kind: 'months', places, partial: [], covered: new Set([...known].map(String)) }
  }
  if (present.every((cell) => typeof cell === 'number' || typeof cell === 'bigint')) {
    const places = [...new Set(texts)].sort((a, b) => Number(a) - Number(b))
    return { kind: 'numbers', places, partial: [], covered: new Set(places) }
  }
  return null
}

function namesAxis(present: readonly unknown[]): Axis {
  const places = labelsOf(distinct(present))
  return { kind: 'names', places, partial: [], covered: new Set(places) }
}

/** In the order they come. */
function distinct(cells: readonly unknown[]): unknown[] {
  return [...new Map(cells.map((cell) => [canonicalJson(cell), cell])).values()]
}

function dayAxis(days: readonly string[], known: ReadonlySet<unknown>, basis: Basis): Axis {
  const { series } = basis
  const read = readDays(basis)
  // A column of other days than those in the names of the files has nothing to do with them.
  const isOfSeries = series !== null && days.every((day) => series.from <= day && day <= series.to)
  const from = isOfSeries && series.from < least(days) ? series.from : least(days)
  const to = isOfSeries && series.to > greatest(days) ? series.to : greatest(days)
  const places = daysBetween(from, to)
  const covered = new Set([...known].map(String))
  if (isOfSeries) for (const [day, { records }] of read) if (records > 0) covered.add(day)
  const partial = isOfSeries ? places.flatMap((day, index) => (read.get(day)?.isPartial ? [index] : [])) : []
  return { kind: 'days', places, partial, covered }
}

/** Of each day in the names of the inputs how many records it gave, and whether something of it is lacking. */
function readDays({ inputs, partial }: Basis): Map<string, { records: number; isPartial: boolean }> {
  const days = new Map<string, { records: number; isPartial: boolean }>()
  for (const { path, records } of inputs) {
    const day = dayOf(path)
    if (day === null) continue
    const there = days.get(day) ?? { records: 0, isPartial: false }
    days.set(day, { ...there, records: there.records + records })
  }
  for (const name of partial) {
    const day = dayOf(name.split('!')[0] ?? '')
    const there = day === null ? undefined : days.get(day)
    if (there !== undefined && there.records > 0) there.isPartial = true
  }
  return days
}

function daysBetween(from: string, to: string): string[] {
  const days: string[] = []
  for (let ms = Date.parse(from); ms <= Date.parse(to); ms += 86_400_000)
    days.push(new Date(ms).toISOString().slice(0, 10))
  return days
}

function monthsBetween(from: string, to: string): string[] {
  const months: string[] = []
  let [year = 0, month = 1] = from.split('-').map(Number)
  for (let name = from; name <= to; ) {
    months.push(name)
    month += 1
    if (month > 12) [year, month] = [year + 1, 1]
    name = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}`
  }
  return months
}

function least(texts: readonly string[]): string {
  return [...texts].sort()[0] ?? ''
}

function greatest(texts: readonly string[]): string {
  return [...texts].sort().at(-1) ?? ''
}
