import { isJsonSpace } from './json.ts'

/**
 * Lets `JSON.parse` keep integers it would round: they are handed to it as strings that begin with a mark, and put back
 * into what it returns. The mark is U+0080 twice, which JSON allows inside strings and nowhere else. So when digits that
 * stand inside a string are marked by mistake, the mark's own quote ends that string, U+0080 follows, and the text is no
 * JSON any more: a mistake cannot pass.
 */

const markCode = 0x80
/** A string that begins with the mark, and is none of ours, is spelt so; or it holds the mark as it is. */
const escapedMark = '\\u0080\\u0080'
const rawMark = '\u0080'
/** 2^53, the largest magnitude up to which every integer has a number of its own. */
const exactMost = Buffer.from('9007199254740992')
/** A quote, the mark and a quote, at most. */
const markingBytes = 6
/** A copy is given back when one line made it larger than this. */
const keptBytesMax = 4 * 1024 * 1024
const quote = 0x22
const minus = 0x2d
const zero = 0x30

/** Copies lines with their long integers marked. */
export class IntegerMarker {
  /** How many integers of the last line were marked. */
  marks = 0
  #copy: Buffer = Buffer.alloc(0)
  #copyBytes = 0

  /**
   * Marks every integer beyond ±2^53 that is written without fraction or exponent.
   *
   * @param ascii whether the bytes are ASCII; else they are UTF-8
   * @returns the text, with marks or without; null when it uses the mark itself, so that marking would be ambiguous
   */
  mark(bytes: Buffer, start: number, end: number, ascii: boolean): string | null {
    this.marks = 0
    this.#copyBytes = 0
    const encoding = ascii ? 'latin1' : 'utf8'
    const copied = this.#copyMarked(bytes, start, end, ascii)
    if (this.marks === 0) return bytes.toString(encoding, start, end)
    bytes.copy(this.#copy, this.#copyBytes, copied, end)
    const text = this.#copy.toString(encoding, 0, this.#copyBytes + end - copied)
    if (this.#copy.length > keptBytesMax) this.#copy = Buffer.alloc(0)
    if (text.includes(escapedMark) || (!ascii && usesMark(bytes, start, end))) return null
    return text
  }

  /** Returns up to where the bytes were copied. */
  #copyMarked(bytes: Buffer, start: number, end: number, ascii: boolean): number {
    const stride = exactMost.length
    let copied = start
    // Every run of sixteen digits has one at each sixteenth place, so that only these are looked at.
    for (let at = start + stride - 1; at < end; at += stride) {
      if (!isDigit(bytes[at])) continue
      let first = at
      while (first > start && isDigit(bytes[first - 1])) first -= 1
      let last = at + 1
      while (last < end && isDigit(bytes[last])) last += 1
      at = last
      if (last - first < stride || !isBeyondExact(bytes, first, last)) continue
      const signed = first > start && bytes[first - 1] === minus ? first - 1 : first
      if (!standsAlone(bytes, start, end, signed, last)) continue
      if (this.marks === 0) this.#reserve(end - start)
      this.#append(bytes, copied, signed, last, ascii)
      copied = last
    }
    return copied
  }

  /** A mark belongs to at least seventeen bytes of the line, its own digits and what parts them from the next. */
  #reserve(lineBytes: number): void {
    const bytes = lineBytes + markingBytes * Math.ceil(lineBytes / (exactMost.length + 1))
    if (this.#copy.length < bytes) this.#copy = Buffer.allocUnsafeSlow(Math.max(bytes, 65_536))
  }

  #append(bytes: Buffer, from: number, integerStart: number, integerEnd: number, ascii: boolean): void {
    const copy = this.#copy
    let at = this.#copyBytes + bytes.copy(copy, this.#copyBytes, from, integerStart)
    copy[at++] = quote
    for (let twice = 0; twice < 2; twice++) {
      if (!ascii) copy[at++] = 0xc2
      copy[at++] = markCode
    }
    for (let index = integerStart; index < integerEnd; index++) copy[at++] = bytes[index] ?? 0
    copy[at++] = quote
    this.#copyBytes = at
    this.marks += 1
  }
}

function usesMark(bytes: Buffer, start: number, end: number): boolean {
  return bytes.subarray(start, end).includes(rawMark)
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= zero && byte <= 0x39
}

