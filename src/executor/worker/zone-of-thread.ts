import { isMainThread } from 'node:worker_threads'
import { TallymanError } from '../../errors.ts'

/** As it was when this was loaded, before any job. */
const zone = process.env.TZ

/**
 * In a process that assigns to `process.env.TZ` dates have that zone from then on; a thread has a copy of the environment, and its dates go on as they were. So the same job would
 * have another answer in each.
 *
 * @throws {TallymanError} `job-invalid` in a thread where something was assigned to it
 */
export function checkZoneOfThread(): void {
  if (isMainThread || process.env.TZ === zone) return
  throw new TallymanError(
    'job-invalid',
    `The job sets process.env.TZ to ${JSON.stringify(process.env.TZ)}, which has no effect in a thread.`,
    {
      wayOut: `Say --isolation process, or set it for the run: TZ=${process.env.TZ ?? 'UTC'} tallyman run …`,
    },
  )
}
