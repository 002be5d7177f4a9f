import { isAscii, isUtf8 } from 'node:buffer'
import { TallymanError } from '../../errors.ts'
import { type Decoder, type InputFormat, noRecord } from '../../job/index.ts'
import { teachCloning } from '../scan/clone.ts'
import { kernelOfThread } from '../scan/kernel.ts'
import { LazyDecoder } from '../scan/lazy-decoder.ts'
import { Projection } from '../scan/projection.ts'
import { ViewMakers } from '../scan/record-view.ts'
import { isJsonSpace, type JsonIntegers, jsonDepthMax, parseJson } from './json.ts'
import { IntegerMarker, MarkedIntegers } from './long-integers.ts'
import { type FormatOptions, resolveRecordBytesMax } from './options.ts'
import { rejectUtf8 } from './utf8.ts'

/** As it was before a job was loaded, which may have another one in its place. */
const { parse } = JSON

/** How lines become values; and, from {@link FormatOptions}, how long a line may be. The defaults round nothing. */
export interface JsonlOptions extends FormatOptions {
  /** Integers beyond ±2^53: `exact` as bigint (default), or rounded to a `number`, as `JSON.parse` does. */
  readonly integers?: JsonIntegers
  /** Whether only those properties are decoded that the map reads. Results do not depend on it. Default true. */
  readonly lazy?: boolean
}

/**
 * JSON lines: every line is a record, any JSON value (RFC 8259). Lines of nothing but white space are no records.
 * Values are those of `JSON.parse` (of equal property names the last one counts; lone surrogates are kept), except that
 * an integer beyond ±2^53 written without fraction or exponent is an exact `bigint`. A line that is not valid UTF-8, not
 * valid JSON, or nested deeper than 1,000 levels is rejected, with the byte at which it goes wrong.
 *
 * The type parameter is what the lines are expected to hold; nothing checks it.
 *
 * @param options.integers `exact` (default) or `number`, which rounds
 * @param options.lazy `true` (default): only what the map reads of a record is decoded, though every byte of its line is
 *   checked. Such a record is a Proxy (or, for a map that only reads properties by name, an object with getters), and can be
 *   used in every way a plain object can; see docs/guide/jobs.md for what can tell them apart. `false`: records are plain objects.
 * @param options.recordBytesMax lines longer than this are rejected without being held; in bytes, default 64 MiB
 * @throws {TallymanError} `job-invalid` for an option that makes no sense
 *
 * @example
 * ```ts
 * import { count, defineJob, jsonl } from 'tallyman'
 *
 * export default defineJob({
 *   input: jsonl<{ lang: string }>(),
 *   reduce: count<string>(),
 *   map(tweet, emit) {
 *     emit(tweet.lang)
 *   },
 * })
 * ```
 */
export function jsonl<T = unknown>(options: JsonlOptions = {}): InputFormat<T> {
  const { integers = 'exact', lazy = true } = options
  if (integers !== 'exact' && integers !== 'number') {
    throw new TallymanError(
      'job-invalid',
      `jsonl's integers is ${JSON.stringify(integers)}; it takes "exact" or "number".`,
      {
        wayOut: "Leave it out for exact integers, or say jsonl({ integers: 'number' }) to have them rounded.",
      },
    )
  }
  // What a map wants is the same in all splits.
  const projection = new Projection()
  const views = new ViewMakers(projection)
  return {
    name: 'jsonl',
    unit: 'line',
    recordBytesMax: resolveRecordBytesMax('jsonl', options),
    options: { integers },
    decoder: (use = null) => {
      const whole = new JsonlDecoder<T>(integers)
      const kernel = lazy ? kernelOfThread() : null
      if (kernel === null) return whole
      teachCloning()
      const makeView = use === null ? null : views.makerFor(use.reads)
      return new LazyDecoder(whole, kernel, projection, makeView, use?.mayReadLater)
    },
  }
}

/** Tries what is fast; whatever that cannot settle, the strict parser decides. */
class JsonlDecoder<T> implements Decoder<T> {
  readonly #integers: JsonIntegers
  readonly #marker = new IntegerMarker()
  readonly #marked = new MarkedIntegers()

  constructor(integers: JsonIntegers) {
    this.#integers = integers
  }

  leaveChunk(): boolean {
    return true
  }

  decode(bytes: Buffer, start: number, end: number): T | typeof noRecord {
    // What lies at the end of an empty line is not the line's: `isBlank` has to see that.
    if ((start === end || (bytes[start] ?? 0) <= 0x20) && isBlank(bytes, start, end)) return noRecord
    const view = bytes.subarray(start, end)
    const ascii = isAscii(view)
    if (!ascii && !isUtf8(view)) throw rejectUtf8(bytes, start, end)
    const text = this.#text(bytes, start, end, ascii)
    if (text !== null && !mayNestTooDeep(text)) {
      try {
        const value: unknown = parse(text)
        return (this.#marker.marks === 0 ? value : this.#marked.restore(value, this.#marker.marks)) as T
      } catch (error) {
        // The strict parser says what is wrong and where, or that nothing is.
        if (!(error instanceof SyntaxError)) throw error
      }
    }
    return parseJson(bytes, start, end, this.#integers) as T
  }

  /** The line as text, long integers marked; null where that cannot be done without ambiguity. */
  #text(bytes: Buffer, start: number, end: number, ascii: boolean): string | null {
    if (this.#integers === 'exact') return this.#marker.mark(bytes, start, end, ascii)
    return bytes.toString(ascii ? 'latin1' : 'utf8', start, end)
  }
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  let at = start
  while (at < end && isJsonSpace(bytes[at] ?? 0)) at += 1
  return at === end
}

/**
 * Whether a text has brackets enough to nest too deep; most have not, and counting brackets is cheaper than depth. A
 * level of arrays takes two characters at least, one of objects `{"":` and `}`, five.
 */
function mayNestTooDeep(text: string): boolean {
  const levels = jsonDepthMax + 1
  if (text.length < 2 * levels) return false
  const arraysLeast = Math.max(0, Math.ceil((5 * levels - 4 - text.length) / 3))
  const arrays = countUpTo(text, '[', levels)
  if (arrays < arraysLeast) return false
  return arrays + countUpTo(text, '{', levels) >= levels
}

function countUpTo(text: string, character: string, most: number): number {
  let count = 0
  for (let at = text.indexOf(character); at !== -1 && count < most; at = text.indexOf(character, at + 1))
    count += 1
  return count
}
