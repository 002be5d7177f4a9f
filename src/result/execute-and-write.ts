import { type ErrorCode, toFault } from '../errors.ts'
import type { HeldRun, RunObserver } from '../run/index.ts'
import { type WriteOptions, type WrittenResult, writeResult } from './write-result.ts'

/** Where the result goes, who follows the run, and who may stop it. */
export interface ExecuteOptions extends WriteOptions {
  readonly observe: RunObserver
  /** Told when every task is done, before the tables are written. */
  readonly onWriting: () => void
  /** Aborted to give up what has begun. */
  readonly stop: AbortSignal
  /** Aborted to begin nothing more. */
  readonly finish: AbortSignal
}

/** What the place of a result can refuse its files for. */
const ofTheSystem: ReadonlySet<ErrorCode> = new Set(['disk-full', 'io', 'limit-reached'])

/**
 * Does the tasks of a run that are still to be done, and writes its result: all but the journal's last line, which `HeldRun.commit` is for.
 * Part files that turn out damaged as they are read are made again.
 *
 * @returns null when the run ended without a result; its state says how
 * @throws {TallymanError} `result-exists` when the place of the result was taken since the run began, or what is wrong with tallyman itself
 */
export async function executeAndWrite(
  run: HeldRun,
  { observe, onWriting, finish, ...writing }: ExecuteOptions,
): Promise<WrittenResult | null> {
  const { stop } = writing
  for (;;) {
    const { phase } = await run.execute(observe, stop, finish)
    if (phase !== 'reduce') return null
    onWriting()
    try {
      return await writeResult(run, writing)
    } catch (error) {
      // Stopped in the middle of writing: `execute` then says so in the journal.
      if (stop.aborted && error === stop.reason) continue
      const fault = toFault(error)
      if (run.redo(fault)) continue
      if (!ofTheSystem.has(fault.code)) throw error
      // What the tasks made is kept, and nothing of the result is there: the run has failed as it does where its own files cannot be written.
      try {
        run.giveUp(fault, observe)
      } catch {
        // The same disk, it may be.
        throw error
      }
      return null
    }
  }
}
