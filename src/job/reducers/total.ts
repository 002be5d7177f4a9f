import { TallymanError } from '../../errors.ts'
import { showValue } from '../show-value.ts'
import { addExact, type ExactSum, mergeExact } from './exact.ts'

/** An exact sum of doubles, or of bigints; null before the first value. */
export type Total = null | bigint | ExactSum

/** Adds one value. May change and return `total`. Throws `value-invalid` for what is no number, and for a mix. */
export function addToTotal(total: Total, value: number | bigint, reducer: string): Total {
  if (typeof value === 'number') {
    if (typeof total === 'bigint') throw mixed(reducer)
    return addExact(total ?? 0, value)
  }
  if (typeof value !== 'bigint') throw notANumber(reducer, value)
  if (total === null) return value
  if (typeof total !== 'bigint') throw mixed(reducer)
  return total + value
}

/** The total of both. May change and return `left`. Throws `value-invalid` for a mix. */
export function mergeTotals(left: Total, right: Total, reducer: string): Total {
  if (right === null) return left
  if (left === null) return right
  if (typeof left === 'bigint' && typeof right === 'bigint') return left + right
  if (typeof left === 'bigint' || typeof right === 'bigint') throw mixed(reducer)
  return mergeExact(left, right)
}

/**
 * Throws `value-invalid` for what is no number and no bigint, and for NaN: one of them would make the whole sum NaN, and say nothing of where it
 * came from. A sum of infinities may be NaN all the same.
 */
export function checkNumber(value: unknown, reducer: string): void {
  if ((typeof value !== 'number' || Number.isNaN(value)) && typeof value !== 'bigint')
    throw notANumber(reducer, value)
}

/** The `value-invalid` that a reducer of numbers throws for anything else. @param reducer as the user writes it, `sum()` */
export function notANumber(reducer: string, value: unknown): TallymanError {
  return new TallymanError('value-invalid', `${reducer} takes numbers; it got ${showValue(value)}.`, {
    wayOut: numberWanted(value),
  })
}

function numberWanted(value: unknown): string {
  if (typeof value === 'string')
    return 'Convert it where it is emitted, for example with Number(text), and reject what does not convert.'
  if (Number.isNaN(value))
    return "Number('1,5'), Number('amount') and arithmetic with undefined are NaN: mend what makes it, or leave out the emit where there is no number."
  return 'Emit a number, or leave out the emit where there is none.'
}

/** A double and a bigint have no sum that is exact in either, so guessing which was meant could only be wrong. */
function mixed(reducer: string): TallymanError {
  return new TallymanError('value-invalid', `${reducer} got numbers and bigints for the same key.`, {
    wayOut: 'Convert every value to one kind where it is emitted: Number(value) or BigInt(value).',
  })
}

/** What a reducer that has no result for no values says when the engine finishes one without values. */
export function nothingToFinish(reducer: string): TallymanError {
  return new TallymanError('internal', `${reducer} was finished without a value.`)
}
