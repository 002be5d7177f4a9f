import { assertNever, TallymanError } from '../../errors.ts'
import { printable } from '../../printable.ts'
import { countOf, showCount } from '../../quantities.ts'
import { canonicalJson } from '../../record/index.ts'
import type { Wanted } from '../columns/row-filter.ts'
import type { Manifest } from '../manifest.ts'
import type { Collected, PlannedChart, Role } from './collect.ts'
import { lineAxis } from './date-axis.ts'
import type { BarsPanel, Content, Drawing, LinesPanel } from './drawing.ts'
import { binNumbers } from './histogram-bins.ts'
import { labelOf, type Ranked, rank } from './places.ts'
import { sayShortfalls } from './shortfalls.ts'
import { findCountry } from './world.ts'

const barsDefault = 10
const linesDefault = 8
const heatDefault = 30
/** As many colours as can be told apart by everyone. */
const seriesMax = 8
const panelsMax = 12

type Entry = { readonly cells: readonly unknown[]; readonly sum: number }
type ChartOf<K extends PlannedChart['kind']> = Extract<PlannedChart, { readonly kind: K }>

/** Decides what a picture shows. */
export function planDrawing(chart: PlannedChart, collected: Collected, manifest: Manifest): Drawing {
  if (collected.rows === 0) {
    throw new TallymanError(
      'usage',
      `Chart ${chart.name}: no row of table ${chart.table} is ${sayConditions(chart) || 'there'}.`,
      {
        wayOut: `Look what there is: tallyman show RESULT --table ${chart.table}`,
      },
    )
  }
  const notes: string[] = []
  const planner = new Planner(chart, collected, manifest, notes)
  const content = planner.content()
  const { id, description, path } = { ...manifest.run, ...manifest.job }
  const file = path.slice(path.lastIndexOf('/') + 1).replace(/\.job\.[cm]?[jt]s$/, '')
  return {
    name: chart.name,
    title: titleOf(chart),
    subtitle: subtitleOf(chart, collected),
    unit: unitOf(chart, manifest),
    isLog: chart.log === true,
    content,
    notes,
    warnings: sayShortfalls(manifest),
    source: `${printable(description.name ?? file)} · run ${id} · ${manifest.digest.slice(0, 'sha256:'.length + 12)} · ${countOf(manifest.inputs.length, 'file')}, ${countOf(manifest.records, 'record')}`,
  }
}

class Planner {
  readonly #chart: PlannedChart
  readonly #collected: Collected
  readonly #manifest: Manifest
  readonly #entries: readonly Entry[]
  readonly #notes: string[]

