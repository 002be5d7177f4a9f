import type { Drawing } from './drawing.ts'
import { ink, seriesColors, size } from './style.ts'
import { cut, isolate, type Measure, wrap } from './text-layout.ts'

/** A piece of an option of ECharts. */
export type OptionPart = Readonly<Record<string, unknown>>

/** Where something is drawn, in pixels from the top left. */
export interface Rect {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** In units of the layout, of which a PNG has two pixels each; heights are as the content needs. */
export const pictureWidth = 1000
const margin = 28
const lineHeight = 1.4

/** The words around what is drawn, and the room they leave. */
export interface Frame {
  readonly graphics: readonly OptionPart[]
  /** Where what is drawn begins. */
  readonly top: number
  readonly left: number
  readonly width: number
  /** The words below it. Returns them and where the picture ends. */
  below(y: number): { readonly graphics: readonly OptionPart[]; readonly bottom: number }
}

/** One line, neither cut nor wrapped. Its top is at `y`; at `x` its left end, or what `align` says. */
export function text(
  line: string,
  x: number,
  y: number,
  style: { readonly px: number; readonly fill: string; readonly isBold?: boolean; readonly align?: string },
  family: string,
): OptionPart {
  const { px, fill, isBold = false, align = 'left' } = style
  return {
    type: 'text',
    x,
    y,
    silent: true,
    style: {
      text: isolate(line),
      fill,
      font: `${isBold ? 'bold ' : ''}${px}px ${family}`,
      textAlign: align,
      textVerticalAlign: 'top',
    },
  }
}

/** Sets title, subtitle, what is lacking, and the names of the series. */
export function frameOf(
  drawing: Drawing,
  series: readonly string[],
  family: string,
  measure: Measure,
): Frame {
  const width = pictureWidth - 2 * margin
  const graphics: OptionPart[] = []
  let y = 22
  const paragraph = (words: string, px: number, fill: string, isBold = false): void => {
    for (const line of wrap(words, width, px, measure, isBold)) {
      graphics.push(text(line, margin, y, { px, fill, isBold }, family))
      y += px * lineHeight
    }
  }
  paragraph(drawing.title, size.title, ink.title, true)
  y += 2
  paragraph(drawing.subtitle, size.subtitle, ink.faint)
  if (drawing.warnings.length > 0) {
    y += 8
    const lines = drawing.warnings.flatMap((words) => wrap(words, width - 40, size.warning, measure, true))
    const height = lines.length * size.warning * lineHeight + 14
    graphics.push({
      type: 'rect',
      silent: true,
      shape: { x: margin, y, width, height },
      style: { fill: ink.warnPaper, stroke: ink.warnLine, lineWidth: 1 },
    })
    graphics.push({
      type: 'rect',
      silent: true,
      shape: { x: margin, y, width: 6, height },
      style: { fill: ink.warnLine },
    })
    for (const [index, line] of lines.entries())
      graphics.push(
        text(
          line,
          margin + 18,
          y + 11 + index * size.warning * lineHeight,
          { px: size.warning, fill: ink.warnInk, isBold: true },
          family,
        ),
      )
    y += height
  }
  y += 12
  if (series.length > 1) y = legend(series, { x: margin, y, width }, { graphics, family, measure })
  return {
    graphics,
    top: y,
    left: margin,
    width,
    below: (from) => footer(drawing, { x: margin, y: from, width }, family, measure),
  }
}

function legend(
  names: readonly string[],
  at: { readonly x: number; readonly y: number; readonly width: number },
  to: { readonly graphics: OptionPart[]; readonly family: string; readonly measure: Measure },
): number {
  const { graphics, family, measure } = to
  let [x, y] = [at.x, at.y]
  for (const [index, name] of names.entries()) {
    const label = cut(name, at.width / 3, size.label, measure)
    const taken = 26 + measure(label, size.label) + 20
    if (x > at.x && x + taken > at.x + at.width) [x, y] = [at.x, y + 22]
    graphics.push({
      type: 'rect',
      silent: true,
      shape: { x, y: y + 1, width: 18, height: 11 },
      style: { fill: colorOf(index) },
    })
    graphics.push(text(label, x + 25, y, { px: size.label, fill: ink.text }, family))
    x += taken
  }
  return y + 28
}

/** What the colours of marks are called. */
const markColors = { gap: 'Yellow', partial: 'Grey' } as const

function footer(
  drawing: Drawing,
  at: { readonly x: number; readonly y: number; readonly width: number },
  family: string,
  measure: Measure,
): { graphics: OptionPart[]; bottom: number } {
  const graphics: OptionPart[] = []
  let y = at.y
  for (const [words, fill] of [
    ...drawing.marks.map(({ mark, words }) => [`${markColors[mark]}: ${words}`, ink.text] as const),
    ...drawing.notes.map((note) => [note, ink.text] as const),
    [drawing.source, ink.faint] as const,
  ]) {
    for (const line of wrap(words, at.width, size.note, measure)) {
      graphics.push(text(line, at.x, y, { px: size.note, fill }, family))
      y += size.note * lineHeight
    }
    y += 2
  }
  return { graphics, bottom: y + 16 }
}

/** What an upright axis counts, above it. */
export function unitText(
  { unit }: Drawing,
  { x, y, width }: Rect,
  { family, measure }: { readonly family: string; readonly measure: Measure },
): OptionPart {
  return text(cut(unit, width, size.axis, measure), x, y, { px: size.axis, fill: ink.faint }, family)
}

/** Of a series, by its place among all: from the ninth on colours come again. */
export function colorOf(index: number): string {
  return seriesColors[index % seriesColors.length] ?? '#000000'
}

/** Places for panels, row by row, each with room for a title where there are several. */
export function panelRects(
  count: number,
  frame: Pick<Frame, 'left' | 'top' | 'width'>,
  heightOf: (width: number) => number,
): Rect[] {
  const columns = count === 1 ? 1 : count <= 4 ? 2 : 3
  const gap = 26
  const width = (frame.width - gap * (columns - 1)) / columns
  const height = heightOf(width)
  const titled = count === 1 ? 0 : 24
  return Array.from({ length: count }, (_, index) => ({
    x: frame.left + (index % columns) * (width + gap),
    y: frame.top + Math.floor(index / columns) * (height + titled + 16) + titled,
    width,
    height,
  }))
}

/** Above each panel its title, cut to the panel's width. `titles` and `rects` go together by place; null is a panel without. */
export function panelTitles(
  titles: readonly (string | null)[],
  rects: readonly Rect[],
  family: string,
  measure: Measure,
): OptionPart[] {
  return titles.flatMap((title, index) => {
    const rect = rects[index]
    return title === null || rect === undefined
      ? []
      : [
          text(
            cut(title, rect.width, size.label, measure, true),
            rect.x,
            rect.y - 20,
            { px: size.label, fill: ink.title, isBold: true },
            family,
          ),
        ]
  })
}
