import type { RecordSource } from '../../flow/index.ts'
import type { SplitReader } from '../../input/index.ts'

/** The same source with one record in it: what lies before it is read and passed over, and what comes after is not read. */
export function onlyRecord(source: RecordSource, startByte: number): RecordSource {
  return { ...source, open: async () => new OnlyRecord(await source.open(), startByte) }
}

class OnlyRecord implements SplitReader<unknown> {
  readonly #reader: SplitReader<unknown>
  readonly #startByte: number
  #isPast = false

  constructor(reader: SplitReader<unknown>, startByte: number) {
    this.#reader = reader
    this.#startByte = startByte
  }

  nextChunk(): Promise<boolean> {
    return this.#isPast ? Promise.resolve(false) : this.#reader.nextChunk()
  }

  next(): 'record' | 'rejected' | 'end-of-chunk' {
    if (this.#isPast) return 'end-of-chunk'
    for (let kind = this.#reader.next(); kind !== 'end-of-chunk'; kind = this.#reader.next()) {
      if (this.#reader.startByte < this.#startByte) continue
      this.#isPast = true
      return this.#reader.startByte === this.#startByte ? kind : 'end-of-chunk'
    }
    return 'end-of-chunk'
  }

  get record(): unknown {
    return this.#reader.record
  }

  get rejection(): SplitReader<unknown>['rejection'] {
    return this.#reader.rejection
  }

  get startByte(): number {
    return this.#reader.startByte
  }

  get endByte(): number {
    return this.#reader.endByte
  }

  get line(): number {
    return this.#reader.line
  }

  excerpt(): string {
    return this.#reader.excerpt()
  }

  get totals(): SplitReader<unknown>['totals'] {
    return this.#reader.totals
  }

  close(): Promise<void> {
    return this.#reader.close()
  }
}
