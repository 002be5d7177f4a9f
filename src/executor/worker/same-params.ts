import { TallymanError } from '../../errors.ts'
import { plainJson } from '../../record/index.ts'

/**
 * Parameters are resolved in each worker, since what a schema makes of a text need not survive a message. A default that is made when it is
 * asked for, such as today's date, may be another one there: the records of one run would be mapped with both.
 *
 * @param resolved what the run's first worker had, as JSON has it
 * @throws {TallymanError} `param-invalid` where one differs, as far as JSON tells
 */
export function requireSameParams(
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
        wayOut: `Run the job again with --param ${name}=VALUE, or give it a default that stays the same: each worker asks for its own.`,
      },
    )
  }
}
