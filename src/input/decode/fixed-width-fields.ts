import { TallymanError } from '../../errors.ts'

/** What becomes of a field's characters. */
export type FieldType = 'text' | 'raw' | 'number' | 'bigint'

/** Where a field stands in its line: its first and its last character, counted from 1, as descriptions of such files say it. */
export type FieldPlace = readonly [first: number, last: number]

/** A field: its place alone, for text, or more. */
export type Field =
  | FieldPlace
  | {
      readonly at: FieldPlace
      /**
       * `text` (default) is without the spaces at its ends; `raw` is as it stands; `number` and `bigint` are read as decimals, and null
       * where the field is blank.
       */
      readonly type?: FieldType
      /** What stands there where there is no value, such as `-9999`, spaces at its ends aside: it is read as null. */
      readonly missing?: string | readonly string[]
    }

/** The type of what a field is read as. */
export type FieldValue<F> = F extends { readonly type: 'number' }
  ? number | null
  : F extends { readonly type: 'bigint' }
    ? bigint | null
    : F extends { readonly missing: unknown }
      ? string | null
      : string

/** A field as the decoder has it. */
export interface ResolvedField {
  readonly name: string
  /** Of its first character, from 0. */
  readonly start: number
  /** Behind its last character. */
  readonly end: number
  readonly type: FieldType
  readonly missing: ReadonlySet<string>
}

const types: readonly FieldType[] = ['text', 'raw', 'number', 'bigint']

/** @throws {TallymanError} `job-invalid` for what is no field, with its name */
export function resolveFields(fields: unknown): ResolvedField[] {
  if (typeof fields !== 'object' || fields === null || Object.keys(fields).length === 0)
    throw invalid(`fields is ${show(fields)}; it names at least one field`)
  return Object.entries(fields).map(([name, field]) => resolveField(name, field))
}

function resolveField(name: string, field: unknown): ResolvedField {
  // As a name it would be the record's prototype.
  if (name === '' || name === '__proto__') throw invalid(`has a field that is named ${show(name)}`)
  const place: unknown = Array.isArray(field) ? field : partOf(field, 'at')
  const [first, last]: unknown[] = Array.isArray(place) && place.length === 2 ? place : []
  if (!isCharacter(first) || !isCharacter(last) || first > last)
    throw invalid(
      `field ${show(name)} is at ${show(place)}; it takes its first and its last character, counted from 1, such as [1, 11]`,
    )
  const type = Array.isArray(field) ? 'text' : (partOf(field, 'type') ?? 'text')
  const known = types.find((one) => one === type)
  if (known === undefined)
    throw invalid(`field ${show(name)} has the type ${show(type)}; it takes ${types.map(show).join(', ')}`)
  const missing = Array.isArray(field) ? undefined : partOf(field, 'missing')
  return { name, start: first - 1, end: last, type: known, missing: missingTexts(name, missing) }
}

function missingTexts(name: string, missing: unknown): ReadonlySet<string> {
  const texts: unknown[] = missing === undefined ? [] : Array.isArray(missing) ? missing : [missing]
  const trimmed = texts.map((text) => {
    if (typeof text !== 'string')
      throw invalid(
        `field ${show(name)} is missing where it is ${show(text)}; it takes the text that stands there`,
      )
    return trimSpaces(text)
  })
  return new Set(trimmed)
}

function partOf(field: unknown, part: 'at' | 'type' | 'missing'): unknown {
  return typeof field === 'object' && field !== null
    ? (field as Readonly<Record<string, unknown>>)[part]
    : field
}

function isCharacter(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1
}

/** Without the spaces at its ends, and nothing else that may look like one. */
export function trimSpaces(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && text.charCodeAt(start) === 0x20) start += 1
  while (end > start && text.charCodeAt(end - 1) === 0x20) end -= 1
  return text.slice(start, end)
}

/** All that decides what is decoded, as one line for plan and manifest. */
export function describeFields(fields: readonly ResolvedField[]): string {
  return fields
    .map(({ name, start, end, type, missing }) => {
      const lacks = missing.size === 0 ? '' : ` missing ${[...missing].map(show).join(' ')}`
      return `${/^\w+$/.test(name) ? name : show(name)} ${start + 1}-${end}${type === 'text' ? '' : ` ${type}`}${lacks}`
    })
    .join(', ')
}

function show(value: unknown): string {
  return (
    JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)) ??
    String(value)
  )
}

/** @param what is wrong, as the rest of a sentence about the format */
export function invalid(what: string): TallymanError {
  return new TallymanError('job-invalid', `fixedWidth's ${what}.`, {
    wayOut:
      "Say for example fixedWidth({ fields: { station: [1, 11], year: { at: [12, 15], type: 'number' } } }).",
  })
}
