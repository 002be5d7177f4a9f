import { messageOf } from '../errors.ts'
import { isReducer, type Reductions } from './emit.ts'
import { nearestName } from './nearest.ts'

/**
 * What is to be said of an error at which the job most likely took `emit` for something else than it is: a function where there are several
 * tables, or one that has a table which it has not. Null of every other error.
 *
 * @param call the function of the job that was given `emit`, by whatever name
 */
export function emitMistake(
  { reduce, call, place }: { readonly reduce: Reductions; readonly call: unknown; readonly place: 0 | 1 },
  error: unknown,
): string | null {
  if (!(error instanceof TypeError)) return null
  const [, name, table] = /^([\w$]+)(?:\.([\w$]+))? is not a function$/.exec(messageOf(error)) ?? []
  if (name === undefined || !(name === 'emit' || name === parameterOf(call, place))) return null
  if (isReducer(reduce)) return table === undefined ? null : 'There is one table: say emit(key, value).'
  const names = Object.keys(reduce)
  if (table !== undefined && names.includes(table)) return null
  const near = table === undefined ? null : nearestName(table, names)
  const meant = near === null ? '' : `Did you mean ${name}.${near}? `
  const several = names.length === 1 ? 'The table has a name' : 'There are several tables'
  return `${meant}${several}: say ${names.map((one) => `${name}.${one}(…)`).join(' or ')}.`
}

/** The name of a parameter that is not taken apart; undefined where there is none, or it cannot be told. */
function parameterOf(call: unknown, place: 0 | 1): string | undefined {
  if (typeof call !== 'function') return undefined
  const [, list = ''] = /^[^(]*\(([^)]*)/.exec(Function.prototype.toString.call(call)) ?? []
  return list
    .replaceAll(/\{[^}]*\}/g, '{}')
    .split(',')
    [place]?.trim()
}
