import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Fault, toFault } from '../errors.ts'
import {
  type AttemptOutcome,
  type AttemptReport,
  deathFile,
  logFile,
  openPool,
  type Pool,
  readDeath,
  readPlaceNote,
} from '../executor/index.ts'
import { type DamagedSource, rejectedName } from '../flow/index.ts'
import {
  afterFailure,
  afterStart,
  jobProcessesMax,
  loadTimeoutMsLeast,
  mayBlameRecord,
  noTrouble,
  type OpenTask,
  skippedMax,
  untried,
} from '../run/index.ts'
import type {
  FromTaskProcess,
  Setback,
  TaskFailure,
  TaskReply,
  TaskSettings,
  ToTaskProcess,
} from './messages.ts'

/** How long what was printed may take beyond the end of its task. */
const logLagMs = 50

type DoneOutcome = Extract<AttemptOutcome, { kind: 'done' }>

/** One try at a task in the worker. */
interface Try {
  readonly id: string
  /** Relative to the scratch folder. */
  readonly folder: string
  readonly outcome: AttemptOutcome
}

/**
 * Does tasks one after another with the worker and the pool that runs on one machine have. What Spark could not know how to go on from is
 * settled here, within one of Spark's attempts: inputs that cannot be read to their end are left out and named, and
 * a record at which the worker dies twice in a row is rejected. For anything else the attempt fails, and Spark tries again, here or
 * elsewhere.
 */
export class TaskRunner {
  #pool: Pool | null = null
  #scratch: string | null = null
  #tries = 0

  /** Does a task. Called again once it has answered; never rejects. */
  async run(message: ToTaskProcess): Promise<FromTaskProcess> {
    try {
      return await this.#run(message)
    } catch (error) {
      return {
        type: 'failed',
        failure: { fault: onHost(toFault(error)), host: hostname(), log: '', death: null },
      }
    }
  }

  /** Ends the worker and all it started, and removes what they wrote. Safe at any time, more than once. */
  async close(): Promise<void> {
    await this.#pool?.stop()
    if (this.#scratch !== null) rmSync(this.#scratch, { recursive: true, force: true })
  }

  async #run(message: ToTaskProcess): Promise<FromTaskProcess> {
    const { order, attemptNumber, scratch } = message
    this.#scratch = scratch
    this.#pool ??= openWorker(message.settings, scratch)
    if (order.work.kind === 'reduce') {
      const done = await this.#try(message, order.work)
      return done.outcome.kind === 'done'
        ? await this.#reply(message, done, done.outcome, [])
        : failed(scratch, done, done.outcome.fault)
    }
    let { splits } = order.work
    let task: OpenTask<unknown> = { ...untried, ...skipping(order.work.skip) }
    const setbacks: Setback[] = []
    // What the attempt before died of is not known here: it may have been a record.
    const careful = attemptNumber > 0 || order.work.careful
    for (let attempt = 1; ; attempt++) {
      task = afterStart(task, { attempt, at: 0 })
      const skip = task.trouble?.skip ?? []
      const one = await this.#try(message, { ...order.work, splits, skip, careful })
      const { outcome } = one
      if (outcome.kind === 'done') {
        const damaged = damagedIn(outcome.report)
        if (damaged.length === 0) return await this.#reply(message, one, outcome, setbacks)
        const unseen = damaged.find(({ fault }) => fault.code === 'input-missing')
        if (unseen !== undefined) return failed(scratch, one, unseenHere(unseen.fault))
        setbacks.push({ kind: 'damaged', splits: damaged })
        const lost = new Set(damaged.map(({ ordinal }) => ordinal))
        splits = splits.filter(({ ordinal }) => !lost.has(ordinal))
      } else {
        const { fault } = outcome
        const place = careful && mayBlameRecord(fault.code) ? readPlaceNote(join(scratch, one.folder)) : null
        if (place === null) return failed(scratch, one, fault)
        setbacks.push({ kind: 'died', fault, place, ...leftOf(scratch, one) })
        task = afterFailure(task, { attempt, fault, charged: true, place })
        if ((task.trouble?.skip.length ?? 0) > skippedMax || task.charged > skippedMax)
          return failed(scratch, one, fault)
      }
      forget(scratch, one)
    }
  }

