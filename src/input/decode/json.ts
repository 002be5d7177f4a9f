import { isUtf8 } from 'node:buffer'
import { RecordRejection } from '../../job/index.ts'
import { rejectUtf8 } from './utf8.ts'

/** Deeper values are rejected, so that no code that walks a record can run out of stack. */
export const jsonDepthMax = 1000

/** How integers beyond ±2^53 arrive: exact as bigint, or rounded to a number as `JSON.parse` does. */
export type JsonIntegers = 'exact' | 'number'

const quote = 0x22
const backslash = 0x5c
const minus = 0x2d
const point = 0x2e
const zero = 0x30
const nine = 0x39

/**
 * Parses one JSON text (RFC 8259), strictly: accepts what `JSON.parse` accepts and gives the same value, but for integers
 * (see `JsonIntegers`) and for values nested deeper than 1,000 levels. It is the slow twin of the fast path in
 * `jsonl.ts`: about a quarter as fast, and able to say what is wrong where.
 *
 * @throws {RecordRejection} with the byte, counted from `start`, where something else was expected
 */
export function parseJson(bytes: Buffer, start: number, end: number, integers: JsonIntegers): unknown {
  if (!isUtf8(bytes.subarray(start, end))) throw rejectUtf8(bytes, start, end)
  return new JsonParser(bytes, start, end, integers).parse()
}

/** What to do with a value that goes on in further lines. */
const onePerLine =
  "a value over several lines is no JSON lines: jq -c . writes it as one, jq -c '.[]' each element of an array"

class JsonParser {
  readonly #bytes: Buffer
  readonly #start: number
  readonly #end: number
  readonly #integers: JsonIntegers
  #at: number
  #depth = 0

  constructor(bytes: Buffer, start: number, end: number, integers: JsonIntegers) {
    this.#bytes = bytes
    this.#start = start
    this.#end = end
    this.#integers = integers
    this.#at = start
  }

  parse(): unknown {
    this.#skipSpace()
    const value = this.#value('a JSON value')
    this.#skipSpace()
    if (this.#at < this.#end) throw this.#expected('the end of the record after its value')
    return value
  }

  /** -1 at the end. */
  #peek(): number {
    return this.#at < this.#end ? (this.#bytes[this.#at] ?? -1) : -1
  }

  #skipSpace(): void {
    while (isJsonSpace(this.#peek())) this.#at += 1
  }

  #value(wanted: string): unknown {
    const byte = this.#peek()
    switch (byte) {
      case 0x7b: // {
        return this.#object()
      case 0x5b: // [
        return this.#array()
      case quote:
        return this.#string()
      case 0x74: // t
        return this.#word('true', true)
      case 0x66: // f
        return this.#word('false', false)
      case 0x6e: // n
        return this.#word('null', null)
      default:
        if (byte === minus || isDigit(byte)) return this.#number()
        throw this.#expected(wanted)
    }
  }

