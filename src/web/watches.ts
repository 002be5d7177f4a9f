import { statSync } from 'node:fs'
import { join } from 'node:path'
import { isRunHeld, listRuns, RunDirectory } from '../run/index.ts'
import { unreadableLine } from './view/run-line.ts'
import type { LogView, RunLine, RunsView, RunView } from './view/run-view.ts'
import { RunWatch } from './view/run-watch.ts'

/** Runs whose state is kept in memory, longest unused forgotten first. */
const watchesMax = 8
/** Lines of ended runs that are kept; a line is small. */
const linesMax = 10_000
/** Runs on one page of the list. */
const listedMax = 100
/** Runs that are looked through for results to compare with. */
const comparedMax = 300
/** A look is used again for so long, by everyone who asks; of a run that is not at work longer: it seldom goes on. */
const freshMs = 450
const restingFreshMs = 3000

const runId = /^[A-Za-z0-9._-]+$/

interface Watched {
  readonly watch: RunWatch
  view: RunView | null
  lookedAt: number
}

/** What everyone sees who looks at the runs of a folder: one look at a run serves all of them. */
export class Watches {
  readonly #folder: string
  readonly #watched = new Map<string, Watched>()
  /** Of runs that have ended, by id and what changes when they go on. */
  readonly #lines = new Map<string, { readonly stamp: string; readonly line: RunLine }>()

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

  #look(id: string, wantsAnswer: boolean): RunView | null {
    const directory = this.directoryOf(id)
    if (directory === null) {
      this.#watched.delete(id)
      return null
    }
    const watched = this.#watched.get(id) ?? { watch: new RunWatch(directory), view: null, lookedAt: 0 }
    this.#watched.delete(id)
    this.#watched.set(id, watched)
    for (const [oldest] of this.#watched) {
      if (this.#watched.size <= watchesMax) break
      this.#watched.delete(oldest)
    }
    const now = Date.now()
    const ageMs = now - watched.lookedAt
    const fresh = watched.view?.line.status === 'running' ? freshMs : restingFreshMs
    if (watched.view === null || ageMs >= fresh || ageMs < 0) {
      try {
        watched.view = watched.watch.look(now, wantsAnswer)
      } catch (error) {
        // What it has gathered may be half of it.
        this.#watched.delete(id)
        throw error
      }
      watched.lookedAt = now
    }
    return watched.view
  }

  /** @param after the id after which the list goes on; null: from the newest */
  runs(after: string | null): RunsView {
    const ids = listRuns(this.#folder)
    const start = after === null ? 0 : ids.indexOf(after) + 1
    const runs = ids.slice(start, start + listedMax).map((id) => this.#line(id))
    return {
      kind: 'runs',
      folder: this.#folder,
      runs,
      total: ids.length,
      next: ids.length > start + listedMax ? (runs.at(-1)?.id ?? null) : null,
    }
  }

  /** Runs that have a result, newest first: of the newest so many runs. */
  withResults(): RunLine[] {
    const ids = listRuns(this.#folder).slice(0, comparedMax)
    return ids.map((id) => this.#line(id)).filter(({ digest }) => digest !== null)
  }

  #line(id: string): RunLine {
    const directory = this.directoryOf(id)
    if (directory === null) return unreadableLine(id)
    const journal = statSync(directory.journalFile, { throwIfNoEntry: false })
    const held = isRunHeld(directory)
    const stamp = `${journal?.size}-${journal?.mtimeMs}`
    const known = this.#lines.get(id)
    if (!held && known?.stamp === stamp) return known.line
    let line: RunLine
    try {
      line = held
        ? (this.#look(id, false)?.line ?? unreadableLine(id))
        : new RunWatch(directory).look(Date.now()).line
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
