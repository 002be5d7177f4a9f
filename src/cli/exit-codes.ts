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

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

const usageErrors: ReadonlySet<ErrorCode> = new Set(['usage', 'param-invalid', 'result-exists', 'not-found'])

export function exitCodeOf(code: ErrorCode): ExitCode {
  return usageErrors.has(code) ? exitCodes.usage : exitCodes.failed
}
