import { TallymanError } from '../../errors.ts'
import { type AnyJob, resolveParams } from '../../job/index.ts'
import { decodeValue, encodeValue, plainJson } from '../../record/index.ts'
import type { LoadOrder } from '../messages.ts'

/**
 * The parameters of a job, frozen. They are made once in a run, by its first worker, and the others take what came of it: a default that is made
 * when it is asked for, such as today's date, would be another one in each, and after a `resume`. What is no plain data survives no
 * message; of that each worker makes its own, and has to come to the same.
 *
 * @throws {TallymanError} `param-invalid` for what the job's schemas refuse, and where what this worker makes of them is not what the first one did, as far as JSON tells
 */
export async function paramsOf(
  job: Pick<AnyJob, 'params'>,
  { params, resolved }: Pick<LoadOrder, 'params' | 'resolved'>,
): Promise<Readonly<Record<string, unknown>>> {
  if (params === null) return {}
  if (resolved !== undefined && resolved.encodedParams !== null) {
    const bytes = Buffer.from(resolved.encodedParams, 'base64')
    return Object.freeze(decodeValue(bytes, 0, bytes.length) as Record<string, unknown>)
  }
  const made = await resolveParams(job, params)
  if (resolved !== undefined) requireSame(resolved.params, made)
  return made
}

/** As `ResolvedParams` has them. */
export function encodeParams(params: Readonly<Record<string, unknown>>): string | null {
  try {
    return encodeValue({ ...params }).toString('base64')
  } catch {
    // A regular expression, a function: no plain data.
    return null
  }
}

function requireSame(
  resolved: Readonly<Record<string, unknown>>,
  params: Readonly<Record<string, unknown>>,
): void {
  const now = JSON.parse(plainJson(params)) as Readonly<Record<string, unknown>>
  for (const name of new Set([...Object.keys(resolved), ...Object.keys(now)])) {
    const [before, after] = [resolved[name], now[name]].map((value) => plainJson(value))
    if (before === after) continue
    throw new TallymanError(
      'param-invalid',
      `Parameter "${name}" is ${after} for this worker, and was ${before} for the first one of the run.`,
      {
        wayOut: `Run the job again with --param ${name}=VALUE, or give it a default that stays the same, or one of plain data, which is made once.`,
      },
    )
  }
}
