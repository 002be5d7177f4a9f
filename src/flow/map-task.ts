import { exhaustionOf, type Fault, messageOf, TallymanError, toFault } from '../errors.ts'
import { inputName, type SplitReader } from '../input/index.ts'
import {
  type AnyJob,
  bindEmit,
  type EmitPush,
  emitMistake,
  type JobTable,
  jobTables,
  type Position,
  RecordRejection,
} from '../job/index.ts'
import { Combiner, type CombinerOptions } from './combiner.ts'
import { Late } from './late.ts'
import { MapContext } from './map-context.ts'
import type { RecordSource } from './record-source.ts'
import { RejectedLog, type Why, whyRejected } from './rejected.ts'
import type { SideFileList } from './side-file.ts'
import type { Spill } from './spill.ts'

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
  /** Left out where the job had read none. */
  readonly sideFiles?: SideFileList
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

/** All that a map task depends on, and whom it tells how it goes on. */
export interface MapTask extends CombinerOptions {
  readonly job: AnyJob
  readonly params: Readonly<Record<string, unknown>>
  readonly sources: readonly RecordSource[]
  /** True makes a throwing mapper end the task instead of rejecting the record. */
  readonly throwMapperErrors?: boolean
  /** Records that are not mapped but rejected with a reason, since they ended their worker before. */
  readonly skip?: readonly SkippedRecord[]
  /** Told of each record before it is mapped, so that a worker's death can be traced to the record at hand. */
  readonly onRecord?: (place: RecordPlace) => void
  /** Told of each emit that is taken, before its record is done; neither key nor value may be kept. */
  readonly onEmit?: EmitPush
  /**
   * Called after every 64 records that were mapped, and after every chunk of input, a megabyte at most: lets the caller breathe, report,
   * or end the task by throwing. What the mapper refuses is not counted: after each such record it is called as well while the number of
   * those mapped is 0 or a multiple of 64. Nothing is awaited where it returns nothing.
   */
  readonly tick: (progress: MapProgress) => Promise<void> | undefined
  /** Looked at after every record that came to the mapper: where it is set `tick` is called at once, which has to unset it. */
  readonly pressure?: { readonly isFelt: boolean }
  /**
   * Called after the last record and `flush`: lets what the job started and did not await come to its end, so that what it
   * emits is not lost unseen. Left out, only what came before is seen.
   */
  readonly settle?: () => Promise<void>
  /** Told of what is emitted or counted too late, also after the task has ended, which cannot fail for it any more. */
  readonly onLate?: (error: TallymanError) => void
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
  return new MapAttempt(task).run()
}

/** How long an emit is good for. */
interface Turn {
  isOver: boolean
  readonly emit: unknown
}

class MapAttempt {
  readonly #task: MapTask
  readonly #tables: readonly JobTable[]
  readonly #combiner: Combiner
  readonly #context: MapContext
  /**
   * Of a map that may wait each record gets an emit of its own, which ends with it: what another record's map has left at work comes to its end while
   * this one waits, and must not count as this one's.
   */
  #turn: Turn
  /** Has the map been seen to wait? */
  #mapWaits = false
  readonly #rejected: RejectedLog
  readonly #totals: SourceTotals[] = []
  readonly #damaged: DamagedSource[] = []
  /** Reasons by place; null where nothing is skipped, as nearly always. */
  readonly #skip: ReadonlyMap<string, string> | null
  readonly #pressure: { readonly isFelt: boolean }
  readonly #late: Late
  /** Records that the mapper threw at, and those that it refused on purpose. */
  #threw = 0
  #refused = 0
  #records = 0
  #bytes = 0
  #readBytes = 0

  constructor(task: MapTask) {
    this.#task = task
    this.#tables = jobTables(task.job)
    this.#combiner = new Combiner(this.#tables, task)
    this.#late = new Late(task.onLate)
    this.#context = new MapContext(task.params, this.#late)
    this.#rejected = new RejectedLog(task.storage)
    this.#pressure = task.pressure ?? { isFelt: false }
    const { skip = [] } = task
    this.#skip = skip.length === 0 ? null : new Map(skip.map((place) => [placeKey(place), place.reason]))
    this.#turn = this.#beginTurn()
  }

  #beginTurn(): Turn {
    const push: EmitPush = (table, key, value) => {
      if (!this.#context.isOpen || turn.isOver) throw this.#refuseLate(table)
      this.#combiner.push(table, key, value)
    }
    const { job, onEmit } = this.#task
    const told: EmitPush = (table, key, value) => {
      push(table, key, value)
      onEmit?.(table, key, value)
    }
    const turn: Turn = { isOver: false, emit: bindEmit(job, onEmit === undefined ? push : told) }
    return turn
  }

