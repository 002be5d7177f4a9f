import type { Part } from './frame.ts'
import { number } from './plan-drawing.ts'
import { ink, size } from './style.ts'
import { roundUp } from './text-layout.ts'

/** An axis of amounts from nought, or from the power of ten below the least on a logarithmic scale. */
export function amountAxis(values: readonly number[], isLog: boolean): Part {
  const finite = values.filter(Number.isFinite)
  const style = {
    splitLine: { lineStyle: { color: ink.grid } },
    axisLine: { show: false },
    axisTick: { show: false },
  }
  const axisLabel = {
    color: ink.faint,
    fontSize: size.axis,
    hideOverlap: true,
    formatter: (value: number) => number(value),
  }
  const most = Math.max(0, ...finite)
  if (!isLog)
    return {
      type: 'value',
      min: Math.min(0, ...finite) < 0 ? -roundUp(-Math.min(...finite)) : 0,
      max: most === 0 ? 1 : roundUp(most),
      splitNumber: 4,
      axisLabel,
      ...style,
    }
  const least = Math.min(...finite.filter((value) => value > 0))
  return {
    type: 'log',
    logBase: 10,
    min: logFloor(least),
    max: 10 ** Math.ceil(Math.log10(Math.max(most, least) * 1.0001)),
    axisLabel,
    ...style,
  }
}

/** A power of ten that leaves the least value something to be seen of. */
function logFloor(least: number): number {
  return Number.isFinite(least) ? 10 ** Math.floor(Math.log10(least) - 0.3) : 0.1
}

export function widestAmount(
  values: readonly number[],
  px: number,
  measure: (text: string, px: number) => number,
): number {
  return Math.max(0, ...values.map((value) => measure(number(value), px)))
}