  #object(): Record<string, unknown> {
    this.#enter()
    const object: Record<string, unknown> = {}
    this.#skipSpace()
    if (this.#peek() === 0x7d) return this.#leave(object)
    for (;;) {
      if (this.#peek() !== quote) throw this.#expected('a property name in double quotes')
      const name = this.#string()
      this.#skipSpace()
      if (this.#peek() !== 0x3a) throw this.#expected('":" after a property name')
      this.#at += 1
      this.#skipSpace()
      setOwn(object, name, this.#value('a value after ":"'))
      this.#skipSpace()
      if (this.#peek() === 0x7d) return this.#leave(object)
      if (this.#peek() !== 0x2c) throw this.#expected('"," or "}" after a property')
      this.#at += 1
      this.#skipSpace()
    }
  }

  #array(): unknown[] {
    this.#enter()
    const array: unknown[] = []
    this.#skipSpace()
    if (this.#peek() === 0x5d) return this.#leave(array)
    for (;;) {
      array.push(this.#value('a value in an array'))
      this.#skipSpace()
      if (this.#peek() === 0x5d) return this.#leave(array)
      if (this.#peek() !== 0x2c) throw this.#expected('"," or "]" after an array element')
      this.#at += 1
      this.#skipSpace()
    }
  }

  #enter(): void {
    this.#depth += 1
    if (this.#depth > jsonDepthMax) {
      throw new RecordRejection('the record is nested deeper than 1,000 levels', this.#at - this.#start)
    }
    this.#at += 1
  }

  #leave<T>(container: T): T {
    this.#depth -= 1
    this.#at += 1
    return container
  }

  #word<T>(word: string, value: T): T {
    for (let index = 0; index < word.length; index++) {
      if (this.#peek() !== word.charCodeAt(index)) throw this.#expected(`"${word}"`)
      this.#at += 1
    }
    return value
  }

  #string(): string {
    this.#at += 1
    let text = ''
    let from = this.#at
    for (;;) {
      const byte = this.#peek()
      if (byte === quote || byte === backslash) {
        text += this.#bytes.toString('utf8', from, this.#at)
        this.#at += 1
        if (byte === quote) return text
        text += this.#escape()
        from = this.#at
      } else if (byte < 0x20) {
        throw this.#expected(
          byte === -1
            ? 'the closing quote of a string'
            : 'an escape, since strings hold no raw control characters',
        )
      } else {
        this.#at += 1
      }
    }
  }

  /** What follows a backslash. Surrogates need not come in pairs. */
  #escape(): string {
    const plain = plainEscapes.get(this.#peek())
    if (plain !== undefined) {
      this.#at += 1
      return plain
    }
    if (this.#peek() !== 0x75) throw this.#expected('one of "\\/bfnrtu after a backslash')
    this.#at += 1
    let unit = 0
    for (let digit = 0; digit < 4; digit++) {
      const value = hexValue(this.#peek())
      if (value === -1) throw this.#expected('four hexadecimal digits after \\u')
      unit = unit * 16 + value
      this.#at += 1
    }
    return String.fromCharCode(unit)
  }

  #number(): number | bigint {
    const from = this.#at
    if (this.#peek() === minus) this.#at += 1
    if (this.#peek() === zero) this.#at += 1
    else this.#digits('a digit')
    let plain = true
    if (this.#peek() === point) {
      plain = false
      this.#at += 1
      this.#digits('a digit after the decimal point')
    }
    if ((this.#peek() | 0x20) === 0x65) {
      plain = false
      this.#at += 1
      if (this.#peek() === 0x2b || this.#peek() === minus) this.#at += 1
      this.#digits('a digit of the exponent')
    }
    const text = this.#bytes.toString('latin1', from, this.#at)
    const value = Number(text)
    return plain && this.#integers === 'exact' && Math.abs(value) >= 2 ** 53
      ? exactInteger(text, value)
      : value
  }

  #digits(wanted: string): void {
    if (!isDigit(this.#peek())) throw this.#expected(wanted)
    while (isDigit(this.#peek())) this.#at += 1
  }

  #expected(wanted: string): RecordRejection {
    const hint = this.#peek() === -1 && this.#isBegunAlone() ? `; ${onePerLine}` : ''
    return new RecordRejection(`expected ${wanted}, found ${this.#found()}${hint}`, this.#at - this.#start)
  }

  /** Is there nothing but an array's or an object's begin, as the first line is that programs write for people? */
  #isBegunAlone(): boolean {
    return /^\s*(?:\[|\{|\[\s*\{)\s*$/.test(this.#bytes.toString('latin1', this.#start, this.#end))
  }

  #found(): string {
    const byte = this.#peek()
    if (byte === -1) return 'the end of the record'
    if (byte <= 0x20 || byte === 0x7f) return `byte 0x${byte.toString(16).padStart(2, '0')}`
    let end = this.#at + 1
    while (end < this.#end && ((this.#bytes[end] ?? 0) & 0xc0) === 0x80) end += 1
    return JSON.stringify(this.#bytes.toString('utf8', this.#at, end))
  }
}

const plainEscapes: ReadonlyMap<number, string> = new Map([
  [quote, '"'],
  [backslash, '\\'],
  [0x2f, '/'],
  [0x62, '\b'],
  [0x66, '\f'],
  [0x6e, '\n'],
  [0x72, '\r'],
  [0x74, '\t'],
])

/** ±2^53 itself is a number; every integer beyond it is a bigint, whether or not a number could hold it. */
function exactInteger(text: string, value: number): number | bigint {
  const exact = BigInt(text)
  return exact === 2n ** 53n || exact === -(2n ** 53n) ? value : exact
}

/** As `JSON.parse` does: a property named `__proto__` is one like any other. */
function setOwn(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  } else {
    object[name] = value
  }
}

/** White space between JSON tokens (RFC 8259, section 2). */
export function isJsonSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function isDigit(byte: number): boolean {
  return byte >= zero && byte <= nine
}

function hexValue(byte: number): number {
  if (isDigit(byte)) return byte - zero
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1
}
