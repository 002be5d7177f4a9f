import { statSync } from 'node:fs'
import { join } from 'node:path'
import { isRunHeld, listRuns, RunDirectory, readIdentity } from '../run/index.ts'
import { pendingLine, unreadableLine } from './view/run-line.ts'
import { RunWatch } from './view/run-watch.ts'
import type { LogView, RunLine, RunsView, RunView } from './view/views.ts'

/** Runs whose state is kept in memory, longest unused forgotten first. */
const watchesMax = 8
/** Lines of ended runs that are kept; a line is small. */
const linesMax = 10_000
/** Runs on one page of the list. */
const listedMax = 100
/** Runs that are looked through for results to compare with. */
const comparedMax = 300
/** The list waits for so long at most for runs that are not known yet. */
const listMsMax = 200
/** A look is used again for so long, by everyone who asks; of a run that is not at work longer: it seldom goes on. */
const freshMs = 450
const restingFreshMs = 3000
/** Looks take at most this share of what the workers of a run take; those at its answer so far, as much again. */
const shareMax = 0.005
const freshMsMax = 5000
/** A run that does nothing is looked at all the same. */
const coresMin = 0.1

const runId = /^[A-Za-z0-9._-]+$/

interface WatchedRun {
  readonly watch: RunWatch
  view: RunView | null
  lookedAt: number
  /** How long the view is used. */
  freshMs: number
}

/** What everyone sees who looks at the runs of a folder: one look at a run serves all of them. */
export class Watches {
  readonly #folder: string
  readonly #watched = new Map<string, WatchedRun>()
  /** Of runs that have ended, by id and what changes when they go on. */
  readonly #lines = new Map<string, { readonly stamp: string; readonly line: RunLine }>()

