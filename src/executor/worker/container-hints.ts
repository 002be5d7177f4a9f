import { errnoOf } from '../../errors.ts'
import type { AnyJob } from '../../job/index.ts'

/** What a container has to do with an error of the system, by what that is called, as the rest of a sentence. */
const hints: readonly (readonly [errnos: readonly string[], hint: string])[] = [
  [
    ['ENOENT', 'EACCES'],
    'a worker in a container sees its inputs and nothing else of this machine: name the file among the inputs, or run with --isolation process',
  ],
  [['EROFS'], 'a worker in a container writes nothing but its own output, and scratch files in /tmp'],
  [
    [
      'ENETUNREACH',
      'EHOSTUNREACH',
      'EADDRNOTAVAIL',
      'ECONNREFUSED',
      'ENETDOWN',
      'EAI_AGAIN',
      'ENOTFOUND',
      'EAI_FAIL',
    ],
    'a worker in a container has no network',
  ],
]

const programHint = 'there is no such program in the image of the container: --image names one that has it'

/** What the container has to do with something thrown; null where nothing is known of that. Looks at causes, too: `fetch` hides what failed there. */
function hintOf(thrown: unknown): string | null {
  if (!(thrown instanceof Error)) return null
  const errno = errnoOf(thrown)
  if (errno === 'ENOENT' && 'syscall' in thrown && String(thrown.syscall).startsWith('spawn'))
    return programHint
  const known = hints.find(([errnos]) => errno !== undefined && errnos.includes(errno))
  return known?.[1] ?? (thrown.cause === undefined ? null : hintOf(thrown.cause))
}

/**
 * Adds to an error what the container it was thrown in has to do with it, so that whoever reads it need not guess. Never throws: what a job
 * throws may be anything.
 */
export function explainInContainer(thrown: unknown): void {
  try {
    const hint = hintOf(thrown)
    if (hint === null || !(thrown instanceof Error) || thrown.message.includes(hint)) return
    thrown.message = `${thrown.message} (${hint})`
  } catch {
    // Frozen, or it throws when it is looked at: it stays as it is.
  }
}

/** The job, whose errors say what the container has to do with them. */
export function explained(job: AnyJob): AnyJob {
  const { setup, flush } = job
  return {
    ...job,
    ...(setup === undefined ? {} : { setup: (ctx) => watched(() => setup.call(job, ctx)) }),
    map: (record, emit, ctx) => watched(() => job.map(record, emit, ctx)),
    ...(flush === undefined ? {} : { flush: (emit, ctx) => watched(() => flush.call(job, emit, ctx)) }),
  }
}

function watched(call: () => unknown): unknown {
  try {
    const result = call()
    return result instanceof Promise ? result.catch(explainAndThrow) : result
  } catch (error) {
    return explainAndThrow(error)
  }
}

function explainAndThrow(error: unknown): never {
  explainInContainer(error)
  throw error
}
