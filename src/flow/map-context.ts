import { TallymanError } from '../errors.ts'
import type { SplitReader } from '../input/index.ts'
import { type Context, type Position, RecordRejection } from '../job/index.ts'
import { hashBytes } from '../record/index.ts'
import { empty } from './empty.ts'
import type { Late } from './late.ts'
import type { RecordSource } from './record-source.ts'

/** The `ctx` a map gets: one object for the whole task, standing at the record at hand. */
export class MapContext implements Context<Readonly<Record<string, unknown>>, unknown> {
  readonly params: Readonly<Record<string, unknown>>
  state: unknown = undefined
  /** Is a hook or a record's map under way? What is counted at another time would be lost, or count as another record's. */
  isOpen = false
  #source: RecordSource | null = null
  #reader: SplitReader<unknown> | null = null
  readonly #late: Late
  readonly #counters = new Map<string, number>()
  /** Increments of the record at hand; kept only when its map returns. */
  readonly #pending: { name: string; by: number }[] = []
  #randomState = 0
  #randomByte = -1

  constructor(params: Readonly<Record<string, unknown>>, late: Late) {
    this.params = params
    this.#late = late
  }

  enter(source: RecordSource, reader: SplitReader<unknown>): void {
    this.#source = source
    this.#reader = reader
    this.#randomByte = -1
  }

  /** No record is at hand any more: the position is that of no file. */
  leave(): void {
    this.#source = null
    this.#reader = null
    this.#randomByte = -1
  }

  get ordinal(): number {
    return this.#source?.ordinal ?? -1
  }

  get position(): Position {
    const source = this.#source
    const reader = this.#reader
    if (source === null || reader === null) {
      throw new TallymanError(
        'job-threw',
        'ctx.position was read outside a record: setup and flush have none.',
        {
          wayOut: 'Read the position in map, and keep what is needed in ctx.state.',
        },
      )
    }
    return {
      path: source.path,
      member: source.member,
      byte: reader.startByte,
      line: source.fromStart ? reader.line : null,
    }
  }

  counter(name: string, by = 1): void {
    if (!Number.isSafeInteger(by)) {
      throw new TypeError(
        `Counter "${name}" was increased by ${String(by)}; a counter counts in whole numbers.`,
      )
    }
    if (!this.isOpen) throw this.#late.refuse(`Counter "${name}" was increased`)
    this.#pending.push({ name, by })
  }

  reject(reason: string): never {
    throw new RecordRejection(reason)
  }

  /**
   * A number in [0, 1) from a generator seeded by the record's position (mulberry32), so that every attempt, split
   * size and executor draws the same ones.
   */
  random(): number {
    const byte = this.#reader?.startByte ?? 0
    if (byte !== this.#randomByte) {
      const seed = Buffer.from(`${this.#source?.path}\0${this.#source?.member}\0${byte}`)
      this.#randomState = hashBytes(seed, 0, seed.length)
      this.#randomByte = byte
    }
    this.#randomState = (this.#randomState + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#randomState ^ (this.#randomState >>> 15), 1 | this.#randomState)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  keepCounters(): void {
    if (this.#pending.length === 0) return
    for (const { name, by } of this.#pending) {
      const total = (this.#counters.get(name) ?? 0) + by
      if (!Number.isSafeInteger(total)) throw counterBeyond(name)
      this.#counters.set(name, total)
    }
    empty(this.#pending)
  }

  dropCounters(): void {
    this.#pending.length = 0
  }

  counters(): Record<string, number> {
    return Object.fromEntries([...this.#counters].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}

/** A total that a double does not hold would be rounded, and by how much would depend on how the inputs are cut. */
function counterBeyond(name: string): TallymanError {
  return new TallymanError('job-threw', `Counter "${name}" has come to more than 2 ** 53.`, {
    wayOut: counterWayOut,
  })
}

/** What to do about a counter that is too large to be a total. */
export const counterWayOut =
  'Count in a larger unit, or emit what is added up to a table of its own: sum() of bigints is exact.'
