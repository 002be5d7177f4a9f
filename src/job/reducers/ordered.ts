import { TallymanError } from '../../errors.ts'
import { isKey, isScalar, type Key, type Scalar } from '../../record/index.ts'
import { showValue } from '../show-value.ts'

/**
 * The value as it takes part in the order of keys: legal, -0 as 0 (they are the same key), a tuple as a copy that the
 * user's code cannot change any more. Throws `value-invalid` for what has no place in that order.
 */
export function ordered(value: unknown, reducer: string): Key {
  if (Array.isArray(value))
    return Array.from(value, (element: unknown) => orderedScalar(element, value, reducer))
  return orderedScalar(value, value, reducer)
}

/** Throws `value-invalid` for what `ordered` refuses. */
export function checkOrdered(value: unknown, reducer: string): void {
  if (!isKey(value)) ordered(value, reducer)
}

function orderedScalar(value: unknown, whole: unknown, reducer: string): Scalar {
  if (isScalar(value)) return typeof value === 'number' ? value + 0 : value
  const where = Object.is(value, whole) ? '' : ` in ${showValue(whole)}`
  throw new TallymanError(
    'value-invalid',
    `${reducer} compares values in the order of keys; it got ${showValue(value)}${where}.`,
    {
      wayOut:
        'Give it strings, numbers, bigints, booleans, null, or lists of these; NaN has no place in the order.',
    },
  )
}
