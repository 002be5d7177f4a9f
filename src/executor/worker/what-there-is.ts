import { formatNames } from '../../input/index.ts'
import { nearestName, reducerNames } from '../../job/index.ts'

/** What a job may import from tallyman, where an error says that it wants what is not there; null of any other error. */
export function whatThereIs(message: string): string | null {
  const [, wanted] =
    /^The requested module 'tallyman' does not provide an export named '([\w$]+)'/.exec(message) ?? []
  if (wanted === undefined) return null
  const near = nearestName(wanted, [...formatNames, ...reducerNames])
  const listed = (names: readonly string[]): string => names.map((name) => `${name}()`).join(', ')
  const meant = near === null ? '' : `Did you mean ${near}()? `
  return `${meant}Formats are ${listed(formatNames)}; reducers are ${listed(reducerNames)}.`
}
