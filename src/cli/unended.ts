import { exitCodes } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

/** What is needed of Node's `process`. */
export interface Ending {
  exitCode?: number | string | null | undefined
  once(event: 'exit', listener: (code: number) => void): unknown
  off(event: 'exit', listener: (code: number) => void): unknown
}

/**
 * Node ends a process, with the exit code of success, where it waits for something that nothing can bring about any more. That must not pass
 * for success: until the function that is returned is called, such an end is said, and has the code of a failure.
 */
export function sayUnended(ending: Ending, { say, status }: Pick<Terminal, 'say' | 'status'>): () => void {
  ending.exitCode = exitCodes.failed
  const onExit = (code: number): void => {
    if (code !== exitCodes.failed) return
    status(null)
    say('Error: tallyman has ended in the middle of its work: it waited for what cannot happen any more.')
    say('That is a defect of tallyman. What a run had finished is kept: `tallyman runs` shows it.')
  }
  ending.once('exit', onExit)
  return () => void ending.off('exit', onExit)
}
