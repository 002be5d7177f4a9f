import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import type { AttemptReport } from '../executor/index.ts'
import { type MapReport, type ReduceReport, rejectedName, type Section } from '../flow/index.ts'
import { attemptId, isDone, parseTaskId, type RunBook, settle } from '../run/index.ts'
import type { Attempts, KnownAttempt } from './attempts.ts'
import type { Setback, ShippedReply } from './messages.ts'

/** What `Replies` needs to know of an application. */
interface Source {
  /** Its folder; the name of that is the application's own. */
  readonly folder: string
}

/** Takes what tasks on Spark have said at their end into the run, as what attempts on this machine come to is taken. */
export class Replies {
  readonly #book: RunBook
  readonly #attempts: Attempts
  readonly #folder: string
  /** CRC-32 of each spill, by `sectionId`, its file named relative to the run's directory. */
  readonly crcs = new Map<string, number>()

  constructor(book: RunBook, attempts: Attempts, { folder }: Source) {
    this.#book = book
    this.#attempts = attempts
    this.#folder = folder
  }

  /**
   * Takes those that came as their tasks ended, as far as Spark's log has come to their end: so a run shows what is done while its stage goes on. Part files that
   * came with none wait for the end of the stage, as what is mapped again does once the map stage was judged: `Attempts` sees to that.
   */
  takeEnded(): void {
    const folder = join(this.#folder, 'ended')
    for (const name of readdirSync(folder)) {
      const sparkTask = /^(\d+)\.json$/.exec(name)?.[1]
      if (sparkTask === undefined || !this.#attempts.hasEndedWell(Number(sparkTask))) continue
      const file = join(folder, name)
      const reply = JSON.parse(readFileSync(file, 'utf8')) as ShippedReply
      rmSync(file)
      const isWhole =
        'parts' in reply.report ? existsSync(this.#sharedFolder(reply)) : !this.#attempts.isReducing
      if (isWhole) this.#take(reply)
    }
  }

  /**
   * Takes all that lie in a folder, by task. Where one is missing, although Spark has said that all are done, the run has to end: what it
   * does not know of would be missing in its result.
   */
  takeAll(stage: 'map' | 'reduce'): void {
    const folder = join(this.#folder, stage)
    const replies = readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as ShippedReply)
      .sort((a, b) => parseTaskId(a.task).index - parseTaskId(b.task).index)
    for (const reply of replies) this.#take(reply)
    rmSync(folder, { recursive: true })
    mkdirSync(folder)
    const { done, length } = this.#book.state[stage]
    if (done === length) return
    this.#attempts.fatal ??= {
      code: 'worker-died',
      message: `Spark has said that every ${stage} task is done, and of ${length - done} of ${length} nothing came.`,
      wayOut: 'Resume the run: what it has is used as far as it can be.',
    }
  }

  #take(reply: ShippedReply): void {
    const { task, sparkTask, setbacks, log, rejected } = reply
    if (isDone(this.#book.state, task)) return
    let known = this.#attempts.of(sparkTask, task)
    for (const setback of setbacks) known = this.#takeSetback(known, sparkTask, setback)
    const id = attemptId(known.task, known.attempt)
    const { directory } = this.#book
    const folder = directory.absolute(directory.relativeAttemptFolder(id))
    rmSync(folder, { recursive: true, force: true })
    const shared = this.#sharedFolder(reply)
    if (existsSync(shared)) renameSync(shared, folder)
    else mkdirSync(folder, { recursive: true })
    this.#fetchParts(reply, folder)
    if (!hasAllParts(reply, folder)) return
    if (rejected !== '') writeFileSync(join(folder, rejectedName), rejected)
    this.#attempts.keepLogs(known, { log, death: null })
    this.#noteCrcs(reply)
    this.#settle(known, {
      kind: 'done',
      report: reportOf(reply),
      ...(reply.workMs === null ? {} : { workMs: reply.workMs }),
    })
  }

  /** Where an executor that sees the run's directory has put part files. */
  #sharedFolder({ task, sparkTask }: ShippedReply): string {
    const { directory } = this.#book
    return directory.absolute(
      directory.relativeAttemptFolder(`${task}.s${sparkTask}-${basename(this.#folder)}`),
    )
  }

  /** Part files that came through the driver. */
  #fetchParts({ sparkTask, report }: ShippedReply, folder: string): void {
    if (!('parts' in report)) return
    for (const { name } of report.parts) {
      const fetched = join(this.#folder, 'reduce', `${sparkTask}-${name}`)
      if (existsSync(fetched)) renameSync(fetched, join(folder, name))
    }
  }

  #takeSetback(known: KnownAttempt, sparkTask: number, setback: Setback): KnownAttempt {
    if (setback.kind === 'died') {
      this.#attempts.keepLogs(known, setback)
      this.#settle(known, { kind: 'failed', fault: setback.fault }, setback.place)
    } else {
      const report: MapReport = { spills: [], sources: [], counters: {}, emitted: 0, damaged: setback.splits }
      this.#settle(known, { kind: 'done', report: { kind: 'map', report } })
    }
    return this.#attempts.begin(sparkTask, known.task)
  }

  #settle(
    { task, attempt }: KnownAttempt,
    outcome: Parameters<typeof settle>[1]['outcome'],
    place: Parameters<typeof settle>[1]['place'] = null,
  ): void {
    const ended = { task, attempt, outcome, at: Date.now(), place, damagedTask: null }
    for (const step of settle(this.#book.state, ended)) {
      this.#book.take(step)
      if (step.kind === 'record' && step.event.type === 'attempt-failed' && outcome.kind === 'done')
        this.#attempts.fatal ??= step.event.fault
    }
  }

  #noteCrcs({ task, report, crcs }: ShippedReply): void {
    if (!('spills' in report)) return
    const folder = this.#book.directory.relativeCommittedFolder(task)
    report.spills.forEach((spill, index) => {
      const id = sectionId({ ...spill, name: join(folder, spill.name) })
      this.crcs.set(id, crcs[index] ?? 0)
    })
  }
}

/** Tells stretches of files apart. */
export function sectionId({ name, atByte }: Section): string {
  return `${name} ${atByte}`
}

/** Whether each part file of a reduce task is as long as its report says. One that is not does not count: another attempt may have come whole. */
function hasAllParts({ report }: ShippedReply, folder: string): boolean {
  return (
    !('parts' in report) ||
    report.parts.every(({ name, bytes }) => {
      const found = statSync(join(folder, name), { throwIfNoEntry: false })
      return found?.size === bytes
    })
  )
}

function reportOf({ report }: ShippedReply): AttemptReport {
  return 'parts' in report
    ? { kind: 'reduce', report: report satisfies ReduceReport }
    : { kind: 'map', report: report satisfies MapReport }
}
