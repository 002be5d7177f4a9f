import { readDiskSpace, spareSpace } from '../../host/index.ts'
import { diskBytes, saySplits } from '../../input/index.ts'
import { AnswerLooks, type AnswerSoFar } from '../../result/index.ts'
import {
  beginsSession,
  howFar,
  type NoteEvent,
  Pace,
  type ProgressEvent,
  parseTaskId,
  type RunDirectory,
  type RunEvent,
  RunFollower,
  type RunIdentity,
  type RunState,
  type RunTotals,
  readIdentity,
  sayBottleneck,
  splitsOf,
  totalsOf,
  UnderWay,
} from '../../run/index.ts'
import { boundsOf } from './bounds.ts'
import { stageView } from './cells.ts'
import { commandsOf } from './commands.ts'
import { Deaths } from './deaths.ts'
import { inputsView } from './inputs.ts'
import { Lanes } from './lanes.ts'
import { LogWatch } from './log-watch.ts'
import { rejectedView } from './rejected.ts'
import { resultView } from './result-view.ts'
import { reuseView } from './reuse.ts'
import { runLine } from './run-line.ts'
import { paramsOf, settingsOf } from './settings.ts'
import { skewView } from './skew.ts'
import { soFarView } from './so-far.ts'
import { sparkView } from './spark-view.ts'
import type { LogView, ProgressView, RunLine, RunningView, RunView, SoFarView } from './views.ts'
import { WorkerLooks } from './workers.ts'

/** Rows of each table of the answer so far. */
const soFarRows = 10

/** Watches one run by the files it leaves, and says what the page shows of it. Changes nothing. */
export class RunWatch {
  readonly #directory: RunDirectory
  readonly #identity: RunIdentity
  readonly #follower: RunFollower
  readonly #lanes = new Lanes()
  readonly #deaths: Deaths
  readonly #workers = new WorkerLooks()
  readonly #answers: AnswerLooks
  readonly #logs: LogWatch
  readonly #underWay = new UnderWay()
  #pace: Pace | null = null
  /** Of the sessions before this one. */
  #workedMs = 0
  #sessionAt = 0
  #lastAt = 0
  #note: string | null = null
  #isHeld = false

  #spareBytes: number | null = null

  /** @throws {TallymanError} `not-found` where there is no run */
  constructor(directory: RunDirectory) {
    this.#directory = directory
    this.#identity = readIdentity(directory)
    this.#follower = new RunFollower(directory)
    this.#deaths = new Deaths(directory)
    this.#logs = new LogWatch(directory)
    this.#answers = new AnswerLooks(directory, soFarRows)
  }

