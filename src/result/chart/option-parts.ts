/** What the makers of options, one for each kind of chart, are given, and what they make. */
import type { Frame, OptionPart, Rect } from './frame.ts'
import type { Measure } from './text-layout.ts'

/** What the makers of options are given. */
export interface BuildTools {
  readonly frame: Frame
  readonly family: string
  readonly measure: Measure
}

/** What is drawn between the words. */
export interface Built {
  readonly option: OptionPart
  readonly rects: readonly Rect[]
  readonly bottom: number
  readonly graphics?: readonly OptionPart[]
}

/** A panel with two axes. */
export interface PanelParts {
  readonly grid: OptionPart
  readonly xAxis: OptionPart
  readonly yAxis: OptionPart
  readonly series: readonly OptionPart[]
}

/** Panels with two axes each, as ECharts takes them: grids and axes are known by the panel's index. */
export function optionOf<P>(
  panels: readonly P[],
  rects: readonly Rect[],
  partsOf: (panel: P, rect: Rect, index: number) => PanelParts,
): Record<'grid' | 'xAxis' | 'yAxis' | 'series', readonly OptionPart[]> {
  const parts = panels.flatMap((panel, index) => {
    const rect = rects[index]
    return rect === undefined ? [] : [partsOf(panel, rect, index)]
  })
  return {
    grid: parts.map(({ grid }) => grid),
    xAxis: parts.map(({ xAxis }) => xAxis),
    yAxis: parts.map(({ yAxis }) => yAxis),
    series: parts.flatMap(({ series }) => series),
  }
}

/** Where the lowest of them ends. */
export function bottomOf(rects: readonly Rect[]): number {
  return Math.max(...rects.map(({ y, height }) => y + height))
}