  #endTurn(): void {
    this.#turn.isOver = true
    this.#turn = this.#beginTurn()
  }

  #refuseLate(table: number): TallymanError {
    return this.#late.refuse(`Table "${this.#tables[table]?.name}" got a value`)
  }

  async run(): Promise<MapReport> {
    try {
      return await this.#run()
    } finally {
      this.#combiner.release()
    }
  }

  async #run(): Promise<MapReport> {
    const { job, settle } = this.#task
    if (job.setup !== undefined) {
      this.#context.isOpen = true
      this.#context.state = await this.#callUser('setup', () => job.setup?.(this.#context))
      this.#context.isOpen = false
    }
    for (const source of this.#task.sources) await this.#readSource(source)
    if (job.flush !== undefined) {
      this.#endTurn()
      this.#context.isOpen = true
      this.#context.leave()
      await this.#callUser('flush', () => job.flush?.(this.#turn.emit, this.#context))
      this.#context.isOpen = false
      this.#context.keepCounters()
      this.#combiner.fold('in flush')
    }
    await settle?.()
    const late = this.#late.first
    if (late !== null) throw late
    const spills = this.#damaged.length === 0 ? this.#combiner.finish() : []
    this.#rejected.close()
    return {
      spills,
      sources: this.#totals,
      counters: this.#context.counters(),
      emitted: this.#combiner.emitted,
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
    while (await reader.nextChunk()) {
      for (let kind = reader.next(); kind !== 'end-of-chunk'; kind = reader.next()) {
        if (kind === 'rejected') {
          const { message, atByte } = reader.rejection
          this.#reject(reader, { reason: message, atByte, by: 'decoder' })
          continue
        }
        if (this.#passesOver(source, reader)) continue
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
  #passesOver({ ordinal }: RecordSource, reader: SplitReader<unknown>): boolean {
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

  /**
   * Maps the record the reader stands at; returns a promise only when the user's map did. Of stacks that are written down the part from here on is
   * left out: `rejected.ts` knows this method, and `#mapAwaited`, by name.
   */
  #mapRecord(reader: SplitReader<unknown>): Promise<void> | undefined {
    this.#context.isOpen = true
    try {
      const result: unknown = this.#task.job.map(reader.record, this.#turn.emit, this.#context)
      if (isThenable(result)) return this.#mapAwaited(reader, result)
    } catch (error) {
      this.#recordThrew(reader, error)
      return undefined
    }
    // What fails here, a reducer or a disk, is none of the record's doing.
    this.#recordDone(reader)
    return undefined
  }

  async #mapAwaited(reader: SplitReader<unknown>, result: PromiseLike<unknown>): Promise<void> {
    this.#mapWaits = true
    try {
      await result
    } catch (error) {
      this.#recordThrew(reader, error)
      return
    }
    this.#recordDone(reader)
  }

  #recordDone(reader: SplitReader<unknown>): void {
    this.#context.isOpen = false
    if (this.#mapWaits) this.#endTurn()
    this.#records += 1
    this.#context.keepCounters()
    if (this.#combiner.hasPending) this.#combiner.fold(() => describePosition(this.#context.position, reader))
  }

  #recordThrew(reader: SplitReader<unknown>, error: unknown): void {
    this.#context.isOpen = false
    if (this.#mapWaits) this.#endTurn()
    this.#combiner.drop()
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
    const { reduce, map } = this.#task.job
    const why = whyRejected(error, emitMistake({ reduce, call: map, place: 1 }, error))
    this.#reject(reader, why)
    if (error instanceof RecordRejection) {
      this.#refused += 1
      return
    }
    this.#threw += 1
    // Records that the mapper never saw, since they could not be decoded, say nothing of it.
    if (this.#records === 0 && this.#refused === 0 && this.#threw >= hopelessRecords) {
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

  async #callUser<T>(hook: 'setup' | 'flush', call: () => T | PromiseLike<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      if (error instanceof TallymanError && error.code === 'internal') throw error
      const { reduce, flush } = this.#task.job
      const mistake = hook === 'setup' ? null : emitMistake({ reduce, call: flush, place: 0 }, error)
      throw new TallymanError('job-threw', `The job's ${hook} threw: ${messageOf(error)}`, {
        wayOut: mistake ?? `Mend the ${hook}; it runs once per map task.`,
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
