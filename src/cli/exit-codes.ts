import type { ErrorCode } from '../errors.ts'

/** What a command ends with; scripts rely on these. */
export const exitCodes = {
  complete: 0,
  failed: 1,
  usage: 2,
  /** Not committed: inputs are incomplete, or records were rejected. */
  incomplete: 3,
  interrupted: 130,
} as const

/** What a command returns, and the process ends with. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The same for help and manual. */
export const exitMeanings: readonly (readonly [code: ExitCode, meaning: string])[] = [
  [exitCodes.complete, 'complete'],
  [exitCodes.failed, 'failed'],
  [exitCodes.usage, 'wrong usage'],
  [exitCodes.incomplete, 'not committed (incomplete input, or rejected records)'],
  [exitCodes.interrupted, 'interrupted (`tallyman resume` goes on)'],
]

/** What was typed does not fit: it is to be mended on the command line, and nothing was begun. */
const usageErrors: ReadonlySet<ErrorCode> = new Set([
  'usage',
  'param-invalid',
  'result-exists',
  'not-found',
  'input-missing',
])

/** What a command that threw such an error ends with. */
export function exitCodeOf(code: ErrorCode): ExitCode {
  return usageErrors.has(code) ? exitCodes.usage : exitCodes.failed
}
