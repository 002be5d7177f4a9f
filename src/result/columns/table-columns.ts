import { canonicalJson, isTuple, type Key } from '../../record/index.ts'
import { elementsOf, keyColumnNames } from './key-columns.ts'

/**
 * What a column holds, null apart. `int64` and `int128` are integers of two's complement; `json` is the text of any value; a
 * column of keys that holds several kinds is `text`.
 */
export type ColumnType = 'text' | 'int64' | 'int128' | 'double' | 'boolean' | 'json'

/** A column as queries and parquet files have it: all cells of one type, or null. */
export interface TableColumn {
  readonly name: string
  readonly type: ColumnType
}

/** The columns of a table: first those of its keys, then `value`, or the properties that all values have. */
export interface TableColumns {
  readonly keys: readonly TableColumn[]
  readonly values: readonly TableColumn[]
  /** The properties, where each is a column; null where the value is one. */
  readonly fields: readonly string[] | null
}

/** What a cell of any type holds. */
export type Cell = string | number | bigint | boolean | null

/** Names of the columns: those of keys, then those of values. */
export function columnNames({ keys, values }: TableColumns): string[] {
  return [...keys, ...values].map(({ name }) => name)
}

/** Finds the columns of a table from all its rows. Keys and values are as JSON tells them. */
export class ColumnFinder {
  readonly #named: readonly string[] | null
  readonly #keys: Kinds[] = []
  readonly #whole = new Kinds()
  #width: number | null = null
  #fields: readonly string[] | null | undefined
  #fieldKinds: Kinds[] = []

  /** @param named what the job calls the elements of keys; null for nothing */
  constructor(named: readonly string[] | null) {
    this.#named = named
  }

  add(key: Key, value: unknown): void {
    if (isTuple(key)) this.#width = Math.max(this.#width ?? 1, key.length)
    for (const [index, element] of elementsOf(key).entries()) {
      let kinds = this.#keys[index]
      if (kinds === undefined) {
        kinds = new Kinds()
        this.#keys[index] = kinds
      }
      kinds.add(element)
    }
    this.#whole.add(value)
    if (this.#fields !== null) this.#addFields(value)
  }

  columns(): TableColumns {
    const names = keyColumnNames(this.#width, this.#named)
    const keys = names.map((name, index) => {
      const type = this.#keys[index]?.type() ?? 'text'
      return { name, type: type === 'json' ? 'text' : type }
    })
    const taken = new Set(names.map((name) => name.toLowerCase()))
    const fields = this.#fields ?? null
    const isClear = fields !== null && areDistinct([...taken, ...fields.map((name) => name.toLowerCase())])
    if (!isClear) return { keys, values: [{ name: 'value', type: this.#whole.type() }], fields: null }
    const values = fields.map((name, index) => ({ name, type: this.#fieldKinds[index]?.type() ?? 'text' }))
    return { keys, values, fields }
  }

  #addFields(value: unknown): void {
    const names = flatFields(value)
    if (names === null || (this.#fields != null && !isSame(this.#fields, names))) {
      this.#fields = null
      return
    }
    if (this.#fields === undefined) {
      this.#fields = names
      this.#fieldKinds = names.map(() => new Kinds())
    }
    const object = value as Readonly<Record<string, unknown>>
    for (const [index, name] of names.entries()) this.#fieldKinds[index]?.add(object[name])
  }
}

/** The properties of an object that holds scalars alone; null for everything else. */
function flatFields(value: unknown): readonly string[] | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const names = Object.keys(value)
  const isFlat = Object.values(value).every((field) => typeof field !== 'object' || field === null)
  return isFlat && names.length > 0 ? names : null
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name, index) => name === right[index])
}

function areDistinct(names: readonly string[]): boolean {
  return new Set(names).size === names.length
}

const int64Max = 2n ** 63n - 1n
const int128Max = 2n ** 127n - 1n
/** How JSON tells the numbers it has no signs for. */
const numberWords: ReadonlySet<unknown> = new Set(['NaN', 'Infinity', '-Infinity'])

/** What kinds of cells a column has. */
class Kinds {
  #text = false
  #numberWord = false
  #integer = false
  #unsafe = false
  #int128 = false
  #vast = false
  #fraction = false
  #boolean = false
  #nested = false

  add(value: unknown): void {
    switch (typeof value) {
      case 'string':
        if (numberWords.has(value)) this.#numberWord = true
        else this.#text = true
        return
      case 'number':
        if (Number.isSafeInteger(value) && !Object.is(value, -0)) this.#integer = true
        else this.#fraction = true
        return
      case 'bigint':
        this.#addBigInt(value)
        return
      case 'boolean':
        this.#boolean = true
        return
      default:
        if (value !== null && value !== undefined) this.#nested = true
    }
  }

  #addBigInt(value: bigint): void {
    const magnitude = value < 0n ? -value - 1n : value
    this.#integer = true
    this.#unsafe ||= magnitude > BigInt(Number.MAX_SAFE_INTEGER)
    this.#int128 ||= magnitude > int64Max
    this.#vast ||= magnitude > int128Max
  }

  type(): ColumnType {
    const isNumber = this.#integer || this.#fraction
    const isText = this.#text || (this.#numberWord && !isNumber)
    const kinds = [isText, isNumber, this.#boolean].filter((is) => is).length
    if (this.#nested || kinds > 1) return 'json'
    if (this.#boolean) return 'boolean'
    if (!isNumber) return 'text'
    if (this.#fraction || this.#numberWord) return this.#unsafe ? 'json' : 'double'
    if (this.#vast) return 'json'
    return this.#int128 ? 'int128' : 'int64'
  }
}

/** The cells of a row, one for each column. */
export function cellsOf(key: Key, value: unknown, { keys, values, fields }: TableColumns): Cell[] {
  const elements = elementsOf(key)
  const cells = keys.map(({ type }, index) => keyCell(elements[index] ?? null, type))
  if (fields === null) return [...cells, cellOf(value, values[0]?.type ?? 'json')]
  const object = value as Readonly<Record<string, unknown>>
  return [...cells, ...fields.map((name, index) => cellOf(object[name], values[index]?.type ?? 'json'))]
}

/** Keys of several kinds are texts: one that is a text already stays as it is. */
function keyCell(element: unknown, type: ColumnType): Cell {
  return type === 'text' && element !== null && typeof element !== 'string'
    ? canonicalJson(element)
    : cellOf(element, type)
}

function cellOf(value: unknown, type: ColumnType): Cell {
  if (value === null || value === undefined) return null
  switch (type) {
    case 'json':
      return canonicalJson(value)
    case 'int64':
    case 'int128':
      return BigInt(value as number | bigint)
    case 'double':
      return Number(value)
    case 'boolean':
      return value === true
    case 'text':
      return String(value)
  }
}
