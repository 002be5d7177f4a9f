import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { TallymanError } from '../../errors.ts'
import { readHead, readManifest, type TableHead } from '../../result/index.ts'
import {
  beginsSession,
  type CommittedResult,
  type RunDirectory,
  RunFollower,
  type RunObserver,
  type RunState,
  type Standing,
} from '../../run/index.ts'
import type { Command } from '../command.ts'
import { type ReportedRun, readBefore, type Session, sayComplete, saySummaryJson } from '../end-of-run.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type Outlet, readOutlet } from '../outlet.ts'
import { Progress } from '../progress.ts'
import { findRunAtWork } from '../runs-folder.ts'
import type { Terminal } from '../terminal.ts'
import { leavable, type Watcher, watchRun } from '../watch-run.ts'
import { tellEnd } from '../with-run.ts'

export const attach: Command = {
  name: 'attach',
  operands: '[RUN]',
  operandsMax: 1,
  summary: 'follows a run that is at work, to its end',
  details: [
    'Shows what `tallyman run` would, and ends as it does, with its exit code. Ctrl-C ends the following, with exit code 130, and not the run. A run that has ended is told of at once.',
    'RUN is an id, the beginning of one, "last", or the path of a run. It may be left out where one run is at work.',
  ],
  example: 'tallyman attach last',
  run: async (args, terminal) => {
    const directory = findRunAtWork(args.positionals[0], terminal)
    const onlooker = new Onlooker(directory, readOutlet(args, terminal), terminal)
    return await onlooker.follow()
  },
}

/** Follows one run by the files it leaves, and changes none of them. */
class Onlooker {
  readonly #directory: RunDirectory
  readonly #id: string
  readonly #outlet: Outlet
  readonly #terminal: Terminal
  /** Of the session that is at work, or was last. */
  #progress: Progress | null = null
  #session: Session = { before: { bytes: 0 }, elapsedMs: 0 }
  #sessionAt = 0
  #live: Standing['live'] = null

  constructor(directory: RunDirectory, outlet: Outlet, terminal: Terminal) {
    this.#directory = directory
    this.#id = basename(directory.path)
    this.#outlet = outlet
    this.#terminal = terminal
  }

  async follow(): Promise<ExitCode> {
    const watcher: Watcher = {
      observe: this.#observe,
      look: ({ state, live }) => {
        this.#live = live
        if (state === null) this.#terminal.status('the run is being planned')
      },
    }
    const follower = new RunFollower(this.#directory)
    const standing = await leavable((leave) => watchRun(follower, watcher, leave)).finally(() =>
      this.#progress?.end(),
    )
    this.#terminal.status(null)
    if (standing === null) return this.#leave()
    if (standing.state === null) {
      throw new TallymanError('usage', `Run ${this.#id} ended before it had a plan.`, {
        wayOut: 'Start it again.',
      })
    }
    return this.#tell(standing.state)
  }

  readonly #observe: RunObserver = (event, state) => {
    if (beginsSession(event)) {
      this.#progress?.end()
      this.#session = { before: readBefore(state), elapsedMs: 0 }
      this.#sessionAt = event.at
      const ageMs = Math.max(0, Date.now() - event.at)
      const source = { directory: this.#directory, live: () => this.#live }
      if (!this.#outlet.quiet) this.#progress = new Progress(this.#terminal, source, undefined, ageMs)
    }
    if (event.type !== 'note' && event.type !== 'progress')
      this.#session = { ...this.#session, elapsedMs: Math.max(0, event.at - this.#sessionAt) }
    this.#progress?.observe(event, state)
  }

  #leave(): ExitCode {
    const id = this.#id
    this.#terminal.say(
      `Detached; run ${id} goes on. To follow it again: tallyman attach ${id}; to end it: tallyman stop ${id}`,
    )
    return exitCodes.interrupted
  }

  #tell(state: RunState): ExitCode {
    const run: ReportedRun = {
      id: this.#id,
      directory: this.#directory,
      state,
      // What bounded it was measured by its own process alone.
      bottleneck: () => null,
    }
    const { result } = state
    if (result === null) return tellEnd(run, this.#outlet, this.#terminal)
    const written = { committed: result, heads: this.#headsOf(result) }
    if (this.#outlet.json) saySummaryJson(this.#terminal, run, written)
    else sayComplete(this.#terminal, { run, written, outlet: this.#outlet, session: this.#session })
    return exitCodes.complete
  }

  /** None where the result has gone, is another run's now, or is not written as JSON lines. */
  #headsOf({ directory, tables }: CommittedResult): TableHead[] {
    if (!existsSync(join(directory, 'manifest.json'))) return []
    const { run, tableFormat } = readManifest(directory)
    if (run.id !== this.#id || tableFormat !== 'jsonl') return []
    return tables.map((table) => readHead(directory, table, this.#outlet.rows))
  }
}
