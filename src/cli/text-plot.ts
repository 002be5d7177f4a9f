import { type Amount, type Drawing, plus, showAmount, showOnAxis } from '../result/index.ts'
import { clip, pad, widthOf } from './cells.ts'

type Content = Drawing['content']

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']
const levels = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** Where nothing is known. */
const gapMark = '·'

/** Draws for a terminal, in lines of at most so many cells. */
export function textPlot(drawing: Drawing, columns: number): string[] {
  const { title, subtitle, warnings, marks, notes, source } = drawing
  return [
    title,
    subtitle,
    ...warnings.map((warning) => `! ${warning}`),
    '',
    ...bodyOf(drawing, columns),
    '',
    ...marks.map(({ mark, words }) => (mark === 'gap' ? `${gapMark}: ${words}` : words)),
    ...notes,
    source,
    '',
  ].map((line) => clip(line, columns))
}

function bodyOf(drawing: Drawing, columns: number): string[] {
  const { content, logFrom } = drawing
  switch (content.kind) {
    case 'bars':
      return content.panels.flatMap(({ title, bars }) => [
        ...titled(title),
        ...barLines(
          bars.map(({ label, total }) => [label, total]),
          { columns, logFrom },
        ),
      ])
    case 'histogram':
      return barLines(
        content.panels[0]?.bins.map(({ from, to, count }) => [`${from}–${to}`, count] as const) ?? [],
        { columns, logFrom },
      )
    case 'map':
      return content.panels.flatMap(({ title, values }) => {
        const sorted = [...values].sort((a, b) => (a[1] < b[1] ? 1 : a[1] > b[1] ? -1 : 0))
        const rest = sorted.slice(20)
        const more =
          rest.length === 0
            ? []
            : [
                `${rest.length} more countries: ${showAmount(rest.reduce((sum: Amount, [, value]) => plus(sum, value), 0))}`,
              ]
        return [...titled(title), ...barLines(sorted.slice(0, 20), { columns, logFrom }), ...more]
      })
    case 'lines':
      return lineBlocks(content, columns, logFrom)
    case 'heat':
      return heatLines(content, columns, logFrom)
  }
}

function titled(title: string | null): string[] {
  return title === null ? [] : ['', title]
}

function barLines(
  bars: readonly (readonly [label: string, value: Amount])[],
  { columns, logFrom }: { readonly columns: number; readonly logFrom: number | null },
): string[] {
  const labelWidth = Math.min(Math.floor(columns / 3), Math.max(0, ...bars.map(([label]) => widthOf(label))))
  const amounts = bars.map(([, value]) => showAmount(value))
  const amountWidth = Math.max(0, ...amounts.map((amount) => amount.length))
  const room = Math.max(5, columns - labelWidth - amountWidth - 3)
  const most = Math.max(...bars.map(([, value]) => scaled(value, logFrom)), Number.MIN_VALUE)
  return bars.map(([label, value], index) => {
    const cells = (scaled(value, logFrom) / most) * room
    const bar = '█'.repeat(Math.floor(cells)) + (eighths[Math.floor((cells % 1) * 8)] ?? '')
    return `${pad(clip(label, Math.max(1, labelWidth)), labelWidth, 'right')} ${pad(amounts[index] ?? '', amountWidth, 'left')} ${bar}`
  })
}

/** How far from where its scale begins. */
function scaled(value: Amount, logFrom: number | null): number {
  const number = Number(value)
  if (logFrom === null) return Math.max(0, number)
  return number > logFrom ? Math.log10(number / logFrom) : 0
}

const plotRows = 8