function isBeyondExact(bytes: Buffer, start: number, end: number): boolean {
  if (end - start > exactMost.length) return true
  return exactMost.compare(bytes, start, end) < 0
}

/** Whether what is around an integer makes it a whole value, if it is not inside a string. */
function standsAlone(bytes: Buffer, lineStart: number, lineEnd: number, start: number, end: number): boolean {
  if (bytes[start] === zero || (bytes[start] === minus && bytes[start + 1] === zero)) return false
  let before = start - 1
  while (before >= lineStart && isJsonSpace(bytes[before] ?? 0)) before -= 1
  if (before >= lineStart && !opensValue(bytes[before])) return false
  let after = end
  while (after < lineEnd && isJsonSpace(bytes[after] ?? 0)) after += 1
  return after === lineEnd || closesValue(bytes[after])
}

/** `:`, `,` or `[` */
function opensValue(byte: number | undefined): boolean {
  return byte === 0x3a || byte === 0x2c || byte === 0x5b
}

/** `,`, `]` or `}` */
function closesValue(byte: number | undefined): boolean {
  return byte === 0x2c || byte === 0x5d || byte === 0x7d
}

/** Where in records marks have been found: names of properties, and what is below all elements of an array. */
interface Place {
  readonly properties: Map<string, Place>
  elements: Place | null
}

/** One step down into a value: the name of a property, or null for any element of an array. */
type Step = string | null

/** Records whose keys are data would teach new places without end. */
const placesMax = 256

/** Puts integers back in place of marked strings; remembers where records hold them, so as not to search all of each. */
export class MarkedIntegers {
  readonly #root: Place = { properties: new Map(), elements: null }
  readonly #path: Step[] = []
  #places = 1
  #found = 0

  /** Returns `value` with every marked string in it, of which there are at most `marks`, replaced by its integer. */
  restore(value: unknown, marks: number): unknown {
    if (isMarked(value)) return unmark(value)
    this.#found = 0
    this.#visitKnown(value, this.#root)
    // Fewer than were marked also when a later property of the same name took a marked one's place.
    if (this.#found < marks) this.#visitAll(value)
    return value
  }

  /**
   * Replaces the marked strings inside `value` at the places known so far. A name that only a prototype has leads to
   * nothing marked.
   */
  #visitKnown(value: unknown, place: Place): void {
    if (Array.isArray(value)) {
      if (place.elements === null) return
      for (let index = 0; index < value.length; index++) {
        const element: unknown = value[index]
        if (isMarked(element)) value[index] = this.#take(element)
        else if (isObject(element)) this.#visitKnown(element, place.elements)
      }
    } else if (isObject(value)) {
      for (const [name, below] of place.properties) {
        const property = value[name]
        if (isMarked(property)) value[name] = this.#take(property)
        else if (isObject(property)) this.#visitKnown(property, below)
      }
    }
  }

  /** Replaces every marked string inside `value`, and learns its place. */
  #visitAll(value: unknown): void {
    if (Array.isArray(value)) {
      this.#path.push(null)
      for (let index = 0; index < value.length; index++) {
        const element: unknown = value[index]
        if (isMarked(element)) value[index] = this.#learn(element)
        else if (isObject(element)) this.#visitAll(element)
      }
      this.#path.pop()
    } else if (isObject(value)) {
      for (const name of Object.keys(value)) {
        const property = value[name]
        this.#path.push(name)
        if (isMarked(property)) value[name] = this.#learn(property)
        else if (isObject(property)) this.#visitAll(property)
        this.#path.pop()
      }
    }
  }

  #take(marked: string): bigint {
    this.#found += 1
    return unmark(marked)
  }

  #learn(marked: string): bigint {
    let place = this.#root
    for (const step of this.#path) {
      let below = step === null ? place.elements : place.properties.get(step)
      if (below === null || below === undefined) {
        if (this.#places >= placesMax) break
        below = { properties: new Map(), elements: null }
        this.#places += 1
        if (step === null) place.elements = below
        else place.properties.set(step, below)
      }
      place = below
    }
    return unmark(marked)
  }
}

function isMarked(value: unknown): value is string {
  return typeof value === 'string' && value.charCodeAt(0) === markCode && value.charCodeAt(1) === markCode
}

function unmark(marked: string): bigint {
  return BigInt(marked.slice(2))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
