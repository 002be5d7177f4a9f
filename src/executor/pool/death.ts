import type { Fault } from '../../errors.ts'
import type { Exit } from '../link.ts'

/** Every death has a cause, and a log. */
export function deathFault(exit: Exit, logFile: string | null): Fault {
  const lastLine = tellingLine(exit.lastWords)
  const words = lastLine === '' ? '' : ` Its last words: ${JSON.stringify(lastLine.slice(0, 200))}.`
  return {
    code: exit.code,
    message: `The worker ${exit.how}.${words}`,
    wayOut:
      exit.wayOut ??
      wayOutOf(exit, logFile === null ? 'It printed nothing.' : `What it printed is in ${logFile}.`),
  }
}

/** The last line that tells something: not a frame of a native or a script's stack, nor the version that Node ends its last words with. */
function tellingLine(words: string): string {
  const lines = words.split('\n').map((line) => line.trim())
  return lines.findLast((line) => line !== '' && !/^(\d+: |-----|Node\.js v)/.test(line)) ?? ''
}

/** Where a run holds too much. */
export const memoryWayOut =
  'Give the run more memory (--memory), fewer workers (--workers), or let the job keep less: also Buffers count.'

function wayOutOf({ code }: Exit, printed: string): string {
  switch (code) {
    case 'out-of-memory':
      return 'Give the run more memory (--memory), fewer workers (--workers), or let the job keep less per key.'
    case 'memory-limit':
      return memoryWayOut
    case 'job-exited':
      return `Throw an error instead of calling process.exit. ${printed}`
    case 'limit-reached':
      return 'Ask for fewer workers (--workers), or raise the limit (ulimit -u, ulimit -n).'
    default:
      return printed
  }
}

/** Why the loading of a job was given up: no record has anything to do with it. */
export function loadFault(stillMs: number): Fault {
  return {
    code: 'job-invalid',
    message: `Loading the job did not end within ${Math.round(stillMs / 1000)} s, and was ended.`,
    wayOut:
      'Look at what the job does when it is imported: an endless loop, an await that never settles, a file that is too large. Where it needs that long, say a --task-timeout above it.',
  }
}

/** Why an attempt was given up. */
export function noProgressFault(stillMs: number): Fault {
  return {
    code: 'no-progress',
    message: `The attempt made no progress for ${Math.round(stillMs / 1000)} s and was ended.`,
    wayOut:
      'Look for an endless loop, a regular expression that backtracks, or a promise that never settles; where records take that long, say --task-timeout.',
  }
}
