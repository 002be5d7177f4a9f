import { canonicalJson, decodeKey } from '../record/index.ts'

/** A key of which a reduce task read much. */
export interface LargeKey {
  readonly table: string
  /** Canonical JSON, cut after 200 characters. */
  readonly key: string
  /** What was spilled for it: its values, or the states that they were combined to. */
  readonly bytes: number
}

const keptMax = 3
/** Smaller ones hold nobody up. */
const bytesMin = 2 ** 16
const keyLengthMax = 200

/** Keeps the keys with the most bytes of values, largest first. Cost: a comparison for each key. */
export class LargestKeys {
  readonly #kept: LargeKey[] = []
  #bytesLeast = bytesMin

  /** @param key `key.buffer[1, key.length)` is the encoded key */
  add(table: string, key: { readonly buffer: Buffer; readonly length: number }, bytes: number): void {
    if (bytes < this.#bytesLeast) return
    const text = canonicalJson(decodeKey(key.buffer, 1, key.length))
    const short = text.length > keyLengthMax ? `${text.slice(0, keyLengthMax)}…` : text
    this.#kept.push({ table, key: short, bytes })
    this.#kept.sort((left, right) => right.bytes - left.bytes)
    if (this.#kept.length <= keptMax) return
    this.#kept.pop()
    this.#bytesLeast = this.#kept[keptMax - 1]!.bytes + 1
  }

  /** Largest first; of equal ones the one whose key comes first. */
  get list(): readonly LargeKey[] {
    return this.#kept
  }
}