  constructor(chart: PlannedChart, collected: Collected, manifest: Manifest, notes: string[]) {
    this.#chart = chart
    this.#collected = collected
    this.#manifest = manifest
    this.#entries = collected.sums.entries()
    this.#notes = notes
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
    const panels = this.#panels((entries, title): BarsPanel => {
      const ranked = rank(entries, this.#at('x'))
      const kept = ranked.slice(0, top)
      this.#sayOthers(ranked.slice(top), title)
      const bars = kept.map(({ id, cell, total }) => {
        const own = entries.filter(({ cells }) => canonicalJson(cells[this.#at('x')] ?? null) === id)
        return { label: labelOf(cell), parts: series.parts(own), total }
      })
      return { title, bars }
    })
    return { kind: 'bars', series: series.names, panels }
  }

  #lines({ top = linesDefault, stacked = false }: ChartOf<'lines'>): Content {
    const series = this.#series(Math.min(top, seriesMax - 1))
    const x = this.#at('x')
    const { covered, ...axis } = lineAxis(
      this.#entries.map(({ cells }) => cells[x]),
      this.#collected.known,
      this.#manifest,
    )
    const kind = this.#manifest.job.description.tables.find(({ name }) => name === this.#chart.table)?.kind
    const isCounted = kind === 'count' || kind === 'sum'
    const places = new Map(axis.places.map((place, index) => [place, index]))
    const nowhere = this.#entries.filter(({ cells }) => !places.has(String(cells[x])))
    if (nowhere.length > 0)
      this.#notes.push(
        `Without ${this.#chart.kind === 'lines' ? this.#chart.x : 'a place'}: ${number(total(nowhere))}.`,
      )
    const panels = this.#panels((entries, title): LinesPanel => {
      const values = series.names.map(() =>
        axis.places.map((place): number | null => (isCounted && covered.has(place) ? 0 : null)),
      )
      for (const { cells, sum } of entries) {
        const place = places.get(String(cells[x]))
        const line = values[series.indexOf(cells)]
        if (place !== undefined && line !== undefined) line[place] = (line[place] ?? 0) + sum
      }
      return { title, values }
    })
    const gaps = axis.places.filter((place) => !covered.has(place)).length
    if (axis.kind === 'days' && gaps > 0)
      this.#notes.push(
        `Yellow: ${countOf(gaps, 'day')} without data, ${gaps === 1 ? 'a gap' : 'gaps'} in the lines.`,
      )
    if (axis.partial.length > 0)
      this.#notes.push(
        `Grey: ${axis.partial
          .map((index) => axis.places[index])
          .slice(0, 6)
          .join(', ')}, read in part.`,
      )
    if (this.#chart.log === true && panels.some(({ values }) => values.some((line) => line.includes(0))))
      this.#notes.push('A logarithmic scale has no 0: days of none are not drawn.')
    return { kind: 'lines', isStacked: stacked, axis, series: series.names, panels }
  }

  #heat({ top = heatDefault, x: xName, y: yName }: ChartOf<'heat'>): Content {
    const xs = this.#heatAxis('x', top, xName)
    const ys = this.#heatAxis('y', top, yName)
    const panels = this.#panels((entries, title) => ({
      title,
      cells: entries.flatMap(({ cells, sum }) => {
        const place = [
          xs.ids.get(idOf(cells[this.#at('x')])),
          ys.ids.get(idOf(cells[this.#at('y')])),
        ] as const
        return place[0] === undefined || place[1] === undefined ? [] : [[place[0], place[1], sum] as const]
      }),
    }))
    return { kind: 'heat', xs: xs.labels, ys: ys.labels, panels }
  }

  /** Axes of days and numbers have all their places in order, others the largest, largest first. */
  #heatAxis(
    role: 'x' | 'y',
    top: number,
    name: string,
  ): { labels: string[]; ids: ReadonlyMap<string, number> } {
    const ranked = rank(this.#entries, this.#at(role))
    const axis = lineAxis(
      ranked.map(({ cell }) => cell),
      new Set(),
      this.#manifest,
    )
    if (axis.kind !== 'names' && axis.places.length > 1) {
      const isText = typeof ranked[0]?.cell === 'string'
      return {
        labels: [...axis.places],
        ids: new Map(axis.places.map((place, index) => [isText ? JSON.stringify(place) : place, index])),
      }
    }
    const rest = ranked.slice(top)
    if (rest.length > 0)
      this.#notes.push(`Not drawn: ${showCount(rest.length)} other ${name}, together ${number(sumOf(rest))}.`)
    const kept = ranked.slice(0, top)
    return {
      labels: kept.map(({ cell }) => labelOf(cell)),
      ids: new Map(kept.map(({ id }, index) => [id, index])),
    }
  }

  #bins({ bins }: ChartOf<'histogram'>) {
    const { bins: counted, numbers } = this.#collected
    return counted.length > 0 ? counted : binNumbers(numbers, bins)
  }

  #map(): Content {
    const lost = new Map<string, number>()
    const panels = this.#panels((entries, title) => {
      const values = new Map<string, number>()
      for (const { cells, sum } of entries) {
        const cell = cells[this.#at('x')]
        const country = typeof cell === 'string' ? findCountry(cell) : null
        if (country?.isDrawn) values.set(country.code, (values.get(country.code) ?? 0) + sum)
        else lost.set(labelOf(cell), (lost.get(labelOf(cell)) ?? 0) + sum)
      }
      return { title, values: [...values] }
    })
    const named = [...lost]
      .sort((a, b) => b[1] - a[1])
      .slice(0, 8)
      .map(([label, sum]) => `${label} ${number(sum)}`)
    if (lost.size > 0)
      this.#notes.push(
        `Not on the map: ${named.join(', ')}${lost.size > 8 ? `, and ${lost.size - 8} more` : ''}.`,
      )
    return { kind: 'map', panels }
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
        `Not drawn: ${showCount(rest.length)} other ${this.#chart.facet}, together ${number(sumOf(rest))}.`,
      )
    return ranked.slice(0, panelsMax).map(({ id, cell }) =>
      panelOf(
        this.#entries.filter(({ cells }) => idOf(cells[at]) === id),
        labelOf(cell),
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
      `${of}${showCount(others.length)} ${others.length === 1 ? 'other' : 'others'}, together ${number(sumOf(others))}.`,
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
    const names = kept.map(({ cell }) => labelOf(cell))
    this.names = at === -1 ? [''] : others > 0 ? [...names, `${showCount(others)} others`] : names
  }

  indexOf(cells: readonly unknown[]): number {
    return this.#at === -1 ? 0 : (this.#ids.get(idOf(cells[this.#at])) ?? this.names.length - 1)
  }

  parts(entries: readonly Entry[]): number[] {
    const parts = this.names.map(() => 0)
    for (const { cells, sum } of entries) parts[this.indexOf(cells)] = (parts[this.indexOf(cells)] ?? 0) + sum
    return parts
  }
}