  async #try({ scratch, order }: ToTaskProcess, work: ToTaskProcess['order']['work']): Promise<Try> {
    this.#tries += 1
    const id = `${order.task}.${this.#tries}`
    const folder = join('attempts', id)
    mkdirSync(join(scratch, 'attempts'), { recursive: true })
    const { outcome } = this.#pool?.run({ id, directory: folder, work }, () => undefined) ?? noPool()
    return { id, folder, outcome: await outcome }
  }

  async #reply(
    { scratch, order }: ToTaskProcess,
    { id, folder }: Try,
    { report, workMs }: DoneOutcome,
    setbacks: readonly Setback[],
  ): Promise<FromTaskProcess> {
    // What it printed takes another way than its report.
    if (existsSync(logFile(logFolder(scratch), id))) await sleep(logLagMs)
    this.#pool?.logOf(id)
    const reply: TaskReply = {
      task: order.task,
      report: withoutSideFiles(report.report),
      workMs: workMs ?? null,
      host: hostname(),
      setbacks,
      log: takeText(logFile(logFolder(scratch), id)),
      rejected: takeText(join(scratch, folder, rejectedName)),
    }
    return { type: 'done', reply, folder }
  }
}

function noPool(): never {
  throw new Error('A task process was given a task before a worker.')
}

function skipping(
  skip: readonly { readonly ordinal: number; readonly byte: number; readonly reason: string }[],
): {
  readonly trouble?: NonNullable<OpenTask<unknown>['trouble']>
} {
  return skip.length === 0 ? {} : { trouble: { ...noTrouble, skip } }
}

function openWorker(settings: TaskSettings, scratch: string): Pool {
  const { bundleFile, jobName, params, resolved, heapBytes, memoryBytes, taskTimeoutMs, isPolite } = settings
  const logDirectory = logFolder(scratch)
  mkdirSync(logDirectory, { recursive: true })
  return openPool('process', {
    seats: 1,
    order: { bundleFile, jobName, runDirectory: scratch, params, resolved },
    heapBytes,
    taskTimeoutMs,
    loadTimeoutMs: Math.max(taskTimeoutMs, loadTimeoutMsLeast),
    limits: { memoryBytes, processesMax: jobProcessesMax },
    settings: {
      // Inputs with absolute paths are read on a host that lacks the directory, too.
      cwd: existsSync(settings.cwd) ? settings.cwd : scratch,
      logDirectory,
      tokenName: `TALLYMAN_RUN_${randomBytes(8).toString('hex')}`,
      isPolite,
      memoryBytes,
      group: null,
      container: null,
    },
  })
}

function damagedIn(reported: AttemptReport): readonly DamagedSource[] {
  return reported.kind === 'map' ? reported.report.damaged : []
}

/** A file of another machine has another identity, be it a copy or not; and nothing of a run on Spark is kept. */
function withoutSideFiles(reported: TaskReply['report']): TaskReply['report'] {
  const { sideFiles: _, ...report } = reported
  return report
}

/** A failed attempt, with what is left of it; its files are removed. */
function failed(scratch: string, one: Try, fault: Fault): FromTaskProcess {
  const failure: TaskFailure = { fault: onHost(fault), host: hostname(), ...leftOf(scratch, one) }
  forget(scratch, one)
  return { type: 'failed', failure }
}

function leftOf(scratch: string, { id }: Try): Pick<TaskFailure, 'log' | 'death'> {
  return { log: takeText(logFile(logFolder(scratch), id)), death: readDeath(logFolder(scratch), id) }
}

function forget(scratch: string, { id, folder }: Try): void {
  rmSync(join(scratch, folder), { recursive: true, force: true })
  rmSync(logFile(logFolder(scratch), id), { force: true })
  rmSync(deathFile(logFolder(scratch), id), { force: true })
}

/** Where workers of this process print. */
function logFolder(scratch: string): string {
  return join(scratch, 'logs')
}

/** The text of a file, which is removed; empty where there is none. */
function takeText(file: string): string {
  if (!existsSync(file)) return ''
  const text = readFileSync(file, 'utf8')
  rmSync(file)
  return text
}

/** A cluster has many machines, and a fault is often one of them. */
function onHost(fault: Fault): Fault {
  const { wayOut } = fault
  return {
    ...fault,
    message: `On host ${hostname()}: ${fault.message}`,
    // The file is sent to the run, and removed here.
    ...(wayOut === undefined ? {} : { wayOut: wayOut.replace(printedHere, 'See `tallyman logs`.') }),
  }
}

const printedHere = /What it printed is in .*\.log\./

/** The plan found the file: that it is not here is no damage of it. */
function unseenHere(fault: Fault): Fault {
  return {
    ...fault,
    // Another host may see it.
    code: 'io',
    wayOut: 'Put the inputs where every executor sees them under the same path: on a shared file system.',
  }
}
