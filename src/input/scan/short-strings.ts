/** Longer strings are seldom met twice. */
export const shortBytesMax = 16
const places = 4096

/**
 * Strings of few ASCII bytes (a language, a country), found by their bytes: making one anew costs ten times as much. Each
 * has one place, and takes it from who was there before.
 */
export class ShortStrings {
  readonly #bytes = new Uint8Array(places * shortBytesMax)
  readonly #lengths = new Uint8Array(places)
  readonly #strings: string[] = new Array<string>(places).fill('')

  /** The string of `bytes[start, end)`, at most `shortBytesMax` bytes of ASCII. */
  at(bytes: Buffer, start: number, end: number): string {
    const length = end - start
    let hash = length
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x0100_0193)
    const place = (hash ^ (hash >>> 15)) & (places - 1)
    if (this.#lengths[place] !== length || !this.#isAt(place, bytes, start, length)) {
      for (let index = 0; index < length; index++)
        this.#bytes[place * shortBytesMax + index] = bytes[start + index] ?? 0
      this.#lengths[place] = length
      this.#strings[place] = bytes.toString('latin1', start, end)
    }
    return this.#strings[place] ?? ''
  }

  #isAt(place: number, bytes: Buffer, start: number, length: number): boolean {
    const from = place * shortBytesMax
    for (let index = 0; index < length; index++) {
      if (this.#bytes[from + index] !== bytes[start + index]) return false
    }
    return true
  }
}
