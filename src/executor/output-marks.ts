/**
 * Which attempt printed what. Messages and what is printed come on different lines, so by the time the coordinator hears of
 * an attempt's end it may not have read all of its output. So a worker writes a mark into both of its streams before each
 * attempt, and what follows is that attempt's: its own, and that of programs it has started.
 */

/** The two streams a worker prints on. */
export type OutputStream = 'stdout' | 'stderr'

/** A byte that no text has on both sides. */
export function markOf(attempt: string): Buffer {
  return Buffer.from(`\0tallyman attempt ${attempt}\0`)
}

/** What was printed by one attempt; by none where `attempt` is null. */
export interface Printed {
  readonly attempt: string | null
  readonly bytes: Buffer
}

/** Cuts one stream of a worker at its marks. */
export class OutputCutter {
  #current: string | null = null
  /** Attempts the worker was told to run whose marks have not come yet. Only the first of them is looked for. */
  readonly #expected: string[] = []
  /** The end of what came, where it may be the beginning of a mark. */
  #held = Buffer.alloc(0)

  get current(): string | null {
    return this.#current
  }

  expect(attempt: string): void {
    this.#expected.push(attempt)
  }

  isExpecting(attempt: string): boolean {
    return this.#expected.includes(attempt)
  }

  push(chunk: Buffer): Printed[] {
    const pieces: Printed[] = []
    let bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    this.#held = Buffer.alloc(0)
    for (let [next] = this.#expected; next !== undefined; [next] = this.#expected) {
      const mark = markOf(next)
      const at = bytes.indexOf(mark)
      if (at === -1) {
        const end = bytes.length - overlap(bytes, mark)
        this.#held = Buffer.from(bytes.subarray(end))
        bytes = bytes.subarray(0, end)
        break
      }
      pieces.push({ attempt: this.#current, bytes: bytes.subarray(0, at) })
      bytes = bytes.subarray(at + mark.length)
      this.#current = next
      this.#expected.shift()
    }
    pieces.push({ attempt: this.#current, bytes })
    return pieces.filter((piece) => piece.bytes.length > 0)
  }

  /** What was held back, once nothing more comes. */
  end(): Printed[] {
    const bytes = this.#held
    this.#held = Buffer.alloc(0)
    return bytes.length === 0 ? [] : [{ attempt: this.#current, bytes }]
  }
}

/** How many bytes at the end may be the beginning of a mark. A mark has no zero byte but its first and last. */
function overlap(bytes: Buffer, mark: Buffer): number {
  const at = bytes.lastIndexOf(0)
  const length = bytes.length - at
  return at !== -1 && length < mark.length && bytes.subarray(at).equals(mark.subarray(0, length)) ? length : 0
}
