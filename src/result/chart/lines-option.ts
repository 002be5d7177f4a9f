import { amountAxis, widestAmount } from './axis.ts'
import type { Content, Drawing, LineAxis } from './drawing.ts'
import { colorOf, type OptionPart, panelRects, unitText } from './frame.ts'
import { type BuildTools, type Built, bottomOf, optionOf } from './option-parts.ts'
import { ink, size } from './style.ts'
import { cut, roundUp } from './text-layout.ts'

const axisRoom = 34
/** So few points that each can be marked. */
const markedMax = 31
const dashes = ['solid', 'solid', 'solid', 'solid', [6, 3], [2, 3], [8, 3, 2, 3], [1, 2]] as const

type Lines = Extract<Content, { kind: 'lines' }>

/** Lines, or areas on top of each other, over days, numbers or names; what is not known is a gap, never nought. */
export function linesContent(
  drawing: Drawing,
  content: Lines,
  { frame, family, measure }: BuildTools,
): Built {
  const { panels, series, axis, isStacked } = content
  const rects = panelRects(panels.length, frame, (width) =>
    panels.length === 1 ? 400 : Math.max(170, width * 0.45),
  )
  const all = panels
    .flatMap(({ values }) => (isStacked ? stackedTops(values) : values.flat()))
    .filter((value): value is number => value !== null)
  const isLog = drawing.logFrom !== null
  const shown = isLog ? all.filter((value) => value > 0) : all
  const labelRoom = widestAmount([...shown, roundUp(Math.max(0, ...shown)), 1000], size.axis, measure) + 14
  const option = optionOf(panels, rects, ({ values }, rect, index) => {
    const width = rect.width - labelRoom - 8
    return {
      grid: {
        left: rect.x + labelRoom,
        top: rect.y + 22,
        width,
        height: rect.height - axisRoom - 22,
      },
      xAxis: { ...placesAxis(axis, width, measure), gridIndex: index },
      yAxis: { ...amountAxis(shown, drawing.logFrom), gridIndex: index },
      series: series.map((name, line) => ({
        type: 'line',
        name,
        xAxisIndex: index,
        yAxisIndex: index,
        silent: true,
        connectNulls: false,
        showSymbol: true,
        symbolSize: 5,
        ...(isStacked ? { stack: `panel ${index}`, areaStyle: { opacity: 0.75 } } : {}),
        lineStyle: { width: isStacked ? 1 : 1.8, type: dashes[line] ?? 'solid', color: colorOf(line) },
        itemStyle: { color: colorOf(line) },
        data: points(axis, values[line] ?? [], isLog),
        ...(line === 0 ? { markArea: { silent: true, data: bands(axis, values) } } : {}),
      })),
    }
  })
  const graphics = rects.map((rect) => unitText(drawing, rect, { family, measure }))
  return { option, rects, graphics, bottom: bottomOf(rects) }
}

function stackedTops(values: readonly (readonly (number | null)[])[]): number[] {
  return (values[0] ?? []).map((_, place) => values.reduce((sum, line) => sum + (line[place] ?? 0), 0))
}

function isDated({ kind }: LineAxis): boolean {
  return kind === 'days' || kind === 'months'
}

function placesAxis(
  axis: LineAxis,
  width: number,
  measure: (text: string, px: number) => number,
): OptionPart {
  const style = {
    axisLine: { lineStyle: { color: ink.line } },
    axisTick: { lineStyle: { color: ink.line } },
    splitLine: { show: false },
  }
  const axisLabel = { color: ink.faint, fontSize: size.axis, hideOverlap: true }
  // Of few days each is named, the first of a month as well.
  const isOfDays = axis.kind === 'days' && axis.places.length <= markedMax
  if (isDated(axis))
    return {
      type: 'time',
      min: axis.places[0],
      max: axis.places.at(-1),
      axisLabel: {
        ...axisLabel,
        formatter: {
          year: isOfDays ? '{MMM} {d}' : '{yyyy}',
          month: isOfDays ? '{MMM} {d}' : '{MMM}',
          day: '{MMM} {d}',
        },
        showMinLabel: true,
      },
      splitNumber: Math.max(2, Math.floor(width / 80)),
      // Between two days there is nothing to be told.
      minInterval: (axis.kind === 'days' ? 1 : 28) * 86_400_000,
      ...style,
    }
  if (axis.kind === 'numbers') return { type: 'value', min: 'dataMin', max: 'dataMax', axisLabel, ...style }
  const room = Math.max(24, width / axis.places.length - 6)
  const every = Math.max(1, Math.ceil(44 / (width / axis.places.length)))
  return {
    type: 'category',
    data: axis.places.map((place) => cut(place, room * every, size.axis, measure)),
    axisLabel: { ...axisLabel, interval: every - 1 },
    ...style,
  }
}

function points(axis: LineAxis, values: readonly (number | null)[], isLog: boolean): unknown[] {
  return values.map((value, index) => {
    const y = value === null || (isLog && value <= 0) ? null : value
    const isAlone = y !== null && (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null
    const place =
      axis.kind === 'names'
        ? index
        : axis.kind === 'numbers'
          ? Number(axis.places[index])
          : axis.places[index]
    return { value: [place, y], symbol: isAlone || values.length <= markedMax ? 'circle' : 'none' }
  })
}

/** Days that nothing is known of, and days that were read in part. */
function bands(axis: LineAxis, values: readonly (readonly (number | null)[])[]): unknown[] {
  if (axis.kind !== 'days') return []
  const isGap = axis.places.map((_, place) => values.every((line) => line[place] === null))
  return axis.places.flatMap((day, place) => {
    const color = isGap[place] === true ? ink.warnPaper : axis.partial.includes(place) ? ink.partial : null
    if (color === null) return []
    const noon = Date.parse(day)
    return [[{ xAxis: noon - 43_200_000, itemStyle: { color } }, { xAxis: noon + 43_200_000 }]]
  })
}
