import { TallymanError } from '../../errors.ts'
import type { Key } from '../../record/index.ts'
import type { AnyMonoid, KeyOf, NoValue, Reducer, ResultOf, ValueOf } from '../reducer.ts'
import { isMonoid } from '../reducer-shape.ts'
import { quote, quoteAll, showValue } from '../show-value.ts'

/** What `all` takes: a reducer for each field. */
export type Fields = { readonly [field: string]: AnyMonoid }

/** Fields a value must have: those whose reducer takes a value. */
type FilledFields<F extends Fields> = {
  [N in keyof F]: [ValueOf<F[N]>] extends [NoValue] ? never : N
}[keyof F]

/** What is emitted to `all(fields)`: an object with a value for each field; nothing where no field takes one. */
export type AllValue<F extends Fields> = [FilledFields<F>] extends [never]
  ? NoValue
  : { readonly [N in FilledFields<F>]: ValueOf<F[N]> }

/** What `all(fields)` results in: an object with the result of each field. */
export type AllResult<F extends Fields> = { readonly [N in keyof F]: ResultOf<F[N]> }

/** Keys that fields narrowed by themselves; those that take any key have no say. */
type NarrowKeys<F extends Fields> = { [N in keyof F]: Key extends KeyOf<F[N]> ? never : KeyOf<F[N]> }[keyof F]

/** Keys of `all(fields)`: narrowed where a field narrows them. */
export type AllKey<F extends Fields> = [NarrowKeys<F>] extends [never] ? Key : NarrowKeys<F> & Key

/**
 * Several reducers over one key: each is given its field of the value, and the result has the result of each, in the order
 * written. A reducer that takes no value, as `count()`, needs no field. May be nested.
 *
 * Throws `job-invalid` for a field that is no reducer, or a `groupReduce`, which cannot be combined; `value-invalid` for a
 * value that lacks a field.
 *
 * @example
 * ```ts
 * import { all, count, defineJob, jsonl, max, sum, testJob } from 'tallyman'
 *
 * const takings = defineJob({
 *   input: jsonl<{ shop: string; euros: number }>(),
 *   reduce: all({ sales: count(), total: sum(), largest: max<string, number>() }),
 *   map(sale, emit) {
 *     emit(sale.shop, { total: sale.euros, largest: sale.euros })
 *   },
 * })
 * const { result } = await testJob(takings, [
 *   { shop: 'Jeju', euros: 3 },
 *   { shop: 'Jeju', euros: 4 },
 * ])
 * console.log(result[0]?.value) // { sales: 2, total: 7, largest: 4 }
 * ```
 */
export function all<const F extends Fields>(
  fields: F,
): Reducer<AllKey<F>, AllValue<F>, unknown[], AllResult<F>> {
  checkFields(fields)
  const parts = Object.entries(fields)
  const checked = parts.filter(([, { check }]) => check !== undefined)
  return {
    kind: 'all',
    check: (value) => {
      const given = checkValue(value, fields)
      for (const [field, reducer] of checked) naming(field, () => reducer.check?.(given[field]))
    },
    empty: () => parts.map(([, reducer]) => reducer.empty()),
    add: (state, value) => {
      const given: Readonly<Record<string, unknown>> = checkValue(value, fields)
      for (let i = 0; i < parts.length; i++) {
        const [field, reducer] = parts[i] as [string, AnyMonoid]
        state[i] = naming(field, () => reducer.add(state[i], given[field]))
      }
      return state
    },
    merge: (left, right) =>
      parts.map(([field, reducer], i) => naming(field, () => reducer.merge(left[i], right[i]))),
    finish: (state, key) =>
      Object.fromEntries(
        parts.map(([field, reducer], i) => [field, naming(field, () => reducer.finish(state[i], key))]),
      ) as AllResult<F>,
  }
}

/** Does something for a field; what goes wrong names it. */
function naming<T>(field: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof TallymanError)) throw error
    const { wayOut } = error
    throw new TallymanError(error.code, `Field ${quote(field)} of all(): ${error.message}`, {
      ...(wayOut === undefined ? {} : { wayOut }),
      cause: error,
    })
  }
}

const noFields: Readonly<Record<string, unknown>> = Object.freeze({})

function checkValue(value: unknown, fields: Fields): Readonly<Record<string, unknown>> {
  if (value === undefined) return noFields
  if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>
  throw new TallymanError(
    'value-invalid',
    `all() takes an object with ${quoteAll(Object.keys(fields))}; it got ${showValue(value)}.`,
    {
      wayOut: 'Emit an object with a value for each field that takes one.',
    },
  )
}

function checkFields(fields: unknown): void {
  const wayOut = 'Say for example all({ total: sum(), largest: max() }).'
  if (
    typeof fields !== 'object' ||
    fields === null ||
    Array.isArray(fields) ||
    Object.keys(fields).length === 0
  ) {
    throw new TallymanError(
      'job-invalid',
      `all() got ${showValue(fields)}; it takes an object of reducers.`,
      { wayOut },
    )
  }
  for (const [field, reducer] of Object.entries(fields)) {
    if (field === '__proto__')
      throw new TallymanError(
        'job-invalid',
        'all() field "__proto__" has a name that objects keep for themselves.',
        { wayOut },
      )
    if (isMonoid(reducer)) continue
    const isGroup =
      typeof reducer === 'object' && reducer !== null && 'kind' in reducer && reducer.kind === 'group'
    throw new TallymanError(
      'job-invalid',
      `all() field ${quote(field)} is ${isGroup ? 'a groupReduce, which cannot be combined with others' : `${showValue(reducer)}, not a reducer`}.`,
      {
        wayOut: isGroup
          ? 'Give groupReduce a table of its own, or write the field as reducer({ … }).'
          : wayOut,
      },
    )
  }
}
