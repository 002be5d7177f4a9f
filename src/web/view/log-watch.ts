import { statSync } from 'node:fs'
import { namesSeenIn } from '../../host/index.ts'
import { printableLines } from '../../printable.ts'
import { type RunDirectory, readLog } from '../../run/index.ts'
import type { LogView, PrintedView } from './views.ts'

/** Logs that are shown together, and how much of each: the newest. */
const togetherMax = 12
const togetherChars = 4000
/** Of one that is shown alone. */
const aloneChars = 64_000

/** Names of logs: of an attempt, or of what was printed outside of attempts. */
const logName = /^(?:(?:map|reduce)-\d+\.\d+|worker-\d+|threads)$/

/** A log as it was read last. */
interface Read {
  readonly stamp: string
  readonly text: string
  readonly isCut: boolean
}

/** How a run stands whose logs are looked at. */
export interface Printing {
  readonly run: string
  /** Ids of the attempts at work. */
  readonly running: readonly string[]
  readonly isAtWork: boolean
}

/** Follows what is printed in a run, as far as a page shows it. Reads a log again only where it has grown. */
export class LogWatch {
  readonly #directory: RunDirectory
  /** In the order they were first seen, oldest first; null until the folder has been looked through. */
  #known: Set<string> | null = null
  readonly #read = new Map<string, Read>()

  constructor(directory: RunDirectory) {
    this.#directory = directory
  }

  /**
   * The logs that were begun last, newest first. Cost: one look at the folder the first time, then at those that are shown and those of attempts at
   * work.
   */
  together(printing: Printing): LogView {
    this.#known ??= this.#newest()
    const known = this.#known
    for (const of of printing.running) if (!known.has(of) && this.#sizeOf(of) > 0) known.add(of)
    for (const oldest of [...known]) {
      if (known.size <= togetherMax) break
      // One that is still written to stays, however long ago it was begun, unless there are very many.
      if (!printing.running.includes(oldest) || known.size > 4 * togetherMax) this.#forget(oldest)
    }
    const shown = [...known].reverse()
    return {
      ...viewOf(printing, null),
      printed: shown.map((of) => this.#printed(of, togetherChars, printing)),
    }
  }

  /** One log; null for what is no name of one. */
  alone(of: string, printing: Printing): LogView | null {
    if (!isLogName(of)) return null
    return { ...viewOf(printing, of), printed: [this.#printed(of, aloneChars, printing)] }
  }

  #forget(of: string): void {
    this.#known?.delete(of)
    this.#read.delete(`${of} ${togetherChars}`)
  }

  #newest(): Set<string> {
    const logs = namesSeenIn(this.#directory.logFolder).flatMap((name) => {
      const of = name.replace(/\.log$/, '')
      const atMs = name.endsWith('.log') && isLogName(of) ? this.#stats(of)?.mtimeMs : undefined
      return atMs === undefined ? [] : [{ of, atMs }]
    })
    const newest = logs.sort((a, b) => b.atMs - a.atMs).slice(0, togetherMax)
    return new Set(newest.reverse().map(({ of }) => of))
  }

  #printed(of: string, chars: number, { running }: Printing): PrintedView {
    const stats = this.#stats(of)
    const stamp = stats === undefined ? '' : `${stats.size} ${stats.mtimeMs}`
    const name = `${of} ${chars}`
    let read = this.#read.get(name)
    if (read?.stamp !== stamp) {
      read = { stamp, ...this.#tail(of, chars) }
      this.#read.set(name, read)
    }
    return { of, isRunning: running.includes(of), text: read.text, isCut: read.isCut }
  }

  #tail(of: string, chars: number): Pick<Read, 'text' | 'isCut'> {
    const { text, headLength, droppedBytes } = readLog(this.#fileOf(of))
    const whole =
      droppedBytes === 0
        ? text
        : `${text.slice(0, headLength)}\n… ${droppedBytes} bytes are not kept …\n${text.slice(headLength)}`
    const isCut = whole.length > chars
    return { text: printableLines(isCut ? whole.slice(-chars) : whole), isCut }
  }

  #sizeOf(of: string): number {
    return this.#stats(of)?.size ?? 0
  }

  #stats(of: string): { readonly size: number; readonly mtimeMs: number } | undefined {
    return statSync(this.#fileOf(of), { throwIfNoEntry: false })
  }

  #fileOf(of: string): string {
    return this.#directory.logFile(of)
  }
}

/** So that a name never leads out of the folder of logs. */
export function isLogName(of: string): boolean {
  return logName.test(of)
}

function viewOf({ run, isAtWork }: Printing, of: string | null): Omit<LogView, 'printed'> {
  return { kind: 'log', run, of, isAtWork }
}
