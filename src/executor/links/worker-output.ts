import { existsSync } from 'node:fs'
import type { Link } from '../link.ts'
import { OutputCutter, type OutputStream, type Printed } from '../output-marks.ts'
import type { AttemptLog, AttemptLogs } from './attempt-log.ts'
import type { WorkerLog } from './worker-log.ts'

/** A process that runs out of heap says so before some thirty lines of native stack. */
const lastWordsBytesMax = 16 * 1024

/** Takes what one worker prints in its life: to the log of the attempt that printed it, or of its seat where none did. */
export class WorkerOutput {
  readonly #seatLog: WorkerLog
  readonly #logs: AttemptLogs
  readonly #streams = { stdout: new OutputCutter(), stderr: new OutputCutter() }
  readonly #open = new Map<string, AttemptLog>()
  #lastWords = Buffer.alloc(0)
  #speaker: string | null = null

  constructor(seatLog: WorkerLog, logs: AttemptLogs) {
    this.#seatLog = seatLog
    this.#logs = logs
  }

  /** To be called before the worker is told to run an attempt. */
  expect(attempt: string): void {
    this.#streams.stdout.expect(attempt)
    this.#streams.stderr.expect(attempt)
  }

  write(stream: OutputStream, chunk: Buffer): void {
    this.#take(stream, this.#streams[stream].push(chunk))
    if (this.#open.size > 1) this.#closeFormer()
  }

  #take(stream: OutputStream, pieces: readonly Printed[]): void {
    for (const { attempt, bytes } of pieces) {
      if (attempt === null) this.#seatLog.write(bytes)
      else this.#logOf(attempt).write(bytes)
      if (stream === 'stderr') this.#hear(attempt, bytes)
    }
  }

  /** Keeps the end of what is said on stderr by one attempt: what the one before said is not why this one died. */
  #hear(attempt: string | null, bytes: Buffer): void {
    const before = attempt === this.#speaker ? this.#lastWords : Buffer.alloc(0)
    this.#speaker = attempt
    this.#lastWords = Buffer.concat([before, bytes]).subarray(-lastWordsBytesMax)
  }

  #logOf(attempt: string): AttemptLog {
    const known = this.#open.get(attempt)
    if (known !== undefined) return known
    const log = this.#logs.open(attempt)
    this.#open.set(attempt, log)
    return log
  }

  /** Ends the logs of attempts that both streams have gone past. */
  #closeFormer(): void {
    const { stdout, stderr } = this.#streams
    for (const [attempt, log] of this.#open) {
      if (attempt === stdout.current || attempt === stderr.current) continue
      if (stdout.isExpecting(attempt) || stderr.isExpecting(attempt)) continue
      this.#logs.close(log)
      this.#open.delete(attempt)
    }
  }

  /** Nothing comes any more. Returns the last it said on stderr, in the attempt it was at. */
  close(): string {
    for (const stream of ['stdout', 'stderr'] as const) this.#take(stream, this.#streams[stream].end())
    for (const log of this.#open.values()) this.#logs.close(log)
    this.#open.clear()
    return this.#speaker === this.#streams.stderr.current ? this.#lastWords.toString('utf8') : ''
  }

  /** Where that is which an attempt printed, as far as it came, or that which was printed outside of any; null where it is nothing. */
  fileOf(attempt: string | null): string | null {
    if (attempt !== null) this.#open.get(attempt)?.flush()
    const file = attempt === null ? this.#seatLog.file : this.#logs.fileOf(attempt)
    return existsSync(file) ? file : null
  }
}

/** The line to a worker that has a process of its own, and whose output is kept by the attempts it is told to run. */
export function lineTo(worker: Omit<Link, 'logOf'>, output: WorkerOutput): Link {
  return {
    send: (message) => {
      if (message.type === 'run') output.expect(message.attempt.id)
      worker.send(message)
    },
    logOf: (attempt) => output.fileOf(attempt),
    exited: worker.exited,
    get process() {
      return worker.process
    },
    kill: () => worker.kill(),
  }
}
