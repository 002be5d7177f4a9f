import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { TallymanError } from '../errors.ts'
import { parseJson } from '../input/index.ts'
import { canonicalJson, compareKeys, isKey, isTuple, type Key, type Scalar } from '../record/index.ts'
import { readingsOf } from './ascending-keys.ts'
import { beforeKey, beforeValue, readRow, type TableRow } from './canonical-row.ts'

/** A row that was found, with the bytes it lies in. */
export interface FoundRow extends TableRow {
  readonly bytes: Buffer
}

/** Most lines are shorter, and a disk reads no less. */
const pieceBytes = 4096
const newline = 0x0a

/** Finds rows in a table's file, which is canonical lines in the order of their keys, by halving. */
export class TableSearch {
  readonly #fd: number
  readonly #file: string
  readonly #sizeBytes: number

  /**
   * Opens the file.
   *
   * @throws {TallymanError} `file-damaged` for a file of another size
   */
  constructor(file: string, sizeBytes: number) {
    this.#fd = openSync(file, 'r')
    this.#file = file
    this.#sizeBytes = sizeBytes
    const { size } = fstatSync(this.#fd)
    if (size === sizeBytes) return
    closeSync(this.#fd)
    throw this.#damaged(0, `has ${size} bytes, and was written with ${sizeBytes}`)
  }

  /**
   * The row of a key; null where there is none.
   *
   * @throws {TallymanError} as `ResultTable.get` does
   */
  find(key: Key): FoundRow | null {
    if (!isKey(key)) throw new TallymanError('key-invalid', 'What was looked up is no key.')
    const text = Buffer.from(canonicalJson(key))
    const wanted = readBack(text)
    const from = isAmbiguous(wanted) ? null : this.#lowerBound(wanted)
    if (from === null) return this.#scan(text)
    let found: FoundRow | null = null
    // Keys that are written in two ways may read alike: 2 ** 80 with an exponent, 2n ** 80n with all its digits.
    for (let at = from; at < this.#sizeBytes; ) {
      const line = this.#lineAround(at)
      const order = orderOf(this.#read(line).key, wanted)
      if (order === null) return this.#scan(text)
      if (order !== 0) break
      const here = this.#rowOf(text, at)
      if (here !== null && found !== null) throw this.#twice(text)
      found ??= here?.row ?? null
      at = line.end + 1
    }
    return found === null && mayBeElsewhere(wanted) ? this.#scan(text) : found
  }

  /**
   * Where the first row begins whose key is not before this one: the file's size where all are before it; null where the order of its keys
   * is not told by what is written of them (`Infinity` is among them, or a number so large that its digits are those of another integer).
   */
  firstFrom(key: Key): number | null {
    return isAmbiguous(key) ? null : this.#lowerBound(key)
  }

  close(): void {
    closeSync(this.#fd)
  }

  /** Start of the first line whose key is not before this one; null where the order of the lines on the way is not told. */
  #lowerBound(wanted: Key): number | null {
    let low = 0
    let high = this.#sizeBytes
    while (low < high) {
      const line = this.#lineAround(Math.floor((low + high) / 2))
      const order = orderOf(this.#read(line).key, wanted)
      if (order === null) return null
      if (order < 0) low = line.end + 1
      else high = line.start
    }
    return low
  }

  /** Goes through all lines. Cost: reads the file. */
  #scan(text: Buffer): FoundRow | null {
    let found: FoundRow | null = null
    for (let at = 0; at < this.#sizeBytes; ) {
      const here = this.#rowOf(text, at)
      if (here === null) {
        at = this.#lineAround(at).end + 1
        continue
      }
      if (found !== null) throw this.#twice(text)
      found = here.row
      at = here.next
    }
    return found
  }

  /** The row that begins there, if its key is written so, and where the next one begins. */
  #rowOf(text: Buffer, at: number): { readonly row: FoundRow; readonly next: number } | null {
    if (at >= this.#sizeBytes) return null
    const line = this.#lineAround(at)
    const row = this.#read(line)
    const keyStart = beforeKey.length
    const isIt = line.bytes.subarray(keyStart, keyStart + text.length).equals(text)
    const isWhole = row.valueStart === keyStart + text.length + beforeValue.length
    return isIt && isWhole ? { row: { ...row, bytes: line.bytes }, next: line.end + 1 } : null
  }

  #twice(text: Buffer): TallymanError {
    return new TallymanError(
      'usage',
      `${this.#file} has two keys that are written ${text}: JSON does not tell them apart.`,
      { wayOut: 'Go through all rows of the table instead.' },
    )
  }

  #read({ bytes, start }: Line): TableRow {
    const row = readRow(bytes, 0, bytes.length)
    if (typeof row === 'string') throw this.#damaged(start, row)
    return row
  }

  /** The line that a byte lies in; its newline belongs to it. */
  #lineAround(byte: number): Line {
    const start = this.#startOf(byte)
    const pieces: Buffer[] = []
    for (let at = start; ; at += pieceBytes) {
      const piece = this.#bytes(at, Math.min(this.#sizeBytes, at + pieceBytes))
      const end = piece.indexOf(newline)
      pieces.push(end === -1 ? piece : piece.subarray(0, end))
      if (end === -1 && at + piece.length < this.#sizeBytes) continue
      const bytes = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
      return { start, end: start + bytes.length, bytes }
    }
  }

  #startOf(byte: number): number {
    for (let end = byte; end > 0; end -= pieceBytes) {
      const start = Math.max(0, end - pieceBytes)
      const last = this.#bytes(start, end).lastIndexOf(newline)
      if (last !== -1) return start + last + 1
    }
    return 0
  }

