import { showAmount } from './amounts.ts'
import { amountAxis } from './axis.ts'
import type { Content, Drawing } from './drawing.ts'
import { colorOf, type Frame, type Part, panelRects, type Rect } from './frame.ts'
import { ink, size } from './style.ts'
import { cut, type Measure } from './text-layout.ts'

/** What the makers of options are given. */
export interface BuildTools {
  readonly frame: Frame
  readonly family: string
  readonly measure: Measure
}

/** What is drawn between the words. */
export interface Built {
  readonly option: Part
  readonly rects: readonly Rect[]
  readonly bottom: number
  readonly graphics?: readonly Part[]
}

const barPx = 26
const axisRoom = 44

/** Bars that lie, one below another, with their amounts beside them. Every panel is as high as the one with the most bars. */
export function barsContent(
  drawing: Drawing,
  content: Extract<Content, { kind: 'bars' }>,
  { frame, measure }: BuildTools,
): Built {
  const { panels, series } = content
  const most = Math.max(1, ...panels.map(({ bars }) => bars.length))
  const rects = panelRects(panels.length, frame, () => most * barPx + axisRoom)
  const all = panels.flatMap(({ bars }) => bars.map(({ total }) => total))
  const valueRoom = Math.max(0, ...all.map((total) => measure(showAmount(total), size.label))) + 12
  const { logFrom } = drawing
  const option: Record<'grid' | 'xAxis' | 'yAxis' | 'series', Part[]> = {
    grid: [],
    xAxis: [],
    yAxis: [],
    series: [],
  }
  for (const [index, { bars }] of panels.entries()) {
    const rect = rects[index]
    if (rect === undefined) continue
    const labelMax = rect.width * 0.38
    const labels = bars.map(({ label }) => cut(label, labelMax, size.label, measure))
    const labelRoom = Math.max(0, ...labels.map((label) => measure(label, size.label))) + 10
    option.grid.push({
      left: rect.x + labelRoom,
      top: rect.y,
      width: rect.width - labelRoom - valueRoom,
      height: bars.length * barPx,
    })
    option.xAxis.push({
      ...amountAxis(all.map(Number), logFrom),
      gridIndex: index,
      name: drawing.unit,
      nameLocation: 'middle',
      nameGap: 26,
      nameTextStyle: { color: ink.faint, fontSize: size.axis },
    })
    option.yAxis.push({
      type: 'category',
      gridIndex: index,
      inverse: true,
      data: labels,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: ink.line } },
      axisLabel: { color: ink.text, fontSize: size.label, interval: 0, margin: 8 },
    })
    for (const [part, name] of series.entries()) {
      const isLast = part === series.length - 1
      option.series.push({
        type: 'bar',
        name,
        xAxisIndex: index,
        yAxisIndex: index,
        stack: `panel ${index}`,
        barWidth: 17,
        silent: true,
        itemStyle: { color: colorOf(part) },
        data: bars.map(({ parts }) => {
          const value = parts[part] ?? 0
          return logFrom === null || value > 0 ? value : null
        }),
        ...(isLast
          ? {
              label: {
                show: true,
                position: 'right',
                distance: 5,
                color: ink.text,
                fontSize: size.label,
                formatter: ({ dataIndex }: { readonly dataIndex: number }) =>
                  showAmount(bars[dataIndex]?.total ?? 0),
              },
            }
          : {}),
      })
    }
  }
  return { option, rects, bottom: Math.max(...rects.map(({ y, height }) => y + height)) }
}