  /**
   * Looks at the run. Cost: reads what is new of its journal, and of its plan once.
   *
   * @param now milliseconds since the epoch
   * @param wantsAnswer whether somebody would see the answer so far, which takes a process now and then
   * @throws {TallymanError} `not-found` for a run that is not there any more, `file-damaged` for a plan or journal that is
   */
  look(now: number, wantsAnswer = false): RunView {
    const { state, isHeld, live } = this.#follower.look(this.#observe)
    this.#isHeld = isHeld
    const workedMs = this.#workedFor(isHeld, now)
    if (state === null)
      return {
        ...nothing,
        line: runLine(this.#identity, { state, isHeld, workedMs, totals: null, readBytes: 0 }),
      }
    const totals = totalsOf(state)
    const progress = this.#progress(state, totals, isHeld && state.phase === 'map', now)
    const { readBytes } = progress
    const line = runLine(this.#identity, { state, isHeld, workedMs, totals, readBytes })
    const { description, path } = state.plan.job
    const skew = skewView(state)
    const workers =
      live === null ? [] : this.#workers.view(live.workers, this.#now(state, now), performance.now())
    if (isHeld) void this.#lookAtDisk()
    return {
      kind: 'run',
      line,
      description: description.description,
      params: paramsOf(state),
      settings: settingsOf(state, path),
      progress,
      stages: [stageView(state, 'map'), stageView(state, 'reduce')],
      timeline: this.#lanes.view(isHeld ? now : null),
      workers,
      bounds: boundsOf(state, workers, skew?.spilledBytes ?? 0, this.#spareBytes),
      spark: sparkView(state),
      sharesProcess: state.plan.isolation === 'thread',
      bottleneck: live?.bottleneck == null ? null : sayBottleneck(live.bottleneck),
      note: isHeld ? this.#note : null,
      shortfalls: state.shortfalls.map(({ message, wayOut, accepted }) => ({ message, wayOut, accepted })),
      fault:
        state.fault === null ? null : { message: state.fault.message, wayOut: state.fault.wayOut ?? null },
      deaths: this.#deaths.view(state),
      deathsTotal: this.#deaths.total,
      rejected: rejectedView(this.#directory, totals.rejected),
      counters: Object.entries(totals.counters).map(([name, value]) => ({
        name,
        value: String(value),
      })),
      reuse: reuseView(state),
      inputs: inputsView(state),
      skew,
      result: resultView(state, this.#identity.id),
      soFar: isHeld ? this.#soFar(state, now, wantsAnswer) : null,
      commands: commandsOf(this.#identity.id, state, isHeld),
    }
  }

  /** What is found is there for the next look. */
  async #lookAtDisk(): Promise<void> {
    const space = await readDiskSpace(this.#directory.path).catch(() => null)
    this.#spareBytes = space === null ? null : spareSpace(space).bytes
  }

  /** What the list of runs shows of it: much less work than a whole look. Throws as `look` does. */
  line(now: number): RunLine {
    const { state, isHeld } = this.#follower.look(this.#observe)
    const totals = state === null ? null : totalsOf(state)
    const workedMs = this.#workedFor(isHeld, now)
    return runLine(this.#identity, { state, isHeld, workedMs, totals, readBytes: totals?.readBytes ?? 0 })
  }

  #workedFor(isHeld: boolean, now: number): number {
    return this.#workedMs + Math.max(0, (isHeld ? now : this.#lastAt) - this.#sessionAt)
  }

  /** Cores that its workers used between the last two looks. */
  get cores(): number {
    return this.#workers.cores
  }

  /**
   * What is printed, as of the last look.
   *
   * @param of an attempt, or null for what was begun last
   * @returns null for what is no name of a log
   */
  log(of: string | null): LogView | null {
    const { id } = this.#identity
    const running = this.#isHeld ? this.#lanes.open.map(({ attempt }) => attempt) : []
    const printing = { run: id, running, isAtWork: this.#isHeld }
    return of === null ? this.#logs.together(printing) : this.#logs.alone(of, printing)
  }

  /** The job's chart of this place, of the answer so far that was shown last; null where there is none. */
  chartSoFar(
    index: number,
  ): { readonly edition: number; readonly chart: AnswerSoFar['charts'][number] } | null {
    const answer = this.#answers.last
    const chart = answer?.charts[index]
    return answer === null || chart === undefined ? null : { edition: answer.tasks, chart }
  }

  /** Says that drawing charts of the answer so far took so many milliseconds of CPU. */
  spendOnAnswer(cpuMs: number): void {
    this.#answers.spend(cpuMs)
  }

  #soFar(state: RunState, now: number, wantsAnswer: boolean): SoFarView | null {
    if (state.phase !== 'map') return null
    const worked = { elapsedMs: Math.max(0, now - this.#sessionAt), cpuMs: this.#workers.cpuMs }
    const answer = wantsAnswer ? this.#answers.answer(state, worked) : this.#answers.last
    return answer === null ? null : soFarView(state, answer)
  }

  readonly #observe = (event: RunEvent | ProgressEvent | NoteEvent, state: RunState): void => {
    if (event.type === 'note') {
      this.#note = event.message
      return
    }
    this.#underWay.observe(event)
    if (event.type === 'progress') return
    if (beginsSession(event)) {
      this.#workedMs += Math.max(0, this.#lastAt - this.#sessionAt)
      this.#sessionAt = event.at
      this.#note = null
      this.#pace = new Pace(event.at, totalsOf(state).readBytes)
    }
    this.#lastAt = Math.max(this.#lastAt, event.at)
    this.#lanes.observe(event)
    this.#deaths.observe(event)
  }

  #progress(state: RunState, totals: RunTotals, isReading: boolean, now: number): ProgressView {
    const { readBytes, records, rejected } = isReading ? this.#underWay.addedTo(totals, state) : totals
    const rates = isReading ? (this.#pace?.rates(now, readBytes) ?? null) : null
    const { inputBytes } = totals
    const isOpen = [state.map, state.reduce].some(({ done, length }) => done < length)
    return {
      ...howFar({ inputBytes, readBytes, isOpen }, rates),
      inputBytes,
      readBytes,
      records,
      rejected,
      emitted: totals.emitted,
      recentRate: rates?.recent ?? null,
      wholeRate: rates?.whole ?? null,
    }
  }

  /** What is at work, by seat. */
  #now(state: RunState, now: number): ReadonlyMap<number, RunningView> {
    const running = this.#lanes.open.map(({ seat, attempt, task, from }) => {
      const event = this.#underWay.of(attempt)
      const { stage, index } = parseTaskId(task)
      const splits = stage === 'map' ? splitsOf(state.plan, index) : null
      const at: RunningView = {
        attempt,
        reads: splits === null ? `partition ${index}` : saySplits(splits),
        forMs: Math.max(0, now - from),
        records: (stage === 'map' ? event?.records : event?.groups) ?? 0,
        readBytes: event?.readBytes ?? 0,
        ofBytes: splits?.reduce((sum, split) => sum + diskBytes(split), 0) ?? null,
      }
      return [seat, at] as const
    })
    return new Map(running)
  }
}

/** A run that ended before it had a plan, or is being planned. */
const nothing: Omit<RunView, 'line'> = {
  kind: 'run',
  description: null,
  params: [],
  settings: [],
  progress: null,
  stages: [],
  timeline: null,
  workers: [],
  spark: null,
  sharesProcess: false,
  bounds: [],
  bottleneck: null,
  note: null,
  shortfalls: [],
  fault: null,
  deaths: [],
  deathsTotal: 0,
  rejected: { total: 0, first: [] },
  counters: [],
  reuse: null,
  inputs: null,
  skew: null,
  result: null,
  soFar: null,
  commands: [],
}
