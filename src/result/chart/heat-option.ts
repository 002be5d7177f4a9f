import { showAmount } from './amounts.ts'
import type { BuildTools, Built } from './bars-option.ts'
import { colorScale } from './color-scale.ts'
import type { Content, Drawing } from './drawing.ts'
import { type Part, panelRects, text } from './frame.ts'
import { ink, size } from './style.ts'
import { cut } from './text-layout.ts'

const scaleRoom = 30

/** A cell a column and row, with its amount written where it fits, below a scale that all panels share. */
export function heatContent(
  drawing: Drawing,
  { xs, ys, gaps, panels }: Extract<Content, { kind: 'heat' }>,
  { frame, family, measure }: BuildTools,
): Built {
  const rowPx = ys.length <= 40 ? 24 : Math.max(3, 960 / ys.length)
  const xLabels = xs.map((label) => cut(label, 110, size.axis, measure))
  const widest = Math.max(...xLabels.map((label) => measure(label, size.axis)))
  const rects = panelRects(
    panels.length,
    { ...frame, top: frame.top + scaleRoom },
    () => ys.length * rowPx + Math.min(widest, 110) + 16,
  )
  const scale = colorScale(
    panels.flatMap(({ cells }) => cells.map(([, , value]) => value)),
    drawing.logFrom !== null,
  )
  const option: Record<'grid' | 'xAxis' | 'yAxis' | 'series', Part[]> = {
    grid: [],
    xAxis: [],
    yAxis: [],
    series: [],
  }
  for (const [index, { cells }] of panels.entries()) {
    const rect = rects[index]
    if (rect === undefined) continue
    const yLabels = ys.map((label) => cut(label, rect.width * 0.3, size.axis, measure))
    const room = Math.max(...yLabels.map((label) => measure(label, size.axis))) + 10
    const columnPx = (rect.width - room) / xs.length
    const isTurned = widest + 8 > columnPx
    const everyX = Math.max(1, Math.ceil(16 / columnPx))
    const everyY = Math.max(1, Math.ceil(15 / rowPx))
    const isWritten =
      columnPx > Math.max(...cells.map(([, , value]) => measure(showAmount(value), 11))) + 4 && rowPx >= 16
    option.grid.push({
      left: rect.x + room,
      top: rect.y,
      width: rect.width - room,
      height: ys.length * rowPx,
    })
    option.xAxis.push({
      type: 'category',
      gridIndex: index,
      data: xLabels,
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { color: ink.text, fontSize: size.axis, interval: everyX - 1, rotate: isTurned ? 90 : 0 },
    })
    option.yAxis.push({
      type: 'category',
      gridIndex: index,
      inverse: true,
      data: yLabels,
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { color: ink.text, fontSize: size.axis, interval: everyY - 1 },
    })
    option.series.push({
      type: 'heatmap',
      xAxisIndex: index,
      yAxisIndex: index,
      silent: true,
      itemStyle: { borderColor: ink.paper, borderWidth: columnPx > 6 && rowPx > 6 ? 1 : 0 },
      data: [
        ...gapCells(xs.length, ys.length, gaps),
        ...cells
          .filter(([, , value]) => drawing.logFrom === null || value > 0)
          .map(([x, y, value]) => ({
            value: [x, y, scale.place(value)],
            label: {
              show: isWritten,
              formatter: showAmount(value),
              fontSize: 11,
              color: scale.isDark(value) ? '#ffffff' : ink.text,
            },
          })),
      ],
    })
  }
  const visualMap = scale.visualMap(
    frame.left + measure(drawing.unit, size.axis) + 14,
    frame.top,
    panels.map((_, index) => index),
    2,
  )
  const graphics = [text(drawing.unit, frame.left, frame.top, { px: size.axis, fill: ink.faint }, family)]
  return {
    option: { ...option, visualMap },
    rects,
    graphics,
    bottom: Math.max(...rects.map(({ y, height }) => y + height)),
  }
}

/** Columns and rows that nothing is known of, in a colour that is none of the scale. */
function gapCells(columns: number, rows: number, gaps: Extract<Content, { kind: 'heat' }>['gaps']): Part[] {
  const [xs, ys] = [new Set(gaps.xs), new Set(gaps.ys)]
  const cells: Part[] = []
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
