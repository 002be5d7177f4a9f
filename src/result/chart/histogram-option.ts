import { showOnAxis } from './amounts.ts'
import { amountAxis, widestAmount } from './axis.ts'
import type { Content, Drawing } from './drawing.ts'
import { colorOf, panelRects, unitText } from './frame.ts'
import type { BuildTools, Built } from './option-parts.ts'
import { ink, size } from './style.ts'

/** What ECharts hands to the drawer of one item. */
interface ItemApi {
  value(index: number): number
  coord(point: readonly [number, number]): readonly [number, number]
}

/** Bars that touch, over an axis of numbers. Only the first panel is drawn: there is never another one. */
export function histogramContent(
  drawing: Drawing,
  { panels }: Extract<Content, { kind: 'histogram' }>,
  { frame, family, measure }: BuildTools,
): Built {
  const rects = panelRects(1, frame, () => 400)
  const bins = panels[0]?.bins ?? []
  const [rect] = rects
  if (rect === undefined) return { option: {}, rects, bottom: frame.top }
  const counts = bins.map(({ count }) => count)
  const axis = amountAxis(counts, drawing.logFrom)
  const room = widestAmount([...counts, Number(axis.max)], size.axis, measure) + 14
  const floor = drawing.logFrom ?? 0
  const option = {
    grid: { left: rect.x + room, top: rect.y + 22, width: rect.width - room - 30, height: rect.height - 60 },
    xAxis: {
      type: 'value',
      min: bins[0]?.from ?? 0,
      max: bins.at(-1)?.to ?? 1,
      splitLine: { show: false },
      axisLine: { lineStyle: { color: ink.line } },
      axisLabel: {
        color: ink.faint,
        fontSize: size.axis,
        hideOverlap: true,
        formatter: (value: number) => showOnAxis(value),
      },
      name: drawing.title.split(' of ')[0] ?? '',
      nameLocation: 'middle',
      nameGap: 26,
      nameTextStyle: { color: ink.faint, fontSize: size.axis },
    },
    yAxis: axis,
    series: {
      type: 'custom',
      silent: true,
      data: bins.filter(({ count }) => count > 0).map(({ from, to, count }) => [from, to, count]),
      renderItem: (_: unknown, api: ItemApi) => {
        const [left, top] = api.coord([api.value(0), api.value(2)])
        const [right, bottom] = api.coord([api.value(1), floor])
        return {
          type: 'rect',
          shape: { x: left + 0.5, y: top, width: Math.max(1, right - left - 1), height: bottom - top },
          style: { fill: colorOf(0) },
        }
      },
    },
  }
  const graphics = [unitText(drawing, rect, { family, measure })]
  return { option, rects, graphics, bottom: rect.y + rect.height }
}
