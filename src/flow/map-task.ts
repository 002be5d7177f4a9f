import { exhaustionOf, type Fault, messageOf, TallymanError, toFault } from '../errors.ts'
import { inputName, type SplitReader } from '../input/index.ts'
import {
  type AnyJob,
  bindEmit,
  type JobTable,
  jobTables,
  type Position,
  RecordRejection,
} from '../job/index.ts'
import { canonicalJson } from '../record/index.ts'
import { CombineTable, mappedKeysMax } from './combine.ts'
import { type FlowKernels, noKernels } from './flow-kernels.ts'
import { giveBackKeyAmounts, type KeyAmounts, takeKeyAmounts } from './key-amounts.ts'
import { MapContext } from './map-context.ts'
import { PendingEmits } from './pending-emits.ts'
import type { RecordSource } from './record-source.ts'
import { RejectedLog, type Why, whyRejected } from './rejected.ts'
import { type Spill, writeSpills } from './spill.ts'
import type { Storage } from './storage.ts'

/** What was read of one source. */
export interface SourceTotals {
  readonly ordinal: number
  /** Accepted records. */
  readonly records: number
  readonly rejected: number
  /** Bytes of the source after decompression. */
  readonly bytes: number
  /** Bytes read from disk. */
  readonly readBytes: number
  readonly lines: number
}

/** A source that could not be read to its end. Its task's output is not used; the task runs again without it. */
export interface DamagedSource {
  readonly ordinal: number
  readonly fault: Fault
}

/** What a map task found and wrote. */
export interface MapReport {
  readonly spills: readonly Spill[]
  readonly sources: readonly SourceTotals[]
  readonly counters: Readonly<Record<string, number>>
  /** Values emitted, before combining. */
  readonly emitted: number
  /** Not empty: nothing of this report's output may be used. */
  readonly damaged: readonly DamagedSource[]
}

/** A record, found again by where it begins. */
export interface RecordPlace {
  /** Ordinal of its split. */
  readonly ordinal: number
  /** Offset of its first byte in the file or member, after decompression. */
  readonly byte: number
}

/** A record to be passed over. */
export interface SkippedRecord extends RecordPlace {
  readonly reason: string
}

export interface MapTask {
  readonly job: AnyJob
  readonly params: Readonly<Record<string, unknown>>
  readonly sources: readonly RecordSource[]
  readonly partitions: number
  /** Estimated heap bytes the combine tables may hold before they are spilled. */
  readonly combineBytesMax: number
  readonly storage: Storage
  /** Up to so many keys a table looks them up as JS values. Default: 4096. */
  readonly mappedKeysMax?: number
  /** Left out: does without. */
  readonly kernels?: FlowKernels
  /** True makes a throwing mapper end the task instead of rejecting the record. */
  readonly throwMapperErrors?: boolean
  /** Records that are not mapped but rejected with a reason, since they ended their worker before. */
  readonly skip?: readonly SkippedRecord[]
  /** Told of each record before it is mapped, so that a worker's death can be traced to the record at hand. */
  readonly onRecord?: (place: RecordPlace) => void
  /**
   * Called after every 64 records, and at least after every megabyte of input: lets the caller breathe, report, or end the
   * task by throwing. Nothing is awaited where it returns nothing.
   */
  readonly tick: (progress: MapProgress) => Promise<void> | undefined
  /** Looked at after every record: where it is set `tick` is called at once, which has to unset it. */
  readonly pressure?: { readonly isFelt: boolean }
  /**
   * Called after the last record and `flush`: lets what the job started and did not await come to its end, so that what it
   * emits is not lost unseen. Left out, only what came before is seen.
   */
  readonly settle?: () => Promise<void>
}

/** How far a map task is. */
export interface MapProgress {
  /** Bytes read from disk, compressed where the input is. */
  readonly readBytes: number
  /** Bytes after decompression. */
  readonly bytes: number
  readonly records: number
  readonly rejected: number
}

const recordsPerTick = 64

/** A mapper that refuses this many records before it has accepted a single one is taken to be wrong itself. */
const hopelessRecords = 100

/**
 * Reads every source, maps each record, combines what is emitted and spills it sorted. A function of its sources'
 * bytes: no clock, no environment, no knowledge of who runs it.
 *
 * @throws {TallymanError} `job-threw` for setup, flush, a reducer's `add`, or a mapper that fails at everything
 */
