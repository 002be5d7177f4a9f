/** Tests that need something a machine may lack: a program, a data set, a right. */
import { appendFileSync } from 'node:fs'
import { expect } from 'vitest'

/**
 * Says whether `component` is there, and writes down the reason when it is not: `npm test` lists every skipped test with
 * it at the end. Call it while tests are collected:
 *
 *     describe.skipIf(!requires('tmux', hasProgram('tmux')))('attach in a terminal', () => { … })
 *
 * @param component what is needed, in words that a person can act on
 * @returns `present`
 * @throws when it is absent and TALLYMAN_REQUIRE_ALL is 1, as in continuous integration: there nothing may be skipped
 */
export function requires(component: string, present: boolean): boolean {
  if (present) return true
  if (process.env.TALLYMAN_REQUIRE_ALL === '1') {
    throw new Error(`${component} is absent, and with TALLYMAN_REQUIRE_ALL=1 no test may be skipped.`)
  }
  const file = expect.getState().testPath ?? 'unknown'
  const ledger = process.env.TALLYMAN_SKIPS
  if (ledger === undefined) console.warn(`Skipped: ${component} is absent.`)
  else appendFileSync(ledger, `${JSON.stringify({ file, reason: `${component} is absent` })}\n`)
  return false
}
