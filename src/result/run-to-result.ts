import { type ErrorCode, toFault } from '../errors.ts'
import { counterBeyond, type HeldRun, totalsOf } from '../run/index.ts'
import { type WriteOptions, type WrittenResult, writeResult } from './write-result.ts'

/** Where the result goes, who is told where the tasks end, and who may stop it. */
export interface RunToResultOptions extends WriteOptions {
  /** Told when every task is done, before the tables are written. */
  readonly onWriting: () => void
  /** Told when the result is in its place, before the journal says so. */
  readonly onWritten: () => void
  /** Aborted to give up what has begun. */
  readonly stop: AbortSignal
  /** Aborted to begin nothing more. */
  readonly finish: AbortSignal
}

/** What the place of a result can refuse its files for. */
const ofTheSystem: ReadonlySet<ErrorCode> = new Set(['disk-full', 'io', 'limit-reached'])

/**
 * Carries a run through to its end: does the tasks that are still to be done, writes the result, and has it journaled. Part files that turn out
 * damaged as they are read are made again.
 *
 * @returns null when the run ended without a result; its state says how
 * @throws {TallymanError} `result-exists` when the place of the result was taken since the run began, or what is wrong with tallyman itself
 */
export async function runToResult(
  run: HeldRun,
  { onWriting, onWritten, finish, ...writing }: RunToResultOptions,
): Promise<WrittenResult | null> {
  for (;;) {
    const { phase } = await run.execute(writing.stop, finish)
    if (phase !== 'reduce') return null
    const fault = counterBeyond(totalsOf(run.state))
    if (fault !== null) {
      run.giveUp(fault)
      return null
    }
    onWriting()
    const written = await tryToWrite(run, writing)
    if (written === 'again') continue
    if (written === null) return null
    onWritten()
    await run.commit(written.committed)
    return written
  }
}

/** `again` where the run has to be executed once more, null where it has failed with that. */
async function tryToWrite(
  run: HeldRun,
  writing: WriteOptions & Pick<RunToResultOptions, 'stop'>,
): Promise<WrittenResult | 'again' | null> {
  try {
    return await writeResult(run, writing)
  } catch (error) {
    // Stopped in the middle of writing: `execute` then says so in the journal.
    if (writing.stop.aborted && error === writing.stop.reason) return 'again'
    const fault = toFault(error)
    if (run.redo(fault)) return 'again'
    if (!ofTheSystem.has(fault.code)) throw error
    // What the tasks made is kept, and nothing of the result is there: the run has failed as it does where its own files cannot be written.
    try {
      run.giveUp(fault)
    } catch {
      // The same disk, it may be.
      throw error
    }
    return null
  }
}
