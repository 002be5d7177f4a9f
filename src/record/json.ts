/** The text form of keys and values: what a result's `.jsonl` files hold, and what its digest is taken over. */

import { invalidValue, nestingMax, shapeOf, type TypedBytes } from './plain-data.ts'

/** Up to this many characters a loop that looks for characters to escape is faster than `JSON.stringify`. */
const shortCharactersMax = 40
/** As it was before a job was loaded, which may have another one in its place. */
const { stringify } = JSON

/**
 * A value as JSON text without white space. The same value gives the same text on every machine.
 *
 * Where `JSON.stringify` is exact, this is the same: order of properties, escapes (lone surrogates as `\udXXX`),
 * undefined as null in arrays and left out as a property. It differs where that would lose something: a bigint is its
 * digits, -0 is `-0`, NaN and the infinities are the strings `"NaN"`, `"Infinity"`, `"-Infinity"`; a `Map` is an array
 * of `[key, value]`, a `Set`, an `ArrayBuffer` and its views are arrays. A `Date` is its ISO string, an invalid one
 * null. At the top undefined is `null`. `toJSON` is never called.
 *
 * @throws {TallymanError} `value-invalid` for what is not plain data, as `writeValue` does
 */
export function canonicalJson(value: unknown): string {
  const text = anyJson(value, [])
  if (text === null) throw invalidValue(value)
  return text
}

/** The text of any value, or null when it is not plain data. */
function anyJson(value: unknown, ancestors: object[]): string | null {
  switch (typeof value) {
    case 'number':
      return numberJson(value)
    case 'string':
      return stringJson(value)
    case 'object':
      return value === null ? 'null' : containerJson(value, ancestors)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'undefined':
      return 'null'
    case 'bigint':
      return value.toString()
    default:
      return null
  }
}

function numberJson(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`
  return Object.is(value, -0) ? '-0' : `${value}`
}

function stringJson(text: string): string {
  if (text.length > shortCharactersMax) return stringify(text)
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    const isEscaped = unit < 0x20 || unit === 0x22 || unit === 0x5c || (unit >= 0xd800 && unit <= 0xdfff)
    if (isEscaped) return stringify(text)
  }
  return `"${text}"`
}

function containerJson(value: object, ancestors: object[]): string | null {
  if (ancestors.length === nestingMax || ancestors.includes(value)) return null
  ancestors.push(value)
  const text = shapeJson(value, ancestors)
  ancestors.pop()
  return text
}

function shapeJson(value: object, ancestors: object[]): string | null {
  switch (shapeOf(value)) {
    case 'object':
      return objectJson(value as Record<string, unknown>, ancestors)
    case 'array':
      return arrayJson(value as unknown[], ancestors)
    case 'date':
      return dateJson(value as Date)
    case 'map':
      return mapJson(value as Map<unknown, unknown>, ancestors)
    case 'set':
      return arrayJson([...(value as Set<unknown>)], ancestors)
    case 'bytes':
      return `[${elementsOf(value as TypedBytes).join(',')}]`
    case 'instance':
      return null
  }
}

function objectJson(value: Record<string, unknown>, ancestors: object[]): string | null {
  let text = ''
  for (const key of Object.keys(value)) {
    const property = value[key]
    if (property === undefined) continue
    const propertyText = anyJson(property, ancestors)
    if (propertyText === null) return null
    text += `${text === '' ? '' : ','}${stringJson(key)}:${propertyText}`
  }
  return `{${text}}`
}

function arrayJson(values: readonly unknown[], ancestors: object[]): string | null {
  let text = ''
  for (let index = 0; index < values.length; index += 1) {
    const elementText = anyJson(values[index], ancestors)
    if (elementText === null) return null
    text += index === 0 ? elementText : `,${elementText}`
  }
  return `[${text}]`
}

function mapJson(map: ReadonlyMap<unknown, unknown>, ancestors: object[]): string | null {
  let text = ''
  for (const [key, value] of map) {
    const keyText = anyJson(key, ancestors)
    const valueText = anyJson(value, ancestors)
    if (keyText === null || valueText === null) return null
    text += `${text === '' ? '' : ','}[${keyText},${valueText}]`
  }
  return `[${text}]`
}

function dateJson(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'null' : `"${date.toISOString()}"`
}

function elementsOf(bytes: TypedBytes): readonly string[] {
  if (bytes instanceof ArrayBuffer) return Array.from(new Uint8Array(bytes), numberJson)
  if (bytes instanceof DataView) {
    return Array.from(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), numberJson)
  }
  if (bytes instanceof BigInt64Array || bytes instanceof BigUint64Array) return Array.from(bytes, String)
  return Array.from(bytes, numberJson)
}
