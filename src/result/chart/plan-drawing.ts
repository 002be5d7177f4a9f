import { assertNever, TallymanError } from '../../errors.ts'
import { countOf, showCount } from '../../quantities.ts'
import { canonicalJson } from '../../record/index.ts'
import { type Amount, byLargest, logFloor, plus, showAmount } from './amounts.ts'
import type { Basis } from './basis.ts'
import type { Collected, PlannedChart, Role } from './collect.ts'
import { lineAxis } from './date-axis.ts'
import type { BarsPanel, Content, Drawing, LineAxis, LinesPanel, Mark } from './drawing.ts'
import { binNumbers } from './histogram-bins.ts'
import { labelsOf, type Ranked, rank } from './places.ts'
import { amountsOf, sayLogarithm } from './say-logarithm.ts'
import { sayConditions, subtitleOf, titleOf, unitOf } from './words.ts'
import { findCountry } from './world.ts'

const barsDefault = 10
const linesDefault = 8
const heatDefault = 30
/** As many colours as can be told apart by everyone. */
const seriesMax = 8
const panelsMax = 12
/** More days than these are counted. */
const partialMax = 6

type Entry = { readonly cells: readonly unknown[]; readonly sum: Amount }
type ChartOf<K extends PlannedChart['kind']> = Extract<PlannedChart, { readonly kind: K }>

/** Decides what a picture shows. */
export function planDrawing(chart: PlannedChart, collected: Collected, basis: Basis): Drawing {
  if (collected.rows === 0) {
    throw new TallymanError(
      'usage',
      `Chart ${chart.name}: no row of table ${chart.table} is ${sayConditions(chart) || 'there'}.`,
      {
        wayOut: `Look what there is: tallyman show RESULT --table ${chart.table}`,
      },
    )
  }
  const unfinite = [...collected.unfinite].map(([word, rows]) => `${countOf(rows, 'row')} of ${word}`)
  const notes = unfinite.length > 0 ? [`Not drawn: ${unfinite.join(', ')}.`] : []
  if (collected.isEmpty) {
    throw new TallymanError(
      'usage',
      `Chart ${chart.name}: no row of table ${chart.table} has a finite value.`,
      {
        wayOut: 'Draw another value.',
      },
    )
  }
  const marks: Mark[] = []
  const content = new Planner(chart, collected, basis, { notes, marks }).content()
  const logFrom = chart.log === true ? logFloor(amountsOf(content)) : null
  if (logFrom !== null) notes.push(...sayLogarithm(content, logFrom))
  return {
    name: chart.name,
    title: titleOf(chart),
    subtitle: subtitleOf(chart, collected),
    unit: unitOf(chart, basis),
    logFrom,
    content,
    notes,
    marks,
    warnings: basis.warnings,
    source: basis.source,
  }
}

class Planner {
  readonly #chart: PlannedChart
  readonly #collected: Collected
  readonly #basis: Basis
  readonly #entries: readonly Entry[]
  readonly #notes: string[]
  readonly #marks: Mark[]

  constructor(
    chart: PlannedChart,
    collected: Collected,
    basis: Basis,
    { notes, marks }: { readonly notes: string[]; readonly marks: Mark[] },
  ) {
    this.#chart = chart
    this.#collected = collected
    this.#basis = basis
    this.#entries = collected.sums.entries()
    this.#notes = notes
    this.#marks = marks
  }

