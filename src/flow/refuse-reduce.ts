import { messageOf, TallymanError } from '../errors.ts'
import { canonicalJson, type Key } from '../record/index.ts'

/**
 * What a reducer threw at a key, with its table: the job's own fault. What the engine says of itself, such as a spill that is damaged, is as it
 * was.
 */
export function refuseReduce(table: string, key: Key, cause: unknown): unknown {
  if (cause instanceof TallymanError && cause.code !== 'value-invalid') return cause
  return new TallymanError(
    'job-threw',
    `The reducer of table "${table}" failed at key ${canonicalJson(key)}: ${messageOf(cause)}`,
    { wayOut: 'Mend the reducer; nothing was committed.', cause },
  )
}
