import { messageOf, stackOf, TallymanError } from '../errors.ts'
import { RecordRejection } from '../job/index.ts'
import { plainJson } from '../record/index.ts'
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

/** What a rejected record is rejected for. */
export type Why = Pick<Rejected, 'reason' | 'atByte' | 'by' | 'stack'>

/**
 * Why a record is rejected at which the map threw: on purpose, by mistake, or since a table did not take an emit.
 *
 * @param mistake what can be said of it besides
 */
export function whyRejected(error: unknown, mistake: string | null = null): Why {
  if (error instanceof RecordRejection) return { reason: error.message, atByte: error.atByte, by: 'mapper' }
  if (!(error instanceof Error))
    return { reason: `map threw: ${messageOf(error)}`, atByte: null, by: 'mapper' }
  const stack = ofTheMap(stackOf(error))
  if (!(error instanceof TallymanError)) {
    const more = mistake ?? ofBigInts(error)
    return {
      reason: `map threw: ${messageOf(error)}${more === null ? '' : `. ${more}`}`,
      atByte: null,
      by: 'mapper',
      ...stack,
    }
  }
  const { message, wayOut } = error
  return {
    reason: wayOut === undefined ? message : `${message} ${wayOut}`,
    atByte: null,
    by: 'mapper',
    ...stack,
  }
}

/** To most people a bigint in their records is a surprise, and V8 does not say where it comes from. */
function ofBigInts(error: Error): string | null {
  return error instanceof TypeError && /\bBigInt\b/.test(error.message)
    ? "Integers beyond 2 ** 53 are read as bigints, with all their digits: Number(value) makes a number of one, jsonl({ integers: 'number' }) of each, rounded"
    : null
}

/** Frames below that of the map are the engine's: which they are depends on what had to be waited for, and no two attempts need have the same. */
function ofTheMap({ stack }: { readonly stack?: string }): { readonly stack?: string } {
  if (stack === undefined) return {}
  const lines = stack.split('\n')
  const end = lines.findIndex((line) =>
    /^ +at (?:async )?(?:MapAttempt\.)?#map(?:Record|Awaited)\b/.test(line),
  )
  return { stack: (end === -1 ? lines : lines.slice(0, end)).join('\n') }
}

/** Name of the list in the attempt's storage; there only when a record was rejected. */
export const rejectedName = 'rejected.jsonl'
/** A task lists this many; beyond it they are only counted, so that a wrong job cannot fill the disk. */
export const rejectedListMax = 10_000

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
    if (this.count > rejectedListMax) return
    this.#file ??= this.#storage.create(rejectedName)
    this.#file.write(Buffer.from(`${plainJson(rejected)}\n`))
  }

  close(): void {
    this.#file?.close()
  }
}
