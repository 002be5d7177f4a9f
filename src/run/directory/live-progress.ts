import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { Bottleneck } from '../bottleneck.ts'
import type { HeldRun } from '../held-run.ts'
import type { NoteEvent, ProgressEvent, RunEvent } from '../journal/events.ts'
import { UnderWay } from '../state/under-way.ts'
import type { RunDirectory } from './directory.ts'

/**
 * How far the attempts are that run now, in a file beside the logs, for other processes that look on: the journal tells of
 * them only when they have ended. docs/formats/run-directory.md describes it.
 */

const header = { format: 'tallyman progress', version: 1 } as const

/** What the file holds. */
export interface Progressed {
  /** Milliseconds since the epoch at which it was written. */
  readonly at: number
  /** The last word of each attempt that runs. */
  readonly attempts: readonly ProgressEvent[]
  /** What was said last. */
  readonly note: NoteEvent | null
  readonly workers: HeldRun['workers']
  /** What bounded the run so far; null where that cannot be told yet. */
  readonly bottleneck: Bottleneck | null
}

const writeEveryMsDefault = 1000

/** Keeps the file while its run is carried out. */
export class LiveProgress {
  readonly #run: Pick<HeldRun, 'workers' | 'bottleneck'>
  readonly #file: string
  readonly #underWay = new UnderWay()
  #note: NoteEvent | null = null
  readonly #writeEveryMs: number
  readonly #timer: NodeJS.Timeout
  #writtenAtMs = performance.now()

  constructor(
    run: Pick<HeldRun, 'directory' | 'workers' | 'bottleneck'>,
    writeEveryMs = writeEveryMsDefault,
  ) {
    this.#run = run
    this.#file = run.directory.progressFile
    this.#writeEveryMs = writeEveryMs
    // An attempt that is at one record for long has nothing to tell, and yet its worker wants to be seen.
    this.#timer = setInterval(() => this.#write(), Math.max(writeEveryMs, writeEveryMsDefault))
    this.#timer.unref()
  }

  /** To be told every event of the run. Cost: a small file is written about once a second, and not synced. */
  observe(event: RunEvent | ProgressEvent | NoteEvent): void {
    if (event.type === 'note') this.#note = event
    this.#underWay.observe(event)
    if (performance.now() - this.#writtenAtMs >= this.#writeEveryMs) this.#write()
  }

  /** Removes the file: nothing runs any more. */
  end(): void {
    clearInterval(this.#timer)
    rmSync(this.#file, { force: true })
  }

  #write(): void {
    this.#writtenAtMs = performance.now()
    const progressed: Progressed = {
      at: Date.now(),
      attempts: this.#underWay.attempts,
      note: this.#note,
      workers: this.#run.workers,
      bottleneck: this.#run.bottleneck(),
    }
    try {
      writeFileSync(`${this.#file}.new`, `${JSON.stringify({ ...header, ...progressed })}\n`)
      renameSync(`${this.#file}.new`, this.#file)
    } catch {
      // Nothing of the run depends on it; a disk that takes no more is noticed by what the run itself writes.
    }
  }
}

/** What a run that is at work has written of its progress; null where there is nothing, or nothing this version can read. */
export function readLiveProgress(directory: RunDirectory): Progressed | null {
  try {
    const read = JSON.parse(readFileSync(directory.progressFile, 'utf8'))
    return read.format === header.format && read.version === header.version ? read : null
  } catch {
    // Not written yet, or removed at the end: what is committed is known all the same.
    return null
  }
}
