import { type Amount, showOnAxis } from './amounts.ts'
import type { OptionPart } from './frame.ts'
import { ink, scaleColors, size } from './style.ts'

/** Colours for amounts, with the place the amounts have on the scale. */
export interface ColorScale {
  /** What ECharts is given in the place of an amount. */
  place(value: Amount): number
  /** Is the colour so dark that letters on it are white? */
  isDark(value: Amount): boolean
  visualMap(left: number, top: number, seriesIndex: readonly number[], dimension?: number): OptionPart
}

/**
 * A scale from nought, or the least amount below it, to the largest. A logarithmic one begins at the least positive amount: what is not positive
 * has no place on it, and must not be asked for.
 */
export function colorScale(amounts: readonly Amount[], isLog: boolean): ColorScale {
  const values = amounts.map(Number)
  const shown = isLog ? values.filter((value) => value > 0) : values
  const most = Math.max(...shown)
  const least = isLog ? Math.min(...shown) : Math.min(0, ...shown)
  const place = (value: Amount): number => (isLog ? Math.log10(Number(value)) : Number(value))
  const [min, max] =
    shown.length === 0 ? [0, 1] : [place(least), least === most ? place(most) + 1 : place(most)]
  return {
    place,
    isDark: (value) => (place(value) - min) / (max - min) > 0.55,
    visualMap: (left, top, seriesIndex, dimension) => ({
      type: 'continuous',
      min,
      max,
      left,
      top,
      orient: 'horizontal',
      calculable: false,
      itemWidth: 12,
      itemHeight: 180,
      hoverLink: false,
      seriesIndex,
      ...(dimension === undefined ? {} : { dimension }),
      inRange: { color: [...scaleColors] },
      text: [showOnAxis(shown.length === 0 ? 0 : most), showOnAxis(shown.length === 0 ? 0 : least)],
      textGap: 8,
      padding: 0,
      textStyle: { color: ink.text, fontSize: size.axis },
    }),
  }
}
