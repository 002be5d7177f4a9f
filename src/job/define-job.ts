import { TallymanError } from '../errors.ts'
import { checkCharts } from './chart.ts'
import { checkColumns } from './columns.ts'
import { isReducer, type Reductions } from './emit.ts'
import { isDay } from './expect.ts'
import { invalidField as invalid } from './invalid-field.ts'
import { type AnyJob, type Job, type JobDefinition, jobBrand, type ParamSchemas } from './job.ts'
import { nearestName } from './nearest.ts'
import { reducerNames } from './reducer-names.ts'
import { isBareMonoid, isReducerShape } from './reducer-shape.ts'
import { isStandardSchema } from './schema.ts'
import { quote, quoteAll, showValue } from './show-value.ts'

/**
 * Defines a job: which records it reads, what it makes of each, and how what it emits is reduced. Export it as the default
 * of a job file. The types of record, keys, values, parameters and results flow from `input`, `reduce` and `params`; only
 * the record's has to be written.
 *
 * With one reducer there is one table, `result`, and `emit(key, value)`; with an object of reducers, a table and an
 * `emit.NAME(key, value)` for each. Table names are `[a-z][A-Za-z0-9_]*`, `manifest` apart. Keys are any legal keys unless the reducer
 * narrows them, as in `count<[tag: string, lang: string]>()`.
 *
 * @returns the job, frozen
 * @throws {TallymanError} `job-invalid`, naming the field, what it was, and what it should be
 *
 * @example
 * ```ts
 * import { count, defineJob, jsonl, testJob } from 'tallyman'
 *
 * interface Tweet { text: string; lang: string; place: { country_code: string } | null }
 *
 * const hashtags = defineJob({
 *   input: jsonl<Tweet>(),
 *   reduce: { lang: count(), country: count() },
 *   map(tweet, emit) {
 *     if (!tweet.text.toLowerCase().includes('#flu')) return
 *     emit.lang(tweet.lang)
 *     emit.country(tweet.place?.country_code ?? null)
 *   },
 * })
 * const { country } = await testJob(hashtags, [
 *   { text: '#Flu again', lang: 'en', place: { country_code: 'GB' } },
 *   { text: 'no #flu', lang: 'en', place: null },
 * ])
 * console.log(country) // [ { key: null, value: 1 }, { key: 'GB', value: 1 } ]
 * ```
 */
export function defineJob<
  R,
  T extends Reductions,
  P extends ParamSchemas = Record<never, never>,
  S = undefined,
>(definition: JobDefinition<R, T, P, S>): Job<R, T, P, S> {
  check(definition)
  const { reduce, params } = definition
  return Object.freeze({
    ...definition,
    reduce: isReducer(reduce) ? reduce : frozenCopy(reduce),
    ...(params === undefined ? {} : { params: frozenCopy(params) }),
    [jobBrand]: true as const,
  })
}

/** A copy, so that what the caller does to its own object later does not reach the job. */
function frozenCopy<T extends object>(object: T): T {
  const copy = Object.assign({}, object)
  Object.freeze(copy)
  return copy
}

const knownFields = [
  'name',
  'description',
  'input',
  'reduce',
  'columns',
  'charts',
  'params',
  'expect',
  'setup',
  'map',
  'flush',
]

function check(definition: unknown): void {
  if (typeof definition !== 'object' || definition === null || Array.isArray(definition)) {
    throw new TallymanError('job-invalid', `defineJob() got ${showValue(definition)}; it takes an object.`, {
      wayOut: 'Say defineJob({ input: jsonl(), reduce: count(), map(record, emit) { … } }).',
    })
  }
  for (const field of Object.keys(definition)) if (!knownFields.includes(field)) throw unknownField(field)
  const fields = definition as Readonly<Record<string, unknown>>
  checkText('name', fields.name)
  checkText('description', fields.description)
  checkInput(fields.input)
  checkReduce(fields.reduce)
  const job = fields as unknown as AnyJob
  checkColumns(fields.columns, job.reduce)
  checkCharts(fields.charts, job)
  checkParams(fields.params)
  checkExpect(fields.expect)
  checkFunction('map', fields.map)
  for (const hook of ['setup', 'flush']) if (fields[hook] !== undefined) checkFunction(hook, fields[hook])
}

function unknownField(field: string): TallymanError {
  const near = nearestName(field, knownFields)
  return invalid(
    field,
    'is not one a job has',
    near === null
      ? `A job has ${quoteAll(knownFields)}.`
      : `Did you mean "${near}"? A job has ${quoteAll(knownFields)}.`,
  )
}

function checkText(field: string, text: unknown): void {
  if (text === undefined || (typeof text === 'string' && text.trim() !== '')) return
  throw invalid(
    field,
    `is ${showValue(text)}; it is a text that says something`,
    `Write one, or leave "${field}" out.`,
  )
}

function checkInput(input: unknown): void {
  const wayOut = 'Say how bytes become records, for example input: jsonl<Tweet>().'
  if (input === undefined) throw invalid('input', 'is missing', wayOut)
  if (typeof input === 'function')
    throw invalid(
      'input',
      `is ${showValue(input)}, not called`,
      `Call it: input: ${input.name || 'jsonl'}().`,
    )
  if (typeof input === 'string') {
    throw invalid(
      'input',
      `is ${showValue(input)}; it is a format`,
      `${wayOut} The files are named when the job is run.`,
    )
  }
  if (typeof input !== 'object' || input === null)
    throw invalid('input', `is ${showValue(input)}; it is a format`, wayOut)
  const { name, unit, recordBytesMax, options, decoder } = input as Readonly<Record<string, unknown>>
  const isFormat =
    typeof name === 'string' &&
    (unit === 'line' || unit === 'file') &&
    typeof recordBytesMax === 'number' &&
    recordBytesMax > 0 &&
    typeof options === 'object' &&
    options !== null &&
    typeof decoder === 'function'
  if (isFormat) return
  throw invalid(
    'input',
    `is ${showValue(input)}; a format has "name", "unit" ("line" or "file"), "recordBytesMax", "options" and "decoder"`,
    wayOut,
  )
}

