import { showAmount } from './amounts.ts'
import { amountAxis } from './axis.ts'
import type { BarsPanel, Content, Drawing } from './drawing.ts'
import { colorOf, type OptionPart, panelRects } from './frame.ts'
import { type BuildTools, type Built, bottomOf, optionOf } from './option-parts.ts'
import { ink, size } from './style.ts'
import { cut } from './text-layout.ts'

const barPx = 26
const axisRoom = 44

/** Bars that lie, one below another, with their amounts beside them. Every panel is as high as the one with the most bars. */
export function barsContent(
  drawing: Drawing,
  content: Extract<Content, { kind: 'bars' }>,
  { frame, measure }: BuildTools,
): Built {
  const { panels, series } = content
  const { logFrom } = drawing
  const most = Math.max(1, ...panels.map(({ bars }) => bars.length))
  const rects = panelRects(panels.length, frame, () => most * barPx + axisRoom)
  const all = panels.flatMap(({ bars }) => bars.map(({ total }) => total))
  const valueRoom = Math.max(0, ...all.map((total) => measure(showAmount(total), size.label))) + 12
  const option = optionOf(panels, rects, ({ bars }, rect, index) => {
    const labelMax = rect.width * 0.38
    const labels = bars.map(({ label }) => cut(label, labelMax, size.label, measure))
    const labelRoom = Math.max(0, ...labels.map((label) => measure(label, size.label))) + 10
    return {
      grid: {
        left: rect.x + labelRoom,
        top: rect.y,
        width: rect.width - labelRoom - valueRoom,
        height: bars.length * barPx,
      },
      xAxis: {
        ...amountAxis(all.map(Number), logFrom),
        gridIndex: index,
        name: drawing.unit,
        nameLocation: 'middle',
        nameGap: 26,
        nameTextStyle: { color: ink.faint, fontSize: size.axis },
      },
      yAxis: {
        type: 'category',
        gridIndex: index,
        inverse: true,
        data: labels,
        axisTick: { show: false },
        axisLine: { lineStyle: { color: ink.line } },
        axisLabel: { color: ink.text, fontSize: size.label, interval: 0, margin: 8 },
      },
      series: series.map((name, part) => ({
        ...partOfBars(bars, part, logFrom),
        name,
        xAxisIndex: index,
        yAxisIndex: index,
        stack: `panel ${index}`,
        ...(part === series.length - 1 ? { label: totalsBeside(bars) } : {}),
      })),
    }
  })
  return { option, rects, bottom: bottomOf(rects) }
}

/** A part of every bar. On a logarithmic scale there is nothing of one that is not positive. */
function partOfBars(bars: BarsPanel['bars'], part: number, logFrom: number | null): OptionPart {
  return {
    type: 'bar',
    barWidth: 17,
    silent: true,
    itemStyle: { color: colorOf(part) },
    data: bars.map(({ parts }) => {
      const value = parts[part] ?? 0
      return logFrom === null || value > 0 ? value : null
    }),
  }
}

/** Beside the last part stands what all of them come to. */
function totalsBeside(bars: BarsPanel['bars']): OptionPart {
  return {
    show: true,
    position: 'right',
    distance: 5,
    color: ink.text,
    fontSize: size.label,
    formatter: ({ dataIndex }: { readonly dataIndex: number }) => showAmount(bars[dataIndex]?.total ?? 0),
  }
}
