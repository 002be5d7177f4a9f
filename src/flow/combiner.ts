import { messageOf, TallymanError } from '../errors.ts'
import type { JobTable } from '../job/index.ts'
import { canonicalJson, type Key } from '../record/index.ts'
import { CombineTable, mappedKeysMax } from './combine-table.ts'
import { type FlowKernels, noKernels } from './flow-kernels.ts'
import { giveBackKeyAmounts, type KeyAmounts, takeKeyAmounts } from './key-amounts.ts'
import { PendingEmits } from './pending-emits.ts'
import { type Spill, writeSpills } from './spill.ts'
import type { Storage } from './storage.ts'

/** How many partitions there are, how much may be held, and where spills go. */
export interface CombinerOptions {
  readonly partitions: number
  /** Estimated heap bytes the combine tables may hold before they are spilled. */
  readonly combineBytesMax: number
  readonly storage: Storage
  /** Up to so many keys a table looks them up as JS values. Default: 4096. */
  readonly mappedKeysMax?: number
  /** Left out: does without. */
  readonly kernels?: FlowKernels
}

/** What becomes of the emits of a map task: they are folded into combine tables, one for each of the job's, and these are spilled sorted. */
export class Combiner {
  readonly #options: CombinerOptions
  readonly #tables: readonly JobTable[]
  /** By number of the job's table. */
  readonly #combines: readonly CombineTable[]
  /** What the record at hand has emitted: it counts only once its map has returned. */
  readonly #pending: PendingEmits
  readonly #spills: Spill[] = []
  #emitted = 0
  #spillRounds = 0
  /** Keys and states of large tables; null as long as there is none. */
  #amounts: KeyAmounts | null = null

  constructor(tables: readonly JobTable[], options: CombinerOptions) {
    this.#options = options
    this.#tables = tables
    const keysMax = options.mappedKeysMax ?? mappedKeysMax
    this.#combines = tables.map(({ reducer }, number) => new CombineTable(reducer, number, keysMax))
    this.#pending = new PendingEmits(this.#combines)
  }

  /** Values folded so far. */
  get emitted(): number {
    return this.#emitted
  }

  /** Has the record at hand emitted anything? */
  get hasPending(): boolean {
    return this.#pending.emitted > 0
  }

  /** The record at hand emits. The key is not kept. Throws `key-invalid`, and then nothing is emitted. */
  push(table: number, key: Key, value: unknown): void {
    this.#pending.push(table, key, value)
  }

  /** Forgets what the record at hand has emitted. */
  drop(): void {
    this.#pending.drop()
  }

  /**
   * Folds what one record emitted, and spills where too much is held. It was checked as it was emitted: what fails here is a reducer, and with
   * it the job.
   *
   * @param where the record is, for the error
   * @throws {TallymanError} `job-threw`, and where it spills what `Storage` throws: none of it is the record's doing
   */
  fold(where: string | (() => string)): void {
    // What is staged is counted no more once it has left the kernel.
    const { emitted } = this.#pending
    if (this.#pending.leaves) this.#leaveKernel()
    this.#pending.resolve()
    const { tableNumbers, keyNumbers, values, count } = this.#pending
    for (let index = 0; index < count; index++) {
      const table = tableNumbers[index]!
      const number = keyNumbers[index]!
      try {
        this.#combines[table]?.fold(number, values[index])
      } catch (error) {
        throw this.#refuseFold(table, number, error, typeof where === 'string' ? where : where())
      }
    }
    this.#emitted += emitted
    this.#pending.keep()
    if (count > 0) this.#moveAmounts()
    const { combineBytesMax } = this.#options
    // As long as it is sure to fit, what is staged may wait: so it is spilled where it would be if it were folded at once.
    if (this.#pending.isFull || this.#heldBytes() + this.#pending.stagedBytesMost > combineBytesMax) {
      this.#foldStaged()
      if (this.#heldBytes() > combineBytesMax) this.#relieve()
    }
  }

  /** Tables that have become large go on in the memory of a kernel, where that can fold them. */
  #moveAmounts(): void {
    const { kernels = noKernels } = this.#options
    for (const combine of this.#combines) {
      if (!combine.isToMove) continue
      this.#amounts ??= takeKeyAmounts(kernels.amounts)
      if (this.#amounts === null) return
      combine.moveTo(this.#amounts)
    }
  }

  /** What records that are done have staged is folded now. */
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
    const combines = this.#combines
    for (const combine of combines) combine.leave()
    this.#amounts?.visit((bytes, start, end, amount) => {
      combines[bytes.readUInt8(start)]?.takeBack(bytes, start, end, amount)
    })
    this.#amounts?.reset()
  }

  #refuseFold(table: number, number: number, cause: unknown, where: string): TallymanError {
    const name = this.#tables[table]?.name
    const key = canonicalJson(this.#combines[table]?.keyOf(number))
    return new TallymanError(
      'job-threw',
      `Adding to table "${name}" failed ${where}, key ${key}: ${messageOf(cause)}`,
      {
        ...(cause instanceof TallymanError && cause.wayOut !== undefined ? { wayOut: cause.wayOut } : {}),
        cause,
      },
    )
  }

  #refuseState(table: number, number: number, cause: unknown): TallymanError {
    const name = this.#tables[table]?.name
    const key = canonicalJson(this.#combines[table]?.keyOf(number))
    return new TallymanError(
      'job-threw',
      `What the reducer of table "${name}" holds for key ${key} cannot be written down: ${messageOf(cause)}`,
      {
        wayOut: 'Have its `empty` and `add` return plain data: it goes to disk, and another worker reads it.',
        cause,
      },
    )
  }

  #heldBytes(): number {
    let bytes = 0
    for (const combine of this.#combines) bytes += combine.heldBytes
    return bytes
  }

  /** The estimate may be far above what folding kept; count again before paying for a spill. */
  #relieve(): void {
    for (const combine of this.#combines) combine.measure()
    if (this.#heldBytes() > this.#options.combineBytesMax / 2) this.#spill()
  }

  #spill(): void {
    this.#foldStaged()
    if (this.#combines.every((combine) => combine.keyCount === 0)) return
    const { partitions, storage } = this.#options
    const round = this.#spillRounds
    const refuseState = this.#refuseState.bind(this)
    this.#spills.push(...writeSpills(this.#combines, { partitions, round, storage, refuseState }))
    this.#amounts?.reset()
    this.#spillRounds += 1
  }

  /** Spills what is left, and says what was spilled in all. */
  finish(): readonly Spill[] {
    this.#spill()
    return this.#spills
  }

  /** Lets go of all that is held: its memory is for the next task. */
  release(): void {
    for (const combine of this.#combines) combine.clear()
    if (this.#amounts !== null) giveBackKeyAmounts(this.#amounts)
    this.#amounts = null
  }
}