function checkReduce(reduce: unknown): void {
  const wayOut =
    'Say how values become results, for example reduce: count(), or reduce: { lang: count() } for named tables.'
  if (reduce === undefined) throw invalid('reduce', 'is missing', wayOut)
  if (isReducerShape(reduce)) return
  checkMistakenReducer('reduce', reduce)
  if (typeof reduce !== 'object' || reduce === null || Array.isArray(reduce)) {
    throw invalid('reduce', `is ${showValue(reduce)}; it is a reducer or an object of reducers`, wayOut)
  }
  if ('kind' in reduce && typeof reduce.kind === 'string') {
    throw invalid('reduce', `of kind ${quote(reduce.kind)} lacks the functions of a reducer`, wayOut)
  }
  const tables = Object.entries(reduce)
  const seen = new Map<string, string>()
  if (tables.length === 0) throw invalid('reduce', 'has no tables', wayOut)
  if (tables.length > tablesMax)
    throw invalid(
      'reduce',
      `has ${tables.length} tables; ${tablesMax} is the most`,
      'Put what tells them apart into the key.',
    )
  for (const [name, reducer] of tables) {
    if (!/^[a-z][A-Za-z0-9_]*$/.test(name)) {
      throw invalid(
        `reduce.${name}`,
        'is no table name',
        'A table name is a small letter, then letters, digits and underscores.',
      )
    }
    if (name === 'manifest') {
      throw invalid(
        'reduce.manifest',
        'is no table name, since manifest.json of a result is the file that describes it',
        'Name the table after what it holds.',
      )
    }
    // To SQL, and to some file systems, they are one.
    const other = seen.get(name.toLowerCase())
    if (other !== undefined)
      throw invalid(
        `reduce.${name}`,
        `differs from "reduce.${other}" only in its capitals`,
        'Rename one of them.',
      )
    seen.set(name.toLowerCase(), name)
    if (isReducerShape(reducer)) continue
    checkMistakenReducer(`reduce.${name}`, reducer)
    throw invalid(
      `reduce.${name}`,
      `is ${showValue(reducer)}; it is a reducer`,
      `Say for example reduce: { ${name}: count() }.`,
    )
  }
}

/** A table's number is one byte before each key in a spill. */
const tablesMax = 255

/** The mistakes that are easily made: a bare function of a key and its values, a reducer that was not called, and one of one's own that was not wrapped. */
function checkMistakenReducer(field: string, value: unknown): void {
  if (typeof value === 'function') {
    if (value.length > 0 && !reducerNames.includes(value.name)) {
      throw invalid(
        field,
        'is a function, not a reducer',
        'For a function of a key and its values say groupReduce((key, values) => …). Where they can be combined on the way, as by count() or sum(), that is faster.',
      )
    }
    throw invalid(
      field,
      `is ${showValue(value)}, not called`,
      `Call it, for example ${value.name || 'count'}().`,
    )
  }
  if (isBareMonoid(value)) {
    throw invalid(
      field,
      'is an object of functions, not a reducer',
      'Wrap it: reducer({ empty, add, merge, finish }).',
    )
  }
}

function checkParams(params: unknown): void {
  if (params === undefined) return
  const wayOut =
    'Give each parameter a schema, for example params: { limit: z.number().default(10) } with zod.'
  if (typeof params !== 'object' || params === null || Array.isArray(params) || isStandardSchema(params)) {
    const what = isStandardSchema(params) ? 'one schema' : showValue(params)
    throw invalid('params', `is ${what}; it is an object with a schema for each parameter`, wayOut)
  }
  for (const [name, schema] of Object.entries(params)) {
    if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(name)) {
      throw invalid(
        `params.${name}`,
        'is no parameter name',
        'A parameter name is a letter, then letters, digits, underscores and hyphens.',
      )
    }
    if (!isStandardSchema(schema)) {
      throw invalid(
        `params.${name}`,
        `is ${showValue(schema)}; it is a Standard Schema (zod, valibot, arktype and others)`,
        wayOut,
      )
    }
  }
}

function checkExpect(expect: unknown): void {
  if (expect === undefined) return
  const { kind, from, to } = (typeof expect === 'object' && expect !== null ? expect : {}) as Readonly<
    Record<string, unknown>
  >
  const isDays =
    kind === 'days' &&
    typeof from === 'string' &&
    isDay(from) &&
    typeof to === 'string' &&
    isDay(to) &&
    from <= to
  if (isDays) return
  throw invalid(
    'expect',
    `is ${showValue(expect)}; it is what days() returns`,
    "Say for example expect: days('2020-01-01', '2020-12-31').",
  )
}

function checkFunction(field: string, value: unknown): void {
  const wayOut = field === 'map' ? 'Say map(record, emit) { … }.' : `Say ${field}(…) { … }, or leave it out.`
  if (value === undefined) throw invalid(field, 'is missing', wayOut)
  if (typeof value !== 'function') throw invalid(field, `is ${showValue(value)}; it is a function`, wayOut)
  if (/Generator/.test(Object.prototype.toString.call(value))) {
    throw invalid(
      field,
      'is a generator, whose body would never run',
      `Leave out the star, and call emit instead of yield.`,
    )
  }
}