  content(): Content {
    const chart = this.#chart
    switch (chart.kind) {
      case 'bars':
        return this.#bars(chart)
      case 'lines':
        return this.#lines(chart)
      case 'heat':
        return this.#heat(chart)
      case 'histogram':
        return { kind: 'histogram', panels: [{ title: null, bins: this.#bins(chart) }] }
      case 'map':
        return this.#map()
      default:
        return assertNever(chart)
    }
  }

  #bars({ top = barsDefault }: ChartOf<'bars'>): Content {
    const series = this.#series(seriesMax - 1)
    if (this.#chart.log === true && series.names.length > 1)
      throw this.#noStack('Leave out log, or series; a facet in its place is a panel for each.')
    const panels = this.#panels((entries, title): BarsPanel => {
      const ranked = rank(entries, this.#at('x'))
      const kept = ranked.slice(0, top)
      this.#sayOthers(ranked.slice(top), title)
      const labels = labelsOf(kept.map(({ cell }) => cell))
      const bars = kept.map(({ id, total }, index) => {
        const own = entries.filter(({ cells }) => canonicalJson(cells[this.#at('x')] ?? null) === id)
        return { label: labels[index] ?? '', parts: series.parts(own), total }
      })
      return { title, bars }
    })
    return { kind: 'bars', series: series.names, panels }
  }

  #lines({ top = linesDefault, stacked = false }: ChartOf<'lines'>): Content {
    if (this.#chart.log === true && stacked) throw this.#noStack('Leave out log, or stacked.')
    const series = this.#series(Math.min(top, seriesMax - 1))
    const x = this.#at('x')
    const { covered, placeOf, ...axis } = lineAxis(
      this.#entries.map(({ cells }) => cells[x]),
      this.#collected.known.x,
      this.#basis,
    )
    const isCounted = this.#isCounted()
    const nowhere = this.#entries.filter(({ cells }) => placeOf(cells[x]) === undefined)
    if (nowhere.length > 0)
      this.#notes.push(
        `Without ${this.#chart.kind === 'lines' ? this.#chart.x : 'a place'}: ${showAmount(total(nowhere))}.`,
      )
    const panels = this.#panels((entries, title): LinesPanel => {
      const values = series.names.map(() =>
        axis.places.map((place): number | null => (isCounted && covered.has(place) ? 0 : null)),
      )
      for (const { cells, sum } of entries) {
        const place = placeOf(cells[x])
        const line = values[series.indexOf(cells)]
        if (place !== undefined && line !== undefined) line[place] = (line[place] ?? 0) + Number(sum)
      }
      return { title, values }
    })
    const gaps = axis.places.filter((place) => !covered.has(place)).length
    if (axis.kind === 'days' && gaps > 0)
      this.#marks.push({
        mark: 'gap',
        words: `${countOf(gaps, 'day')} without data, ${gaps === 1 ? 'a gap' : 'gaps'} in the lines.`,
      })
    if (axis.partial.length > 0) this.#marks.push({ mark: 'partial', words: sayPartial(axis) })
    return { kind: 'lines', isStacked: stacked, axis, series: series.names, panels }
  }

  #heat({ top = heatDefault, x: xName, y: yName }: ChartOf<'heat'>): Content {
    const xs = this.#heatAxis('x', top, xName)
    const ys = this.#heatAxis('y', top, yName)
    const isCounted = this.#isCounted()
    const panels = this.#panels((entries, title) => {
      const rows = ys.labels.map((_, y) =>
        xs.labels.map((_, x): Amount | null =>
          isCounted && !xs.gaps.includes(x) && !ys.gaps.includes(y) ? 0 : null,
        ),
      )
      for (const { cells, sum } of entries) {
        const x = xs.ids.get(idOf(cells[this.#at('x')]))
        const row = rows[ys.ids.get(idOf(cells[this.#at('y')])) ?? -1]
        if (x !== undefined && row !== undefined) row[x] = sum
      }
      const cells = rows.flatMap((row, y) =>
        row.flatMap((value, x) => (value === null ? [] : [[x, y, value] as const])),
      )
      return { title, cells }
    })
    const days = xs.gaps.length + ys.gaps.length
    if (days > 0) this.#marks.push({ mark: 'gap', words: `${countOf(days, xs.unit)} without data.` })
    const gaps = { xs: xs.gaps, ys: ys.gaps }
    return { kind: 'heat', xs: xs.labels, ys: ys.labels, gaps, panels }
  }

  /** Axes of days and numbers have all their places in order, others the largest, largest first. */
  #heatAxis(role: 'x' | 'y', top: number, name: string): HeatAxis {
    const ranked = rank(this.#entries, this.#at(role))
    const axis = lineAxis(
      ranked.map(({ cell }) => cell),
      this.#collected.known[role],
      this.#basis,
    )
    if (axis.kind !== 'names' && axis.places.length > 1) {
      const isText = typeof ranked[0]?.cell === 'string'
      if (axis.partial.length > 0) this.#notes.push(sayPartial(axis))
      return {
        labels: [...axis.places],
        ids: new Map(axis.places.map((place, index) => [isText ? JSON.stringify(place) : place, index])),
        gaps: axis.places.flatMap((place, index) => (axis.covered.has(place) ? [] : [index])),
        unit: axis.kind === 'months' ? 'month' : 'day',
      }
    }
    const rest = ranked.slice(top)
    if (rest.length > 0)
      this.#notes.push(
        `Not drawn: ${showCount(rest.length)} others of ${name}, together ${showAmount(sumOf(rest))}.`,
      )
    const kept = ranked.slice(0, top)
    return {
      labels: labelsOf(kept.map(({ cell }) => cell)),
      ids: new Map(kept.map(({ id }, index) => [id, index])),
      gaps: [],
      unit: 'day',
    }
  }

  #bins({ bins }: ChartOf<'histogram'>) {
    const { bins: counted, numbers } = this.#collected
    return counted.length > 0 ? counted : binNumbers(numbers, bins)
  }

  #map(): Content {
    const lost = new Map<string, { readonly cell: unknown; readonly sum: Amount }>()
    const panels = this.#panels((entries, title) => {
      const values = new Map<string, Amount>()
      for (const { cells, sum } of entries) {
        const cell = cells[this.#at('x')]
        const country = typeof cell === 'string' ? findCountry(cell) : null
        if (country?.isDrawn) values.set(country.code, plus(values.get(country.code) ?? 0, sum))
        else lost.set(idOf(cell), { cell, sum: plus(lost.get(idOf(cell))?.sum ?? 0, sum) })
      }
      return { title, values: [...values] }
    })
    const largest = [...lost.values()].sort((a, b) => byLargest(a.sum, b.sum)).slice(0, 8)
    const labels = labelsOf(largest.map(({ cell }) => cell))
    const named = largest.map(({ sum }, index) => `${labels[index]} ${showAmount(sum)}`)
    if (lost.size > 0)
      this.#notes.push(
        `Not on the map: ${named.join(', ')}${lost.size > 8 ? `, and ${lost.size - 8} more` : ''}.`,
      )
    return { kind: 'map', panels }
  }

  /** Is what is absent in the table nought? */
  #isCounted(): boolean {
    const kind = this.#basis.tables.find(({ name }) => name === this.#chart.table)?.kind
    return kind === 'count' || kind === 'sum'
  }

  #noStack(wayOut: string): TallymanError {
    const what = 'parts that stand on each other have no lengths on a logarithmic scale.'
    return new TallymanError('usage', `Chart ${this.#chart.name}: ${what}`, { wayOut })
  }

  #at(role: Role): number {
    return this.#collected.roles.indexOf(role)
  }

  /** One panel for all, or one for each of the largest facets. */
  #panels<P>(panelOf: (entries: readonly Entry[], title: string | null) => P): P[] {
    const at = this.#at('facet')
    if (at === -1) return [panelOf(this.#entries, null)]
    const ranked = rank(this.#entries, at)
    const rest = ranked.slice(panelsMax)
    if (rest.length > 0)
      this.#notes.push(
        `Not drawn: ${showCount(rest.length)} others of ${this.#chart.facet}, together ${showAmount(sumOf(rest))}.`,
      )
    const kept = ranked.slice(0, panelsMax)
    const titles = labelsOf(kept.map(({ cell }) => cell))
    return kept.map(({ id }, index) =>
      panelOf(
        this.#entries.filter(({ cells }) => idOf(cells[at]) === id),
        titles[index] ?? null,
      ),
    )
  }

  /** The largest series, and the others as one. */
  #series(most: number): Series {
    const at = this.#at('series')
    if (at === -1) return new Series(-1, [], 0)
    const ranked = rank(this.#entries, at)
    // One that would stand alone for the others stands for itself.
    const kept = ranked.length <= most + 1 ? ranked : ranked.slice(0, most)
    return new Series(at, kept, ranked.length - kept.length)
  }

  #sayOthers(others: readonly Ranked[], panel: string | null): void {
    if (others.length === 0) return
    const of = panel === null ? '' : `${panel}: `
    this.#notes.push(
      `${of}${showCount(others.length)} ${others.length === 1 ? 'other' : 'others'}, together ${showAmount(sumOf(others))}.`,
    )
  }
}

