/** Chance with a seed: the same names give the same numbers, on every machine and version of Node. */

/** A stream of chance, begun by names: `new Random(seed, '2020-03-19')`. Generator: sfc32 of PractRand (C. Doty-Humphrey). */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(...names: readonly (string | number)[]) {
    const seed = names.join('/')
    this.#a = fnv1a(seed, 0x811c9dc5)
    this.#b = fnv1a(seed, 0x9e3779b9)
    this.#c = fnv1a(seed, 0x85ebca6b)
    for (let round = 0; round < 12; round++) this.uint32()
  }

  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** A number in [0, 1). */
  unit(): number {
    return this.uint32() / 0x1_0000_0000
  }

  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number {
    return Math.floor(this.unit() * bound)
  }

  /** A whole number from `least` to `most`, both inclusive. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.unit() < probability
  }

  /** One of the list, which is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }

  /** Puts the list in a random order, in place (Fisher and Yates). */
  shuffle<T>(list: T[]): T[] {
    for (let last = list.length - 1; last > 0; last--) {
      const at = this.below(last + 1)
      const other = list[at] as T
      list[at] = list[last] as T
      list[last] = other
    }
    return list
  }

  /** `digits` random hexadecimal digits. */
  hex(digits: number): string {
    let text = ''
    while (text.length < digits) text += this.uint32().toString(16).padStart(8, '0')
    return text.slice(0, digits)
  }
}

/** FNV-1a over UTF-16 code units, from a basis of its own for each of the three words of state. */
function fnv1a(text: string, basis: number): number {
  let hash = basis
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash | 0
}