  #isReading = false

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The run's directory; null for what is no name of a run in this folder. */
  directoryOf(id: string): RunDirectory | null {
    if (!runId.test(id) || id.startsWith('.')) return null
    const directory = new RunDirectory(join(this.#folder, id))
    return statSync(directory.identityFile, { throwIfNoEntry: false })?.isFile() === true ? directory : null
  }

  /**
   * What the page shows of a run; null where there is none.
   *
   * @throws {TallymanError} `file-damaged` for a run whose plan or journal is
   */
  run(id: string): RunView | null {
    return this.#look(id, true)
  }

  /**
   * What is printed in a run; null where there is none, or no log of this name.
   *
   * @param of an attempt; null for what was begun last
   * @throws {TallymanError} as `run` does
   */
  log(id: string, of: string | null): LogView | null {
    if (this.#look(id, false) === null) return null
    return this.#watched.get(id)?.watch.log(of) ?? null
  }

  /** A chart of the answer so far that a run's page shows; null where there is none. Throws as `run` does. */
  chartSoFar(id: string, index: number): ReturnType<RunWatch['chartSoFar']> {
    if (this.#look(id, false) === null) return null
    return this.#watched.get(id)?.watch.chartSoFar(index) ?? null
  }

  /** Says that drawing a chart of a run's answer so far took so many milliseconds of CPU: they count as what looking at it takes. */
  spendOnAnswer(id: string, cpuMs: number): void {
    this.#watched.get(id)?.watch.spendOnAnswer(cpuMs)
  }

  #look(id: string, wantsAnswer: boolean): RunView | null {
    const directory = this.directoryOf(id)
    if (directory === null) {
      this.#watched.delete(id)
      return null
    }
    const watched = this.#watched.get(id) ?? {
      watch: new RunWatch(directory),
      view: null,
      lookedAt: 0,
      freshMs,
    }
    this.#watched.delete(id)
    this.#watched.set(id, watched)
    for (const [oldest] of this.#watched) {
      if (this.#watched.size <= watchesMax) break
      this.#watched.delete(oldest)
    }
    const now = Date.now()
    const ageMs = now - watched.lookedAt
    if (watched.view === null || ageMs >= watched.freshMs || ageMs < 0) {
      const isFirst = watched.view === null
      const startMs = performance.now()
      try {
        watched.view = watched.watch.look(now, wantsAnswer)
      } catch (error) {
        // What it has gathered may be half of it.
        this.#watched.delete(id)
        throw error
      }
      watched.lookedAt = now
      // The first one reads all that has been, and says nothing about the next.
      const tookMs = isFirst ? 0 : performance.now() - startMs
      watched.freshMs = freshFor(watched.view, tookMs / Math.max(coresMin, watched.watch.cores))
    }
    return watched.view
  }

  /**
   * The list of runs. What is not known yet is looked at for a moment, and the rest afterwards, so that a long list is there at once.
   *
   * @param after the id after which the list goes on; null: from the newest
   */
  runs(after: string | null): RunsView {
    const ids = listRuns(this.#folder)
    const start = after === null ? 0 : ids.indexOf(after) + 1
    const untilMs = performance.now() + listMsMax
    const missing: string[] = []
    const runs = ids.slice(start, start + listedMax).map((id) => {
      const line = performance.now() < untilMs ? this.#line(id) : this.#knownLine(id)
      if (line === null) missing.push(id)
      return line ?? this.#pendingLine(id)
    })
    if (missing.length > 0) this.#readSoon(missing)
    return {
      kind: 'runs',
      folder: this.#folder,
      runs,
      total: ids.length,
      next: ids.length > start + listedMax ? (runs.at(-1)?.id ?? null) : null,
      pending: missing.length,
    }
  }

  /** Runs that have a result, newest first: of the newest so many runs, as far as they are known by now. */
  withResults(): RunLine[] {
    const ids = listRuns(this.#folder).slice(0, comparedMax)
    const untilMs = performance.now() + listMsMax
    const missing: string[] = []
    const lines = ids.flatMap((id) => {
      const line = performance.now() < untilMs ? this.#line(id) : this.#knownLine(id)
      if (line === null) missing.push(id)
      return line ?? []
    })
    if (missing.length > 0) this.#readSoon(missing)
    return lines.filter(({ digest }) => digest !== null)
  }

  /** Reads one after the other, and lets others have their turn between two of them. */
  #readSoon(ids: readonly string[]): void {
    if (this.#isReading) return
    this.#isReading = true
    const [...left] = ids
    const next = (): void => {
      const id = left.shift()
      this.#isReading = id !== undefined
      if (id === undefined) return
      this.#line(id)
      setImmediate(next)
    }
    setImmediate(next)
  }

  #pendingLine(id: string): RunLine {
    try {
      const directory = this.directoryOf(id)
      return directory === null ? unreadableLine(id) : pendingLine(readIdentity(directory))
    } catch {
      return unreadableLine(id)
    }
  }

  /** Null where it has to be looked at. */
  #knownLine(id: string): RunLine | null {
    const directory = this.directoryOf(id)
    const known = this.#lines.get(id)
    if (directory === null || known === undefined) return null
    return !isRunHeld(directory) && known.stamp === stampOf(directory) ? known.line : null
  }

  #line(id: string): RunLine {
    const directory = this.directoryOf(id)
    if (directory === null) return unreadableLine(id)
    const held = isRunHeld(directory)
    const stamp = stampOf(directory)
    const known = this.#lines.get(id)
    if (!held && known?.stamp === stamp) return known.line
    let line: RunLine
    try {
      line = held
        ? (this.#look(id, false)?.line ?? unreadableLine(id))
        : new RunWatch(directory).line(Date.now())
    } catch {
      // Its own page says what is wrong with it.
      line = unreadableLine(id)
    }
    if (!held) {
      if (this.#lines.size >= linesMax) this.#lines.clear()
      this.#lines.set(id, { stamp, line })
    }
    return line
  }
}

/** What changes when a run goes on. */
function stampOf(directory: RunDirectory): string {
  const journal = statSync(directory.journalFile, { throwIfNoEntry: false })
  return `${journal?.size}-${journal?.mtimeMs}`
}

function freshFor({ line }: RunView, tookMs: number): number {
  if (line.status !== 'running') return restingFreshMs
  return Math.min(freshMsMax, Math.max(freshMs, tookMs / shareMax))
}