  #bytes(start: number, end: number): Buffer {
    const bytes = Buffer.allocUnsafe(end - start)
    for (let length = 0; length < bytes.length; ) {
      const got = readSync(this.#fd, bytes, length, bytes.length - length, start + length)
      if (got === 0) throw this.#damaged(start, 'is cut off')
      length += got
    }
    return bytes
  }

  #damaged(byte: number, what: string): TallymanError {
    return new TallymanError('file-damaged', `${this.#file}, byte ${byte}: ${what}.`, {
      wayOut: '`tallyman verify` says what is wrong with the result.',
    })
  }
}

interface Line {
  readonly start: number
  /** Of its content; the newline is there. */
  readonly end: number
  readonly bytes: Buffer
}

/** A key as it is read back from its JSON: bigints that a number holds come back as numbers. */
function readBack(text: Buffer): Key {
  return parseJson(text, 0, text.length, 'exact') as Key
}

/**
 * [1, 'b'] comes before [1n, 'a'], and as both are read back after it. So a tuple with an integer before its end may be where
 * halving has not looked, in a table that holds numbers and bigints of one value.
 */
function mayBeElsewhere(key: Key): boolean {
  return (
    Array.isArray(key) && key.slice(0, -1).some((one) => typeof one === 'bigint' || Number.isInteger(one))
  )
}

/**
 * Which of two keys comes first, as `compareKeys` says it; 0 where they read alike. Null where that depends on what their texts stand for: a number from
 * 2 ** 53 on is written with as few digits as tell it from others, 2 ** 64 as 18446744073709552000, which is an integer of its own.
 */
function orderOf(key: Key, wanted: Key): number | null {
  if (isAmbiguous(key)) return null
  if (isTuple(key) !== isTuple(wanted)) return compareKeys(key, wanted)
  const [left, right] = [elementsOf(key), elementsOf(wanted)]
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const [one, other] = [left[index]!, right[index]!]
    if (compareKeys(one, other) === 0) continue
    const orders = readingsOf(one).flatMap((a) => readingsOf(other).map((b) => Math.sign(compareKeys(a, b))))
    return orders.every((order) => order === orders[0]) ? orders[0]! : null
  }
  return left.length - right.length
}

/** Is it, or does it hold, a text that may stand for a number? Or, before its end, an integer that may stand for another one? Where such a key stands among others is not told. */
function isAmbiguous(key: Key): boolean {
  const elements = elementsOf(key)
  return elements.some(
    (element, index) =>
      element === 'Infinity' ||
      element === '-Infinity' ||
      (typeof element === 'bigint' && index < elements.length - 1 && readingsOf(element).length > 1),
  )
}

function elementsOf(key: Key): readonly Scalar[] {
  return isTuple(key) ? key : [key]
}
