import { type ExitCode, exitCodes } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Asks a run to begin nothing more and to end what it has begun; the second one is as SIGINT. */
export const finishSignal = 'SIGUSR2'

/** How long work that was asked twice to stop may still put things in order. */
const orderlyMsMax = 2000

/**
 * Does something that Ctrl-C, SIGTERM and SIGHUP stop: the first one by aborting `stop`, the second one
 * by ending this process after two seconds, the third one at once. (One Ctrl-C may come as two: npx passes on what the
 * terminal has sent to all.) Work that rejects with the reason of the stop had not got as far as a run that could be resumed.
 * `tallyman stop` asks more gently, with a signal that aborts `finish`.
 */
export async function interruptible(
  terminal: Terminal,
  work: (stop: AbortSignal, finish: AbortSignal) => Promise<ExitCode>,
): Promise<ExitCode> {
  const controller = new AbortController()
  const finishing = new AbortController()
  const { signal } = controller
  const leave = (): never => process.exit(exitCodes.interrupted)
  const leaveSoon = (): void => {
    setTimeout(leave, orderlyMsMax).unref()
    terminal.say(
      `Asked twice to stop: ends in ${orderlyMsMax / 1000} seconds at the latest. What is committed is kept.`,
    )
  }
  let asked = 0
  const onSignal = (): void => {
    asked += 1
    if (asked === 1) controller.abort()
    else if (asked === 2) leaveSoon()
    else leave()
  }
  const onFinish = (): void => {
    if (!finishing.signal.aborted) finishing.abort()
    else {
      if (asked === 0) terminal.say('Asked again to stop: what has begun is given up.')
      onSignal()
    }
  }
  for (const name of signals) process.on(name, onSignal)
  process.on(finishSignal, onFinish)
  try {
    return await work(signal, finishing.signal)
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error
    terminal.say('Interrupted before a record was read.')
    return exitCodes.interrupted
  } finally {
    for (const name of signals) process.off(name, onSignal)
    process.off(finishSignal, onFinish)
  }
}
