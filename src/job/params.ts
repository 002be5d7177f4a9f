import type { StandardSchemaV1 } from '@standard-schema/spec'
import { TallymanError } from '../errors.ts'
import type { ParamSchemas } from './job.ts'
import { nearestName } from './nearest.ts'
import { describeSchema } from './schema.ts'
import { quote, quoteAll, showValue } from './show-value.ts'

/** Whatever has the `params` of a job. */
interface Parametrized {
  readonly params?: ParamSchemas
}

/** One parameter as plain data, for `--help`. */
export interface ParamDescription {
  readonly name: string
  /** Must it be given? Unknown, and so false, for a schema that can only be asked asynchronously. */
  readonly required: boolean
  /** What it is where it is not given; absent where that is undefined. */
  readonly default?: unknown
  /** Type and allowed values in words; absent where the schema's library does not tell. */
  readonly type?: string
  readonly description?: string
}

/** Describes a job's parameters, in the order written. */
export function describeParams(job: Parametrized): readonly ParamDescription[] {
  return Object.entries(job.params ?? {}).map(([name, schema]) => {
    const absent = schema['~standard'].validate(undefined)
    if (absent instanceof Promise) {
      // Nobody waits for this answer, so its failure has nobody to reach: `resolveParams` asks again and reports.
      absent.catch(() => undefined)
      return { name, required: false, ...describeSchema(schema) }
    }
    const fallback =
      absent.issues === undefined && absent.value !== undefined ? { default: absent.value } : {}
    return { name, required: absent.issues !== undefined, ...fallback, ...describeSchema(schema) }
  })
}

/**
 * Validates parameters. What is given as text may mean more: each schema is tried on the text itself, then, where the text is JSON, on what that
 * says, then on the bigint that a whole number spells; the first that passes counts. A whole number past the safe integers, be it in a list, is not
 * tried as a number: rounding would change it.
 *
 * @returns every parameter of the job by name, frozen; what is not given is what its schema makes of undefined
 * @throws {TallymanError} `param-invalid` for a name the job does not have, a missing parameter, and a value that does not
 * pass, with the reason and what is allowed
 */
export async function resolveParams(
  job: Parametrized,
  given: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const schemas = job.params ?? {}
  const known = Object.keys(schemas)
  for (const name of Object.keys(given)) if (!Object.hasOwn(schemas, name)) throw unknownParam(name, known)
  const resolved: [string, unknown][] = []
  for (const [name, schema] of Object.entries(schemas)) {
    resolved.push([
      name,
      await resolveParam(name, schema, Object.hasOwn(given, name) ? given[name] : undefined),
    ])
  }
  return Object.freeze(Object.fromEntries(resolved))
}

async function resolveParam(name: string, schema: StandardSchemaV1, given: unknown): Promise<unknown> {
  const refusals: StandardSchemaV1.FailureResult[] = []
  for (const reading of typeof given === 'string' ? readings(given) : [given]) {
    const result = await schema['~standard'].validate(reading)
    if (result.issues === undefined) return result.value
    refusals.push(result)
  }
  // What is wrong with the number says more than that the text is no number.
  const issues = (refusals[1] ?? refusals[0])?.issues ?? []
  const { type } = describeSchema(schema)
  const reason = issues.map((issue) => issue.message).join('; ')
  const subject =
    given === undefined
      ? `Parameter "${name}" is missing`
      : `Parameter "${name}" is ${typeof given === 'string' ? quote(given) : showValue(given)}: ${reason}`
  throw new TallymanError('param-invalid', `${subject}.`, {
    wayOut: isDateOfText(given, reason)
      ? 'No text is a Date: have it z.coerce.date(), or a text that the map makes one of.'
      : `Say --param ${name}=VALUE${type === undefined ? '' : `, where VALUE is ${type.replace(/\bboolean\b/, 'true or false')}`}.`,
  })
}

/** Parameters are typed, and a schema of dates takes no text. */
function isDateOfText(given: unknown, reason: string): boolean {
  return typeof given === 'string' && /expected date, received string/i.test(reason)
}

/** What a text may mean, most literal first. */
function readings(text: string): readonly unknown[] {
  if (/^-?(0|[1-9]\d*)$/.test(text)) {
    const whole = Number(text)
    return Number.isSafeInteger(whole) ? [text, whole, BigInt(text)] : [text, BigInt(text)]
  }
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'string' || holdsRounded(text) ? [text] : [text, value]
  } catch {
    // No JSON: the text means only itself.
    return [text]
  }
}

/** Whether JSON spells a whole number, outside of strings, that a double cannot hold. */
function holdsRounded(json: string): boolean {
  const wholes = json.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').match(/(?<![\d.])\d{16,}(?![\d.eE])/g) ?? []
  return wholes.some((whole) => !Number.isSafeInteger(Number(whole)))
}

function unknownParam(name: string, known: readonly string[]): TallymanError {
  const near = nearestName(name, known)
  const list = known.length === 0 ? 'The job takes no parameters.' : `The job takes ${quoteAll(known)}.`
  return new TallymanError('param-invalid', `Parameter ${quote(name)} is not one of the job's.`, {
    wayOut: near === null ? list : `Did you mean "${near}"? ${list}`,
  })
}