/** A block of rows for each line; places that are too many for the width are averaged, and a gap is a dot below. */
function lineBlocks(
  { panels, series, axis }: Extract<Content, { readonly kind: 'lines' }>,
  columns: number,
  logFrom: number | null,
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
    const most = Math.max(0, ...line.map((value) => value ?? 0)) || 1
    const [above, below] = [showOnAxis(most), showOnAxis(logFrom ?? 0)]
    const labelWidth = Math.max(above.length, below.length)
    const room = Math.max(8, columns - labelWidth - 1)
    const cells = squeeze(line, room)
    if (name !== '') lines.push(name)
    for (let row = rows - 1; row >= 0; row--) {
      const drawn = cells.map((value) =>
        value === null
          ? row === 0
            ? gapMark
            : ' '
          : levels[levelIn(scaled(value, logFrom), scaled(most, logFrom), row, rows)],
      )
      lines.push(
        `${pad(row === rows - 1 ? above : row === 0 ? below : '', labelWidth, 'left')} ${drawn.join('')}`,
      )
    }
    const gaps = line.map((value) => value === null)
    lines.push(...hiddenGaps(gaps, room).map((marks) => `${' '.repeat(labelWidth + 1)}${marks}`))
    const [first = '', last = ''] = [axis.places[0], axis.places.at(-1)]
    const gap = Math.max(1, Math.min(room, cells.length) - widthOf(first) - widthOf(last))
    lines.push(`${' '.repeat(labelWidth + 1)}${first}${' '.repeat(gap)}${last}`)
  }
  return lines
}

/** Where several places share a cell, and nothing is known of some of them alone: a line of marks below, if there are such. */
function hiddenGaps(gaps: readonly boolean[], room: number): string[] {
  const cells = Array.from({ length: Math.min(room, gaps.length) }, (_, cell): string => {
    const part = partOf(gaps, cell, room)
    return part.includes(true) && part.includes(false) ? gapMark : ' '
  })
  const marks = cells.join('').trimEnd()
  return marks === '' ? [] : [marks]
}

/** The places that share a cell. */
function partOf<T>(places: readonly T[], cell: number, room: number): readonly T[] {
  if (places.length <= room) return places.slice(cell, cell + 1)
  const [from, to] = [(cell * places.length) / room, ((cell + 1) * places.length) / room]
  return places.slice(Math.floor(from), Math.floor(to))
}

function squeeze(line: readonly (number | null)[], room: number): (number | null)[] {
  if (line.length <= room) return [...line]
  return Array.from({ length: room }, (_, cell) => {
    const part = partOf(line, cell, room)
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
  { xs, ys, gaps, panels }: Extract<Content, { readonly kind: 'heat' }>,
  columns: number,
  logFrom: number | null,
): string[] {
  const labelWidth = Math.min(Math.floor(columns / 4), Math.max(...ys.map(widthOf)))
  const room = Math.max(4, columns - labelWidth - 2)
  const isGap = xs.map((_, x) => gaps.xs.includes(x))
  const below = [...hiddenGaps(isGap, room), `${xs[0] ?? ''} to ${xs.at(-1) ?? ''}`]
  return panels.flatMap(({ title, cells }) => {
    const rows = ys.map(() => new Array<number>(xs.length).fill(0))
    for (const [x, y, value] of cells) {
      const row = rows[y]
      if (row !== undefined) row[x] = scaled(value, logFrom)
    }
    const most = Math.max(...rows.flat(), Number.MIN_VALUE)
    const drawn = rows.map((row, y) =>
      Array.from({ length: Math.min(room, xs.length) }, (_, cell) => {
        if (gaps.ys.includes(y) || !partOf(isGap, cell, room).includes(false)) return gapMark
        const value = Math.max(...partOf(row, cell, room))
        return shades[value === 0 ? 0 : 1 + Math.min(3, Math.floor((value / most) * 3.999))]
      }).join(''),
    )
    return [
      ...titled(title),
      ...ys.map((label, y) =>
        `${pad(clip(label, labelWidth), labelWidth, 'right')}  ${drawn[y] ?? ''}`.trimEnd(),
      ),
      ...below.map((line) => `${' '.repeat(labelWidth)}  ${line}`),
    ]
  })
}
