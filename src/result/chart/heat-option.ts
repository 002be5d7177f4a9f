import { showAmount } from './amounts.ts'
import { type ColorScale, colorScale } from './color-scale.ts'
import type { Content, Drawing, HeatPanel } from './drawing.ts'
import { type OptionPart, panelRects, type Rect, text } from './frame.ts'
import { type BuildTools, type Built, bottomOf, optionOf, type PanelParts } from './option-parts.ts'
import { ink, size } from './style.ts'
import { cut, type Measure } from './text-layout.ts'

type Heat = Extract<Content, { kind: 'heat' }>

const scaleRoom = 30
const amountSize = 11

/** What the panels have in common. */
interface Sheet {
  readonly heat: Heat
  readonly rowPx: number
  readonly xLabels: readonly string[]
  /** Pixels that the widest of these takes. */
  readonly widest: number
  readonly scale: ColorScale
  readonly isLog: boolean
  readonly measure: Measure
}

/** A cell a column and row, with its amount written where it fits, below a scale that all panels share. */
export function heatContent(drawing: Drawing, heat: Heat, { frame, family, measure }: BuildTools): Built {
  const { xs, ys, panels } = heat
  const rowPx = ys.length <= 40 ? 24 : Math.max(3, 960 / ys.length)
  const xLabels = xs.map((label) => cut(label, 110, size.axis, measure))
  const widest = Math.max(...xLabels.map((label) => measure(label, size.axis)))
  const rects = panelRects(
    panels.length,
    { ...frame, top: frame.top + scaleRoom },
    () => ys.length * rowPx + Math.min(widest, 110) + 16,
  )
  const isLog = drawing.logFrom !== null
  const amounts = panels.flatMap(({ cells }) => cells.map(([, , value]) => value))
  const scale = colorScale(amounts, isLog)
  const sheet = { heat, rowPx, xLabels, widest, scale, isLog, measure }
  const option = optionOf(panels, rects, (panel, rect, index) => panelParts(sheet, panel, rect, index))
  const visualMap = scale.visualMap(
    frame.left + measure(drawing.unit, size.axis) + 14,
    frame.top,
    panels.map((_, index) => index),
    2,
  )
  const graphics = [text(drawing.unit, frame.left, frame.top, { px: size.axis, fill: ink.faint }, family)]
  return { option: { ...option, visualMap }, rects, graphics, bottom: bottomOf(rects) }
}

/** Of names that are too close to each other, only some are written. */
function panelParts(sheet: Sheet, { cells }: HeatPanel, rect: Rect, index: number): PanelParts {
  const { heat, rowPx, xLabels, widest, measure } = sheet
  const { xs, ys } = heat
  const yLabels = ys.map((label) => cut(label, rect.width * 0.3, size.axis, measure))
  const room = Math.max(...yLabels.map((label) => measure(label, size.axis))) + 10
  const columnPx = (rect.width - room) / xs.length
  const isTurned = widest + 8 > columnPx
  const everyX = Math.max(1, Math.ceil(16 / columnPx))
  const everyY = Math.max(1, Math.ceil(15 / rowPx))
  return {
    grid: {
      left: rect.x + room,
      top: rect.y,
      width: rect.width - room,
      height: ys.length * rowPx,
    },
    xAxis: {
      type: 'category',
      gridIndex: index,
      data: xLabels,
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { color: ink.text, fontSize: size.axis, interval: everyX - 1, rotate: isTurned ? 90 : 0 },
    },
    yAxis: {
      type: 'category',
      gridIndex: index,
      inverse: true,
      data: yLabels,
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { color: ink.text, fontSize: size.axis, interval: everyY - 1 },
    },
    series: [cellSeries(sheet, cells, columnPx, index)],
  }
}

function cellSeries(sheet: Sheet, cells: HeatPanel['cells'], columnPx: number, index: number): OptionPart {
  const { heat, rowPx, scale, isLog, measure } = sheet
  const widestAmount = Math.max(...cells.map(([, , value]) => measure(showAmount(value), amountSize)))
  const isWritten = columnPx > widestAmount + 4 && rowPx >= 16
  return {
    type: 'heatmap',
    xAxisIndex: index,
    yAxisIndex: index,
    silent: true,
    itemStyle: { borderColor: ink.paper, borderWidth: columnPx > 6 && rowPx > 6 ? 1 : 0 },
    data: [
      ...gapCells(heat.xs.length, heat.ys.length, heat.gaps),
      ...cells
        .filter(([, , value]) => !isLog || value > 0)
        .map(([x, y, value]) => ({
          value: [x, y, scale.place(value)],
          label: {
            show: isWritten,
            formatter: showAmount(value),
            fontSize: amountSize,
            color: scale.isDark(value) ? '#ffffff' : ink.text,
          },
        })),
    ],
  }
}

/** Columns and rows that nothing is known of, in a colour that is none of the scale. */
function gapCells(columns: number, rows: number, gaps: Heat['gaps']): OptionPart[] {
  const [xs, ys] = [new Set(gaps.xs), new Set(gaps.ys)]
  const cells: OptionPart[] = []
  for (let y = 0; y < rows; y += 1)
    for (let x = 0; x < columns; x += 1)
      if (xs.has(x) || ys.has(y))
        cells.push({
          value: [x, y, 0],
          visualMap: false,
          itemStyle: { color: ink.warnPaper },
          label: { show: false },
        })
  return cells
}
