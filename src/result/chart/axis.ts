import { showOnAxis } from './amounts.ts'
import type { OptionPart } from './frame.ts'
import { ink, size } from './style.ts'
import { roundUp } from './text-layout.ts'

/** An axis of amounts from nought, or from where a logarithmic scale begins. */
export function amountAxis(values: readonly number[], logFrom: number | null): OptionPart {
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
    formatter: (value: number) => showOnAxis(value),
  }
  const most = Math.max(0, ...finite)
  if (logFrom === null) {
    const isFromNought = Math.min(0, ...finite) >= 0
    const max = most < leastAmount ? 1 : roundUp(most)
    return {
      type: 'value',
      min: isFromNought ? 0 : -roundUp(-Math.min(...finite)),
      max,
      ...(isFromNought ? { interval: stepOf(max, finite.every(Number.isInteger)) } : { splitNumber: 4 }),
      axisLabel,
      ...style,
    }
  }
  return {
    type: 'log',
    logBase: 10,
    min: logFrom,
    max: 10 ** Math.ceil(Math.log10(Math.max(most, logFrom) * 1.0001)),
    // Bars begin at 1 otherwise, wherever the axis does.
    startValue: logFrom,
    axisLabel,
    ...style,
  }
}

/** Less than this is nought to the eye, and its powers of ten are nought to a double. */
const leastAmount = 1e-300

/** The step that divides a round number into three to five; what is counted in whole numbers has no halves. */
function stepOf(max: number, isWhole: boolean): number {
  const power = 10 ** Math.floor(Math.log10(max * (1 + 1e-9)))
  const step = steps[(max / power).toPrecision(2)] ?? max / power / 4
  return Math.max(Number((step * power).toPrecision(12)), isWhole ? 1 : 0)
}

/** Of the numbers that `roundUp` makes. */
const steps: Readonly<Record<string, number>> = {
  '1.0': 0.2,
  '1.2': 0.3,
  '1.5': 0.5,
  '2.0': 0.5,
  '2.5': 0.5,
  '3.0': 1,
  '4.0': 1,
  '5.0': 1,
  '6.0': 2,
  '8.0': 2,
}

/** Pixels that the widest label of an axis takes, in letters of `px`; 0 without values. */
export function widestAmount(
  values: readonly number[],
  px: number,
  measure: (text: string, px: number) => number,
): number {
  return Math.max(0, ...values.map((value) => measure(showOnAxis(value), px)))
}