/** What lines or parts of bars stand for. */
class Series {
  readonly names: readonly string[]
  readonly #at: number
  readonly #ids: ReadonlyMap<string, number>

  constructor(at: number, kept: readonly Ranked[], others: number) {
    this.#at = at
    this.#ids = new Map(kept.map(({ id }, index) => [id, index]))
    const names = labelsOf(kept.map(({ cell }) => cell))
    this.names = at === -1 ? [''] : others > 0 ? [...names, `${showCount(others)} others`] : names
  }

  indexOf(cells: readonly unknown[]): number {
    return this.#at === -1 ? 0 : (this.#ids.get(idOf(cells[this.#at])) ?? this.names.length - 1)
  }

  parts(entries: readonly Entry[]): number[] {
    const parts = this.names.map((): Amount => 0)
    for (const { cells, sum } of entries)
      parts[this.indexOf(cells)] = plus(parts[this.indexOf(cells)] ?? 0, sum)
    return parts.map(Number)
  }
}

/** A side of a heat map: its labels, where each cell stands, and the places that nothing is known of. */
interface HeatAxis {
  readonly labels: readonly string[]
  readonly ids: ReadonlyMap<string, number>
  readonly gaps: readonly number[]
  /** What a place is. */
  readonly unit: 'day' | 'month'
}

function sayPartial({ partial, places }: LineAxis): string {
  const named = partial.map((index) => places[index]).slice(0, partialMax)
  const more = partial.length > partialMax ? ` and ${showCount(partial.length - partialMax)} more` : ''
  return `${named.join(', ')}${more}, read in part.`
}

function idOf(cell: unknown): string {
  return canonicalJson(cell ?? null)
}

function total(entries: readonly Entry[]): Amount {
  return entries.reduce((sum: Amount, entry) => plus(sum, entry.sum), 0)
}

function sumOf(ranked: readonly Ranked[]): Amount {
  return ranked.reduce((sum: Amount, one) => plus(sum, one.total), 0)
}
