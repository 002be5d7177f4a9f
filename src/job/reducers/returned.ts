import { types } from 'node:util'
import { TallymanError } from '../../errors.ts'

/** Where what has to be waited for belongs. */
export const awaitInMap = 'Await in map, which may be async, and emit what came of it.'

/**
 * What a user's function has returned, as a result: undefined would become null in the table, and nobody could tell that a `return` is
 * missing; what a promise will be is not known yet.
 *
 * @param name of the function, as the user knows it
 */
export function returned<R>(result: R, name: string): R {
  if (result === undefined) throw returnedNothing(name)
  if (types.isPromise(result))
    throw new TallymanError('value-invalid', `${name} returned a promise, not a result. ${awaitInMap}`)
  return result
}

/** For a function that returned undefined where something is needed. */
export function returnedNothing(name: string): TallymanError {
  return new TallymanError(
    'value-invalid',
    `${name} returned undefined: is a return missing? A wanted absence is null.`,
  )
}
