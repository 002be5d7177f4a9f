import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Fault, messageOf } from '../errors.ts'
import { type RecordPlace, type Rejected, rejectedName } from '../flow/index.ts'
import { markProcess, type ProcessToken, scratchFolder } from '../host/index.ts'
import type { Attempt } from './attempt.ts'
import { builtFile } from './built-file.ts'
import { encodeFrame, readFrames } from './frames.ts'
import { heapFlags } from './heap-limits.ts'
import { Leash } from './links/leash.ts'
import { howItEnded, killGroup } from './links/node-process.ts'
import { endStrays } from './links/strays.ts'
import { isFromWorker, type LoadOrder, type ToWorker, unknownMessage } from './messages.ts'
import { readPlaceNote } from './place-note.ts'
import type { AttemptOutcome } from './pool/seat.ts'
import { Watchdog, type WatchLimits, watchEveryMs } from './pool/watchdog.ts'

/** An attempt that is to be run again, for a look at it. */
export interface Replay {
  readonly order: LoadOrder
  /** Its directory is not used: what it writes is thrown away. */
  readonly attempt: Attempt
  readonly heapBytes: number
  /** What it may hold and start, as in its run. */
  readonly limits: WatchLimits
  /** How long it may make no progress before `onStandstill` is called. */
  readonly patienceMs: number
  /** The directory the inputs were planned in. */
  readonly cwd: string
  /** Variables of its environment that are others here. */
  readonly environment: Readonly<Record<string, string>>
  /** Called once, where it seems to go on without end. */
  onStandstill?(): void
  /** Whether it waits for a debugger first, and stops in front of the record that is looked at. */
  readonly inspect: boolean
  /** Absolute path of the file that a CPU profile goes to where it ends well; null for none. */
  readonly profileFile: string | null
}

/** How it went. */
export interface ReplayEnd {
  readonly outcome: AttemptOutcome
  /** The record it was at when it did not end well; null where it was at none. */
  readonly record: RecordPlace | null
  /** Records that it rejected. */
  readonly rejected: readonly Rejected[]
}

/**
 * Runs an attempt again in a worker of its own that prints on this process's stdout and stderr. What it writes goes to a folder
 * that is removed. Never rejects for what the job does.
 *
 * @param stop aborted to end it at once; it ends as failed with `killed` then
 */
export async function replayAttempt(replay: Replay, stop: AbortSignal): Promise<ReplayEnd> {
  const folder = scratchFolder('repro')
  const tokenName = `TALLYMAN_REPRO_${randomBytes(8).toString('hex')}`
  const child = start(replay, tokenName)
  const token: ProcessToken = `${tokenName}=1`
  const marked = child.pid === undefined ? Promise.resolve() : markProcess(child.pid, token)
  const leash = new Leash()
  if (child.pid !== undefined) leash.hold(child.pid)
  const end = (): void => killGroup(child)
  stop.addEventListener('abort', end)
  let fault: Fault | null = null
  const watched = {
    pid: child.pid ?? 0,
    token,
    note: () => undefined,
    remember: () => undefined,
    end: (why: Fault) => {
      fault = why
      end()
    },
  }
  const watchdog = new Watchdog(replay.limits)
  const timer = setInterval(() => {
    if (child.pid !== undefined) watchdog.look([watched])
  }, watchEveryMs)
  try {
    const directory = relative(replay.order.runDirectory, folder)
    const ended = await converse(child, { ...replay, attempt: { ...replay.attempt, directory } }, marked)
    const outcome: AttemptOutcome = fault === null ? ended : { kind: 'failed', fault }
    if (replay.profileFile !== null && outcome.kind === 'done') await letLeave(child)
    const record = outcome.kind === 'done' ? null : readPlaceNote(folder)
    return { outcome, record, rejected: readRejected(folder) }
  } finally {
    clearInterval(timer)
    stop.removeEventListener('abort', end)
    end()
    if (child.pid !== undefined) leash.release(child.pid)
    await leash.close()
    await endStrays(token)
    rmSync(folder, { recursive: true, force: true })
  }
}

function start(
  { heapBytes, cwd, environment, inspect, profileFile }: Replay,
  tokenName: string,
): ChildProcess {
  const flags = heapFlags(heapBytes)
  // Any free port: on a server that others use too, the usual one may be theirs.
  if (inspect) flags.push('--inspect-wait=127.0.0.1:0')
  if (profileFile !== null)
    flags.push(
      '--cpu-prof',
      `--cpu-prof-dir=${dirname(profileFile)}`,
      `--cpu-prof-name=${basename(profileFile)}`,
    )
  return spawn(process.execPath, [...flags, builtFile('worker-process'), 'foreground'], {
    cwd,
    env: { ...process.env, ...environment, [tokenName]: '1' },
    // A group of its own: a job that signals its group does not end who looks at it.
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  })
}

/** A profile of a long attempt takes Node seconds to write. */
const leaveMs = 60_000

/** Closes the line to the worker, which ends by itself then: only so is its profile written. */
async function letLeave(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
  })
  const line = (child.stdio[3] ?? null) as Duplex | null
  line?.end()
  await Promise.race([gone, sleep(leaveMs, undefined, { ref: false })])
}

/** Has the worker load the job and run the attempt, once it is ready to run what is not ours. */
function converse(
  child: ChildProcess,
  { order, attempt, patienceMs, onStandstill }: Replay,
  ready: Promise<unknown>,
): Promise<AttemptOutcome> {
  let timer: NodeJS.Timeout | undefined
  const standstill = (): void => onStandstill?.()
  const outcome = new Promise<AttemptOutcome>((resolve) => {
    const fail = (fault: Fault): void => resolve({ kind: 'failed', fault })
    child.once('error', (error) =>
      fail({ code: 'worker-died', message: `The worker could not be started: ${error.message}` }),
    )
    child.once('close', (code, signal) => {
      const { how, code: cause } = howItEnded(code, signal)
      fail({ code: cause, message: `The worker ${how}.` })
    })
    const line = (child.stdio[3] ?? null) as Duplex | null
    if (line === null) return
    const say = (message: ToWorker): void => {
      line.write(encodeFrame(message))
    }
    // The line breaks when the child dies; `close` tells of that.
    line.on('error', () => undefined)
    readFrames(
      line,
      (message) => {
        if (!isFromWorker(message)) fail(unknownMessage(message))
        else if (message.type === 'loaded') {
          timer = setTimeout(standstill, patienceMs)
          say({ type: 'run', attempt })
        } else if (message.type === 'progress') timer?.refresh()
        else if (message.type === 'done') resolve({ kind: 'done', report: message.report })
        else fail(message.fault)
      },
      (error) =>
        fail({
          code: 'protocol-broken',
          message: `The worker spoiled its line to this process. ${messageOf(error)}`,
        }),
    )
    void ready.then(() => say({ type: 'load', order }))
  })
  return outcome.finally(() => clearTimeout(timer))
}

function readRejected(folder: string): Rejected[] {
  const file = join(folder, rejectedName)
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as Rejected)
}
