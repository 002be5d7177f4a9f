import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { errnoOf, type Fault } from '../../errors.ts'
import type { RecordPlace } from '../../flow/index.ts'
import { type OpenFiles, readMemoryUse, readOpenFiles, readProcessLimits } from '../../host/index.ts'
import type { Attempt, AttemptProgress } from '../attempt.ts'
import { deathFile } from '../log-files.ts'
import { readPlaceNote } from '../place-note.ts'

/** A look at a worker while its attempt ran. */
export interface WorkerSample {
  /** Milliseconds from the attempt's begin. */
  readonly ms: number
  /** Resident memory of the worker's process and of all it has started; threads share theirs. */
  readonly bytes: number
  /** How many files its process had open; null where the system does not tell. */
  readonly openFiles: number | null
}

/** What is left of an attempt that failed; docs/formats/deaths.md describes the file. */
export interface DeathRecord {
  readonly format: 'tallyman death'
  readonly version: 1
  /** What it was told to do. */
  readonly attempt: Attempt
  /** Why it failed. */
  readonly fault: Fault
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly endedAt: number
  readonly worker: {
    readonly seat: number
    /** Null where none could be started. */
    readonly pid: number | null
  }
  /** The record it was at, where it was told to write that down. */
  readonly record: RecordPlace | null
  /** How far it was when it was last heard of. */
  readonly progress: (AttemptProgress & { readonly ms: number }) | null
  /** Looks at its memory, oldest first: one in half a second, and of a long attempt fewer. */
  readonly memory: readonly WorkerSample[]
  /** What it had open at the last look. */
  readonly openFiles: (OpenFiles & { readonly ms: number }) | null
  readonly limits: RunLimits & {
    /** Heap of this worker. */
    readonly heapBytes: number
    /** Limits of its process by name, soft and hard. */
    readonly system: Readonly<Record<string, string>>
  }
  /** The last it wrote on stderr, at most 16 KiB. */
  readonly stderr: string
}

/** What every attempt of a run is held to. */
export interface RunLimits {
  /** All processes of the run together. */
  readonly memoryBytes: number
  /** Processes that one worker may have started. */
  readonly processesMax: number
  readonly taskTimeoutMs: number
}

const samplesMax = 240
const namesMax = 64

/** Keeps what would be wanted after a crash, of the attempt at hand in one seat. */
export class FlightRecorder {
  readonly #limits: RunLimits
  #startedAt = 0
  #startedMs = 0
  #pid: number | null = null
  #heapBytes = 0
  #progress: DeathRecord['progress'] = null
  #samples: WorkerSample[] = []
  /** Every so many looks are kept. */
  #every = 1
  #looks = 0
  #openFiles: DeathRecord['openFiles'] = null
  #system: Readonly<Record<string, string>> = {}

  constructor(limits: RunLimits) {
    this.#limits = limits
  }

  begin(): void {
    this.#startedAt = Date.now()
    this.#startedMs = performance.now()
    this.#progress = null
    this.#samples = []
    this.#every = 1
    this.#looks = 0
    this.#openFiles = null
  }

  /** A worker was started for the attempt, or is there from the one before. */
  board(pid: number | null, heapBytes: number): void {
    this.#heapBytes = heapBytes
    if (pid === this.#pid) return
    this.#pid = pid
    this.#system = pid === null ? {} : readProcessLimits(pid)
  }

  heard(progress: AttemptProgress): void {
    this.#progress = { ...progress, ms: this.#ms() }
  }

  /** Looks at the worker. @param bytes what it and all it has started hold; counted of itself alone where it is left out */
  look(bytes?: number): void {
    const pid = this.#pid
    if (pid === null) return
    const ms = this.#ms()
    const files = readOpenFiles(pid, namesMax)
    // A process that is ending has given everything back: that tells nothing.
    if (files?.count === 0) return
    if (files !== null) this.#openFiles = { ...files, ms }
    if (this.#looks++ % this.#every !== 0 && bytes !== undefined) return
    const held = bytes ?? readMemoryUse([pid], { exactAboveBytes: Number.POSITIVE_INFINITY }).bytes
    if (held > 0) this.#samples.push({ ms, bytes: held, openFiles: files?.count ?? null })
    if (this.#samples.length <= samplesMax) return
    this.#samples = this.#samples.filter((_, index) => index % 2 === 0)
    this.#every *= 2
  }

  /** What is left of the attempt. @param directory that it wrote into, absolute */
  record(end: {
    readonly attempt: Attempt
    readonly fault: Fault
    readonly seat: number
    readonly stderr: string
    readonly directory: string
  }): DeathRecord {
    const { attempt, fault, seat, stderr, directory } = end
    return {
      format: 'tallyman death',
      version: 1,
      attempt,
      fault,
      startedAt: this.#startedAt,
      endedAt: Date.now(),
      worker: { seat, pid: this.#pid },
      record: readPlaceNote(directory),
      progress: this.#progress,
      memory: this.#samples,
      openFiles: this.#openFiles,
      limits: { heapBytes: this.#heapBytes, ...this.#limits, system: this.#system },
      stderr,
    }
  }

  #ms(): number {
    return Math.round(performance.now() - this.#startedMs)
  }
}

/** Writes a death record, for nobody else to read. */
export function writeDeath(logFolder: string, record: DeathRecord): void {
  const file = deathFile(logFolder, record.attempt.id)
  try {
    writeFileSync(`${file}.new`, `${JSON.stringify(record)}\n`, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  } catch {
    // On a disk that is full, say. The journal has the cause; that this is missing is no reason to end the run.
  }
}

/** Reads a death record; null where there is none. Throws what JSON.parse throws for a damaged one. */
export function readDeath(logFolder: string, attempt: string): DeathRecord | null {
  let text: string
  try {
    text = readFileSync(deathFile(logFolder, attempt), 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null
    throw error
  }
  return JSON.parse(text) as DeathRecord
}
