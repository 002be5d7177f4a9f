// @ts-check
/**
 * Text whose every word count is known: `writeWords` is the input of the word count benchmarks, and of their checks.
 *
 * A word stands for its rank, and can be read back to it, so that an answer of any size is compared with nothing but a
 * list of counts in memory. Frequencies follow Zipf's law with exponent 1 (a rank is drawn log-uniformly); besides, every
 * word is written once for itself, so that the number of different words is exact and most of them are rare.
 */
import { closeSync, openSync, writeSync } from 'node:fs'

/** @typedef {{ readonly bytes: number, readonly words: number, readonly seed: number }} TextPlan */
/** @typedef {{ readonly bytes: number, readonly tokens: number, readonly counts: Uint32Array }} WrittenText */

/** Syllables a script writes its digits in; all of one script have the same length, so words are cut apart easily. */
const base = 24
const latin = syllables('bdgkmnst', 'aio')
const cyrillic = syllables('бвгклмнт', 'аио')
const hangul = [...'가나다라마바사아자차카타파하고노도로모보소오조초']

/** Two words in sixteen are not Latin: one of them is in two-byte letters, one in three-byte ones. */
const scripts = Array.from({ length: 16 }, (_, place) =>
  place === 0 ? cyrillic : place === 8 ? hangul : latin,
)

/** @type {ReadonlyMap<string, { readonly script: readonly string[], readonly digit: number }>} */
const digits = new Map(
  [latin, cyrillic, hangul].flatMap((script) =>
    script.map((syllable, digit) => /** @type {const} */ ([syllable, { script, digit }])),
  ),
)

/**
 * @param {string} consonants
 * @param {string} vowels
 */
function syllables(consonants, vowels) {
  return [...consonants].flatMap((consonant) => [...vowels].map((vowel) => consonant + vowel))
}

/** @param {number} rank */
function scriptOf(rank) {
  return scripts[rank % scripts.length] ?? latin
}

/**
 * The word of a rank: its number in bijective base 24, least significant digit first, in the syllables of its script.
 *
 * @param {number} rank from 0
 */
export function wordOf(rank) {
  const script = scriptOf(rank)
  let word = ''
  for (let rest = rank + 1; rest > 0; rest = Math.floor((rest - 1) / base)) word += script[(rest - 1) % base]
  return word
}

/**
 * The rank of a word; -1 for what `wordOf` never gives.
 *
 * @param {string} word
 */
export function rankOf(word) {
  const syllableLength = word.charCodeAt(0) >= 0xac00 ? 1 : 2
  let rank = 0
  let script = null
  for (let at = word.length - syllableLength; at >= 0; at -= syllableLength) {
    const found = digits.get(word.slice(at, at + syllableLength))
    if (found === undefined) return -1
    script = found.script
    rank = rank * base + found.digit + 1
  }
  rank -= 1
  return rank >= 0 && script === scriptOf(rank) && wordOf(rank) === word ? rank : -1
}

/**
 * Random integers below 2^32 (mulberry32): the same seed gives the same text everywhere.
 *
 * @param {number} seed
 */
export function randomIntegers(seed) {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}

/**
 * @param {number} a
 * @param {number} b
 * @returns {number}
 */
function greatestDivisor(a, b) {
  return b === 0 ? a : greatestDivisor(b, a % b)
}

/**
 * A step through all ranks that scatters neighbours, and meets each rank once since it shares no factor with `words`.
 *
 * @param {number} words
 */
function scatteringStep(words) {
  let step = Math.max(1, Math.floor(words * 0.618))
  while (greatestDivisor(words, step) !== 1) step += 1
  return step
}

/**
 * Draws ranks, and counts them: by Zipf's law, and now and then the next of those that are written once for themselves.
 */
class Ranks {
  tokens = 0
  /** Words written once for themselves. */
  tail = 0
  #tailRank = 0
  /** @type {TextPlan} */ #plan
  /** @type {() => number} */ #next
  /** @type {number} */ #step
  /** @type {number} */ #logWords

  /**
   * @param {TextPlan} plan
   * @param {() => number} next
   */
  constructor(plan, next) {
    this.#plan = plan
    this.#next = next
    this.#step = scatteringStep(plan.words)
    this.#logWords = Math.log(plan.words + 1)
    this.counts = new Uint32Array(plan.words)
  }

  /** @param {number} writtenBytes how far the text is: the words that are written once are spread over all of it */
  take(writtenBytes) {
    const { words, bytes } = this.#plan
    const isTail = this.tail < words && this.tail * bytes <= words * writtenBytes
    const rank = isTail ? this.#takeTail() : this.#draw()
    this.counts[rank] = (this.counts[rank] ?? 0) + 1
    this.tokens += 1
    return rank
  }

  #takeTail() {
    this.tail += 1
    this.#tailRank = (this.#tailRank + this.#step) % this.#plan.words
    return this.#tailRank
  }

  /** Ranks from 1 whose logarithm is uniform, less 1. */
  #draw() {
    const drawn = Math.floor(Math.exp((this.#next() / 2 ** 32) * this.#logWords)) - 1
    return Math.min(this.#plan.words - 1, drawn)
  }
}

/** Words that are frequent enough to be kept. */
const keptWords = 65_536
const writeUnits = 256 * 1024

/**
 * Writes a text of at least `plan.bytes`, a line more at most, with exactly `plan.words` different words. Where the words
 * do not fit into so many bytes, the text is longer.
 *
 * @param {string} file
 * @param {TextPlan} plan
 * @returns {WrittenText} counts by rank
 */
export function writeWords(file, plan) {
  const next = randomIntegers(plan.seed)
  const ranks = new Ranks(plan, next)
  const kept = Array.from({ length: Math.min(keptWords, plan.words) }, (_, rank) => wordOf(rank))
  const fd = openSync(file, 'w')
  let [text, written] = ['', 0]
  const flush = () => {
    const bytes = Buffer.from(text, 'utf8')
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
    written += bytes.length
    text = ''
  }
  try {
    while (ranks.tail < plan.words || written + text.length < plan.bytes) {
      const length = 6 + (next() % 10)
      for (let place = 0; place < length; place++) {
        const rank = ranks.take(written + text.length)
        const word = kept[rank] ?? wordOf(rank)
        if (place === 0) text += word.charAt(0).toUpperCase() + word.slice(1)
        else text += (next() % 16 === 0 ? ', ' : ' ') + word
      }
      text += '.\n'
      if (text.length > writeUnits) flush()
    }
    flush()
  } finally {
    closeSync(fd)
  }
  return { bytes: written, tokens: ranks.tokens, counts: ranks.counts }
}