function idOf(cell: unknown): string {
  return canonicalJson(cell ?? null)
}

function total(entries: readonly Entry[]): number {
  return entries.reduce((sum, entry) => sum + entry.sum, 0)
}

function sumOf(ranked: readonly Ranked[]): number {
  return ranked.reduce((sum, one) => sum + one.total, 0)
}

/** 1,234,567 or 0.123. */
export function number(value: number): string {
  if (Number.isInteger(value)) return showCount(value)
  return Math.abs(value) >= 1000 ? showCount(Math.round(value)) : String(Number(value.toPrecision(4)))
}

function titleOf(chart: PlannedChart): string {
  const said = chart.title ?? defaultTitle(chart)
  return printable(
    said.replace(/\{([^}]*)\}/g, (whole, column: string) => {
      const wanted = Object.hasOwn(chart.conditions, column) ? chart.conditions[column] : undefined
      return wanted === undefined ? whole : sayWanted(wanted)
    }),
  )
}

function defaultTitle(chart: PlannedChart): string {
  const of = sayConditions(chart) || chart.table
  if (chart.kind === 'histogram') return `${chart.value ?? 'value'} of ${of}`
  return of === chart.x ? of : `${of} by ${chart.x}`
}

function subtitleOf(chart: PlannedChart, { summedOver, rows }: Collected): string {
  const conditions = Object.entries(chart.conditions).map(
    ([column, wanted]) => `${column}: ${printable(sayWanted(wanted))}`,
  )
  const added = summedOver.length > 0 ? [`added up over ${summedOver.join(', ')}`] : []
  return [`table ${chart.table}`, ...conditions, ...added, countOf(rows, 'row')].join(' · ')
}

function sayConditions(chart: PlannedChart): string {
  return printable(Object.values(chart.conditions).map(sayWanted).join(', '))
}

/** `#flu`, `#flu or #corona`; of many how many. */
function sayWanted(wanted: readonly Wanted[]): string {
  if (wanted.length > 4) return `one of ${wanted.length}`
  return wanted.map((one) => labelOf('typed' in one ? one.typed : one.exactly)).join(' or ')
}

function unitOf(chart: PlannedChart, manifest: Manifest): string {
  if (chart.unit !== undefined) return printable(chart.unit)
  if (chart.kind === 'histogram') return 'rows'
  const kind = manifest.job.description.tables.find(({ name }) => name === chart.table)?.kind
  return printable(chart.value ?? (kind === 'count' ? 'count' : (kind ?? 'value')))
}