export async function runMapTask(task: MapTask): Promise<MapReport> {
  return new MapRun(task).run()
}

class MapRun {
  readonly #task: MapTask
  readonly #tables: readonly JobTable[]
  readonly #combine: readonly CombineTable[]
  readonly #context: MapContext
  readonly #emit: unknown
  readonly #rejected: RejectedLog
  readonly #spills: Spill[] = []
  readonly #totals: SourceTotals[] = []
  readonly #damaged: DamagedSource[] = []
  /** What the record at hand has emitted: it counts only once its map has returned. */
  readonly #pending: PendingEmits
  /** Reasons by place; null where nothing is skipped, as nearly always. */
  readonly #skip: ReadonlyMap<string, string> | null
  readonly #pressure: { readonly isFelt: boolean }
  #accepting = false
  /** An emit that came too late, the first: what it was given is lost. */
  #late: TallymanError | null = null
  #emitted = 0
  /** Records that the mapper threw at. */
  #threw = 0
  #records = 0
  #bytes = 0
  #readBytes = 0
  #spillRounds = 0
  /** Keys and states of large tables; null as long as there is none. */
  #amounts: KeyAmounts | null = null

  constructor(task: MapTask) {
    this.#task = task
    this.#tables = jobTables(task.job)
    const keysMax = task.mappedKeysMax ?? mappedKeysMax
    this.#combine = this.#tables.map(({ reducer }, number) => new CombineTable(reducer, number, keysMax))
    this.#pending = new PendingEmits(this.#combine)
    this.#context = new MapContext(task.params)
    this.#rejected = new RejectedLog(task.storage)
    this.#pressure = task.pressure ?? { isFelt: false }
    const { skip = [] } = task
    this.#skip = skip.length === 0 ? null : new Map(skip.map((place) => [placeKey(place), place.reason]))
    this.#emit = bindEmit(task.job, (table, key, value) => {
      if (!this.#accepting) throw this.#refuseLate(table)
      this.#pending.push(table, key, value)
    })
  }

  /** Remembered, since the job may catch it where it emits. */
  #refuseLate(table: number): TallymanError {
    this.#late ??= new TallymanError(
      'job-threw',
      `Table "${this.#tables[table]?.name}" got a value after its record's map had returned.`,
      { wayOut: 'Await everything the map starts before it returns.' },
    )
    return this.#late
  }

  async run(): Promise<MapReport> {
    try {
      return await this.#run()
    } finally {
      // What is left of a task that failed: its memory is for the next one.
      for (const table of this.#combine) table.clear()
      if (this.#amounts !== null) giveBackKeyAmounts(this.#amounts)
    }
  }

  async #run(): Promise<MapReport> {
    const { job, settle } = this.#task
    if (job.setup !== undefined)
      this.#context.state = await this.#callUser('setup', () => job.setup?.(this.#context))
    for (const source of this.#task.sources) await this.#readSource(source)
    if (job.flush !== undefined) {
      this.#accepting = true
      this.#context.leave()
      await this.#callUser('flush', () => job.flush?.(this.#emit, this.#context))
      this.#accepting = false
      this.#context.keepCounters()
      this.#apply('in flush')
    }
    await settle?.()
    if (this.#late !== null) throw this.#late
    if (this.#damaged.length === 0) this.#spill()
    this.#rejected.close()
    return {
      spills: this.#spills,
      sources: this.#totals,
      counters: this.#context.counters(),
      emitted: this.#emitted,
      damaged: this.#damaged,
    }
  }

  /** A damaged source does not end the task: what else is damaged should be known too. */
  async #readSource(source: RecordSource): Promise<void> {
    const rejectedBefore = this.#rejected.count
    let reader: SplitReader<unknown> | undefined
    const recordsBefore = this.#records
    try {
      reader = await source.open()
      await this.#readRecords(source, reader)
    } catch (error) {
      if (!isDamage(error)) throw error
      this.#damaged.push({ ordinal: source.ordinal, fault: toFault(error) })
    } finally {
      await reader?.close()
    }
    if (reader === undefined) return
    this.#bytes += reader.totals.bytes
    this.#readBytes += reader.totals.readBytes
    this.#totals.push({
      ordinal: source.ordinal,
      records: this.#records - recordsBefore,
      rejected: this.#rejected.count - rejectedBefore,
      ...reader.totals,
    })
  }

  async #readRecords(source: RecordSource, reader: SplitReader<unknown>): Promise<void> {
    this.#context.enter(source, reader)
    while (await reader.nextBatch()) {
      for (let kind = reader.next(); kind !== 'end-of-batch'; kind = reader.next()) {
        if (kind === 'rejected') {
          const { message, atByte } = reader.rejection
          this.#reject(reader, { reason: message, atByte, by: 'decoder' })
          continue
        }
        if (this.#isSkipped(source, reader)) continue
        const waiting = this.#mapRecord(reader)
        if (waiting !== undefined) await waiting
        if (this.#records % recordsPerTick === 0 || this.#pressure.isFelt) {
          const pause = this.#tick(reader)
          if (pause !== undefined) await pause
        }
      }
      const pause = this.#tick(reader)
      if (pause !== undefined) await pause
    }
  }

  #tick(reader: SplitReader<unknown>): Promise<void> | undefined {
    const { readBytes, bytes } = reader.totals
    return this.#task.tick({
      readBytes: this.#readBytes + readBytes,
      bytes: this.#bytes + bytes,
      records: this.#records,
      rejected: this.#rejected.count,
    })
  }

  /** Tells of the record at hand; true, having rejected it, where it is one to be passed over. */
  #isSkipped({ ordinal }: RecordSource, reader: SplitReader<unknown>): boolean {
    const { onRecord } = this.#task
    if (onRecord === undefined && this.#skip === null) return false
    const place = { ordinal, byte: reader.startByte }
    const reason = this.#skip?.get(placeKey(place))
    if (reason === undefined) {
      onRecord?.(place)
      return false
    }
    this.#reject(reader, { reason, atByte: null, by: 'mapper' })
    return true
  }

  /** Maps the record the reader stands at; returns a promise only when the user's map did. */
  #mapRecord(reader: SplitReader<unknown>): Promise<void> | undefined {
    this.#accepting = true
    try {
      const result: unknown = this.#task.job.map(reader.record, this.#emit, this.#context)
      if (isThenable(result)) return this.#mapAwaited(reader, result)
      this.#recordDone(reader)
    } catch (error) {
      this.#recordThrew(reader, error)
    }
    return undefined
  }

  async #mapAwaited(reader: SplitReader<unknown>, result: PromiseLike<unknown>): Promise<void> {
    try {
      await result
      this.#recordDone(reader)
    } catch (error) {
      this.#recordThrew(reader, error)
    }
  }

  #recordDone(reader: SplitReader<unknown>): void {
    this.#accepting = false
    this.#records += 1
    this.#context.keepCounters()
    if (this.#pending.emitted > 0) this.#apply(() => describePosition(this.#context.position, reader))
  }

  #recordThrew(reader: SplitReader<unknown>, error: unknown): void {
    this.#accepting = false
    this.#pending.drop()
    this.#context.dropCounters()
    if (error instanceof TallymanError && (error.code === 'job-threw' || error.code === 'internal'))
      throw error
    if (this.#task.throwMapperErrors) throw error
    const exhausted = exhaustionOf(error)
    if (exhausted !== null)
      throw new TallymanError(
        exhausted.code,
        `The map could not go on ${describePosition(this.#context.position, reader)}: ${exhausted.message}.`,
        { ...(exhausted.wayOut === undefined ? {} : { wayOut: exhausted.wayOut }), cause: error },
      )
    const why = whyRejected(error)
    this.#reject(reader, why)
    if (error instanceof RecordRejection) return
    this.#threw += 1
    if (this.#records === 0 && this.#threw === this.#rejected.count && this.#threw >= hopelessRecords) {
      throw new TallymanError(
        'job-threw',
        `The mapper threw at each of the first ${hopelessRecords} records; at the last one: ${why.reason.replace(/^map threw: /, '')}`,
        {
          wayOut: 'Mend the map; `testJob` runs it on a few records at once.',
          cause: error,
        },
      )
    }
  }

  #reject(reader: SplitReader<unknown>, why: Why): void {
    const { path, member, byte } = this.#context.position
    this.#rejected.add({
      ordinal: this.#context.ordinal,
      path,
      member,
      byte,
      lineInSplit: reader.line,
      excerpt: reader.excerpt(),
      ...why,
    })
  }

  /** Folds what one record emitted. It was checked as it was emitted: what fails here is a reducer, and with it the job. */
  #apply(where: string | (() => string)): void {
    if (this.#pending.leaves) this.#leaveKernel()
    this.#pending.resolve()
    const { tables, numbers, values, count } = this.#pending
    for (let index = 0; index < count; index++) {
      const table = tables[index] ?? 0
      const number = numbers[index] ?? 0
      try {
        this.#combine[table]?.fold(number, values[index])
      } catch (error) {
        throw this.#refuseFold(table, number, error, typeof where === 'string' ? where : where())
      }
    }
    this.#emitted += this.#pending.emitted
    this.#pending.keep()
    if (count > 0) this.#moveAmounts()
    const { combineBytesMax } = this.#task
    // As long as it is sure to fit, what is staged may wait: so it is spilled where it would be if it were folded at once.
    if (this.#pending.isFull || this.#heldBytes() + this.#pending.stagedBytesMost > combineBytesMax) {
      this.#foldStaged()
      if (this.#heldBytes() > combineBytesMax) this.#relieve()
    }
  }

  /** Tables that have become large go on in the memory of a kernel, where that can fold them. */
  #moveAmounts(): void {
    const { kernels = noKernels } = this.#task
    for (const table of this.#combine) {
      if (!table.isToMove) continue
      this.#amounts ??= takeKeyAmounts(kernels.amounts)
      if (this.#amounts === null) return
      table.moveTo(this.#amounts)
    }
  }

  #foldStaged(): void {
    this.#pending.foldStaged(() => this.#takeBack())
  }

  /** The record at hand has a value that is none for a kernel. */
  #leaveKernel(): void {
    this.#pending.keepStaged()
    this.#foldStaged()
    this.#takeBack()
  }

  /** Takes all back from the kernel. The table that cannot be there any more stays; others move again, if they are still large. */
  #takeBack(): void {
    const tables = this.#combine
    for (const table of tables) table.leave()
    this.#amounts?.visit((bytes, start, end, amount) => {
      tables[bytes.readUInt8(start)]?.takeBack(bytes, start, end, amount)
    })
    this.#amounts?.reset()
  }

  #refuseFold(table: number, number: number, cause: unknown, where: string): TallymanError {
    const name = this.#tables[table]?.name
    const key = showKey(this.#combine[table]?.keyOf(number))
    return new TallymanError(
      'job-threw',
      `Adding to table "${name}" failed ${where}, key ${key}: ${messageOf(cause)}`,
      {
        ...(cause instanceof TallymanError && cause.wayOut !== undefined ? { wayOut: cause.wayOut } : {}),
        cause,
      },
    )
  }

  #heldBytes(): number {
    let bytes = 0
    for (const table of this.#combine) bytes += table.heldBytes
    return bytes
  }

  /** The estimate may be far above what folding kept; count again before paying for a spill. */
  #relieve(): void {
    for (const table of this.#combine) table.measure()
    if (this.#heldBytes() > this.#task.combineBytesMax / 2) this.#spill()
  }

  #spill(): void {
    this.#foldStaged()
    if (this.#combine.every((table) => table.keyCount === 0)) return
    const { partitions, storage } = this.#task
    this.#spills.push(...writeSpills(this.#combine, { partitions, round: this.#spillRounds, storage }))
    this.#amounts?.reset()
    this.#spillRounds += 1
  }

  async #callUser<T>(hook: 'setup' | 'flush', call: () => T | PromiseLike<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      if (error instanceof TallymanError && error.code === 'internal') throw error
      const reason = messageOf(error)
      throw new TallymanError('job-threw', `The job's ${hook} threw: ${reason}`, {
        wayOut: `Mend the ${hook}; it runs once per map task.`,
        cause: error,
      })
    }
  }
}

function placeKey({ ordinal, byte }: RecordPlace): string {
  return `${ordinal} ${byte}`
}

const damageCodes: ReadonlySet<string> = new Set(['input-damaged', 'input-unsupported', 'input-missing'])

function isDamage(error: unknown): boolean {
  return error instanceof TallymanError && damageCodes.has(error.code)
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function describePosition(position: Position, reader: SplitReader<unknown>): string {
  const { path, member, byte } = position
  return `at ${inputName(path, member)}, byte ${byte} (line ${reader.line} of its split)`
}

function showKey(key: unknown): string {
  try {
    return canonicalJson(key)
  } catch (error) {
    return `that cannot be shown (${messageOf(error)})`
  }
}
