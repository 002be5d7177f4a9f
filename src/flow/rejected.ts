import type { OutputFile, Storage } from './storage.ts'

/** A record that was refused, as `rejected.jsonl` of a map attempt lists it. */
export interface Rejected {
  /** Ordinal of the split it lies in. */
  readonly ordinal: number
  readonly path: string
  readonly member: string | null
  /** Offset of the record's first byte in the file or member, after decompression. */
  readonly byte: number
  /** From 1, counted from the start of the split. */
  readonly lineInSplit: number
  readonly by: 'decoder' | 'mapper'
  readonly reason: string
  /** Offset in the record where the trouble was met. */
  readonly atByte: number | null
  /** First characters of the record. */
  readonly excerpt: string
  readonly stack?: string
}

/** Name of the list in the attempt's storage; there only when a record was rejected. */
export const rejectedName = 'rejected.jsonl'
/** A task lists this many; beyond it they are only counted, so that a wrong job cannot fill the disk. */
const listedMax = 10_000

/** Counts rejected records and lists them in the attempt's own file. */
export class RejectedLog {
  readonly #storage: Storage
  #file: OutputFile | null = null
  count = 0

  constructor(storage: Storage) {
    this.#storage = storage
  }

  add(rejected: Rejected): void {
    this.count += 1
    if (this.count > listedMax) return
    this.#file ??= this.#storage.create(rejectedName)
    this.#file.write(Buffer.from(`${JSON.stringify(rejected)}\n`))
  }

  close(): void {
    this.#file?.close()
  }
}
