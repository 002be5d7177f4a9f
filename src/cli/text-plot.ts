import { showCount } from '../quantities.ts'
import type { Drawing } from '../result/index.ts'
import { clip, pad, widthOf } from './cells.ts'
import { alignColumns } from './tables.ts'

type Content = Drawing['content']

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']
const levels = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** Draws for a terminal, in lines of at most so many cells. */
export function textPlot(drawing: Drawing, columns: number): string[] {
  const { title, subtitle, warnings, notes, source } = drawing
  return [
    title,
    subtitle,
    ...warnings.map((warning) => `! ${warning}`),
    '',
    ...bodyOf(drawing, columns),
    '',
    ...notes,
    source,
    '',
  ].map((line) => clip(line, columns))
}

function bodyOf(drawing: Drawing, columns: number): string[] {
  const { content, isLog } = drawing
  switch (content.kind) {
    case 'bars':
      return content.panels.flatMap(({ title, bars }) => [
        ...titled(title),
        ...barLines(
          bars.map(({ label, total }) => [label, total]),
          { columns, isLog },
        ),
      ])
    case 'histogram':
      return barLines(
        content.panels[0]?.bins.map(({ from, to, count }) => [`${from}–${to}`, count] as const) ?? [],
        { columns, isLog },
      )
    case 'map':
      return content.panels.flatMap(({ title, values }) => {
        const sorted = [...values].sort((a, b) => b[1] - a[1])
        const rest = sorted.slice(20)
        const more =
          rest.length === 0
            ? []
            : [`${rest.length} more countries: ${showCount(rest.reduce((sum, [, value]) => sum + value, 0))}`]
        return [...titled(title), ...barLines(sorted.slice(0, 20), { columns, isLog }), ...more]
      })
    case 'lines':
      return lineBlocks(content, columns, isLog)
    case 'heat':
      return heatLines(content, columns, isLog)
  }
}

function titled(title: string | null): string[] {
  return title === null ? [] : ['', title]
}

function barLines(
  bars: readonly (readonly [label: string, value: number])[],
  { columns, isLog }: { readonly columns: number; readonly isLog: boolean },
): string[] {
  const labelWidth = Math.min(Math.floor(columns / 3), Math.max(0, ...bars.map(([label]) => widthOf(label))))
  const amounts = bars.map(([, value]) => showAmount(value))
  const amountWidth = Math.max(0, ...amounts.map((amount) => amount.length))
  const room = Math.max(5, columns - labelWidth - amountWidth - 3)
  const most = Math.max(...bars.map(([, value]) => scaled(value, isLog)), Number.MIN_VALUE)
  return bars.map(([label, value], index) => {
    const cells = (scaled(value, isLog) / most) * room
    const bar = '█'.repeat(Math.floor(cells)) + (eighths[Math.floor((cells % 1) * 8)] ?? '')
    return `${pad(clip(label, Math.max(1, labelWidth)), labelWidth, 'right')} ${pad(amounts[index] ?? '', amountWidth, 'left')} ${bar}`
  })
}

function scaled(value: number, isLog: boolean): number {
  return isLog ? Math.log10(Math.max(1, value) * 2) : Math.max(0, value)
}

function showAmount(value: number): string {
  return Number.isInteger(value) ? showCount(value) : String(Number(value.toPrecision(4)))
}

const plotRows = 8

/** A block of rows for each line; places that are too many for the width are averaged, and a gap is a dot below. */
function lineBlocks(
  { panels, series, axis }: Extract<Content, { readonly kind: 'lines' }>,
  columns: number,
  isLog: boolean,
): string[] {
  const lines: string[] = []
  const shown = panels.flatMap(({ title, values }) =>
    values.map((line, index) => ({
      name: [title, series[index]].filter((one) => one !== null && one !== '').join(' · '),
      line,
    })),
  )
  const rows = shown.length === 1 ? plotRows : 3
  for (const { name, line } of shown) {
    const most = Math.max(0, ...line.map((value) => value ?? 0))
    const label = showAmount(most)
    const room = Math.max(8, columns - label.length - 1)
    const cells = squeeze(line, room)
    if (name !== '') lines.push(name)
    for (let row = rows - 1; row >= 0; row--) {
      const drawn = cells.map((value) =>
        value === null
          ? row === 0
            ? '·'
            : ' '
          : levels[levelIn(scaled(value, isLog), scaled(most, isLog), row, rows)],
      )
      lines.push(
        `${pad(row === rows - 1 ? label : row === 0 ? '0' : '', label.length, 'left')} ${drawn.join('')}`,
      )
    }
    const [first = '', last = ''] = [axis.places[0], axis.places.at(-1)]
    const gap = Math.max(1, Math.min(room, cells.length) - widthOf(first) - widthOf(last))
    lines.push(`${' '.repeat(label.length + 1)}${first}${' '.repeat(gap)}${last}`)
  }
  return lines
}

function squeeze(line: readonly (number | null)[], room: number): (number | null)[] {
  if (line.length <= room) return [...line]
  return Array.from({ length: room }, (_, cell) => {
    const part = line.slice(
      Math.floor((cell * line.length) / room),
      Math.floor(((cell + 1) * line.length) / room),
    )
    const known = part.filter((value) => value !== null)
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length
  })
}

/** How much of a row's cell is filled, in eighths; what is not nought shows. */
function levelIn(value: number, most: number, row: number, rows: number): number {
  const filled = most === 0 ? 0 : (value / most) * rows * 8 - row * 8
  return Math.max(
    0,
    Math.min(8, value > 0 && row === 0 ? Math.max(1, Math.round(filled)) : Math.round(filled)),
  )
}

const shades = [' ', '░', '▒', '▓', '█']

function heatLines(
  { xs, ys, panels }: Extract<Content, { readonly kind: 'heat' }>,
  columns: number,
  isLog: boolean,
): string[] {
  return panels.flatMap(({ title, cells }) => {
    const most = Math.max(...cells.map(([, , value]) => scaled(value, isLog)), Number.MIN_VALUE)
    const labelWidth = Math.min(Math.floor(columns / 4), Math.max(...ys.map(widthOf)))
    const room = Math.max(4, columns - labelWidth - 1)
    const rows = ys.map((label, y) => {
      const line = new Array<number>(Math.min(room, xs.length)).fill(0)
      for (const [x, row, value] of cells) {
        const at = xs.length <= room ? x : Math.floor((x * room) / xs.length)
        if (row === y) line[at] = Math.max(line[at] ?? 0, scaled(value, isLog))
      }
      return [
        label,
        line
          .map((value) => shades[value === 0 ? 0 : 1 + Math.min(3, Math.floor((value / most) * 3.999))])
          .join(''),
      ]
    })
    return [
      ...titled(title),
      ...alignColumns(rows, { cellWidthMax: room }),
      `${' '.repeat(labelWidth)}  ${xs[0] ?? ''} to ${xs.at(-1) ?? ''}`,
    ]
  })
}
