import { type Decoder, type InputFormat, noRecord, RecordRejection, type RecordUse } from '../../job/index.ts'
import {
  describeFields,
  type Field,
  type FieldValue,
  invalid,
  type ResolvedField,
  resolveFields,
  trimSpaces,
} from './fixed-width-fields.ts'
import { type FormatOptions, resolveRecordBytesMax } from './options.ts'
import { decodeUtf8 } from './utf8.ts'

/** What lines hold, and where; and, from {@link FormatOptions}, how long a line may be. */
export interface FixedWidthOptions<F extends Readonly<Record<string, Field>>> extends FormatOptions {
  /** Fields by name. They may leave gaps between them, and overlap: a date, and its year. */
  readonly fields: F
  /** How many characters each line has; a line of any other length is rejected. Left out, only the fields must be there. */
  readonly width?: number
  /** A line that ends before its last field: `reject` (default), or `pad` it with spaces, for files whose lines end with their last word. */
  readonly shortLines?: 'reject' | 'pad'
}

/** A record of such lines: a value for each field. */
export type FixedWidthRecord<F> = { -readonly [Name in keyof F]: FieldValue<F[Name]> }

/**
 * Lines of fields that stand at fixed places, as of weather stations, censuses and mainframes: every line is a record, an object with
 * a value for each field. Places are characters (code points), counted from 1, and first and last belong to the field. Lines of nothing but spaces are
 * no records.
 *
 * A field is a text without the spaces at its ends unless it has a `type`. A `number` is a decimal such as `-12`, `.5` or `1e3`, and is never
 * rounded to another integer: one beyond ±2^53 is rejected, and `bigint` takes it. A blank number, and a field that holds what `missing` says, is null.
 * A line is rejected, with the byte of the field, where a field is not there or holds no number, and where it is not valid UTF-8.
 *
 * @param options.fields a field's place, `[first, last]`, or `{ at: [first, last], type, missing }`
 * @param options.width how many characters each line must have; default: enough for its fields
 * @param options.shortLines `reject` (default) or `pad`. Padded, a line that was cut off within a text cannot be told from one that ends there.
 * @param options.recordBytesMax lines longer than this are rejected without being held; in bytes, default 64 MiB
 * @throws {TallymanError} `job-invalid` for an option that makes no sense
 *
 * Cost: about as much as splitting each line; a text that the map is seen not to read is not made.
 *
 * @example
 * ```ts
 * import { defineJob, fixedWidth, mean, testJob } from 'tallyman'
 *
 * const temperature = defineJob({
 *   input: fixedWidth({
 *     fields: {
 *       station: [1, 11],
 *       year: { at: [12, 15], type: 'number' },
 *       tenths: { at: [17, 21], type: 'number', missing: '-9999' },
 *     },
 *   }),
 *   reduce: mean<string>(),
 *   map({ station, tenths }, emit) {
 *     if (tenths !== null) emit(station, tenths / 10)
 *   },
 * })
 * const { result } = await testJob(temperature, [{ station: 'KSM00047108', year: 2020, tenths: 215 }])
 * console.log(result) // [ { key: 'KSM00047108', value: 21.5 } ]
 * ```
 */
export function fixedWidth<const F extends Readonly<Record<string, Field>>>(
  options: FixedWidthOptions<F>,
): InputFormat<FixedWidthRecord<F>> {
  const fields = resolveFields(options.fields)
  const { width = null, shortLines = 'reject' } = options
  const charactersMin = Math.max(...fields.map(({ end }) => end))
  if (width !== null && !(Number.isSafeInteger(width) && width >= charactersMin))
    throw invalid(`width is ${JSON.stringify(width)}; its fields need ${charactersMin} characters`)
  if (shortLines !== 'reject' && shortLines !== 'pad')
    throw invalid(`shortLines is ${JSON.stringify(shortLines)}; it takes "reject" or "pad"`)
  const line: LineShape = { width, charactersMin, pads: shortLines === 'pad' }
  return {
    name: 'fixedWidth',
    unit: 'line',
    recordBytesMax: resolveRecordBytesMax('fixedWidth', options),
    options: { fields: describeFields(fields), width, shortLines },
    decoder: (use = null) => new FixedWidthDecoder<FixedWidthRecord<F>>(fields.filter(isWanted(use)), line),
  }
}

/** How long lines are, in characters. */
interface LineShape {
  readonly width: number | null
  readonly charactersMin: number
  readonly pads: boolean
}

/** What must be a number is looked at, whoever reads it: which records are rejected does not depend on the map. */
function isWanted(use: RecordUse | null): (field: ResolvedField) => boolean {
  return ({ name, type }) => use === null || use.reads.has(name) || type === 'number' || type === 'bigint'
}

class FixedWidthDecoder<R> implements Decoder<R> {
  readonly #fields: readonly ResolvedField[]
  readonly #line: LineShape

  constructor(fields: readonly ResolvedField[], line: LineShape) {
    this.#fields = fields
    this.#line = line
  }

  leaveChunk(): boolean {
    return true
  }

  decode(bytes: Buffer, start: number, end: number): R | typeof noRecord {
    const text = decodeUtf8(bytes, start, end)
    if (trimSpaces(text) === '') return noRecord
    // Characters beyond U+FFFF are two units each: lines that have some are taken apart by characters.
    const characters = text.length === end - start || !hasSurrogate(text) ? null : [...text]
    const length = characters?.length ?? text.length
    this.#checkLength(length, end - start)
    const record: Record<string, unknown> = {}
    for (const field of this.#fields) {
      const found =
        characters === null
          ? text.slice(field.start, field.end)
          : characters.slice(field.start, field.end).join('')
      const value = fieldValue(field, found)
      if (value === undefined)
        throw new RecordRejection(
          `${sayField(field)} holds ${JSON.stringify(found)}, ${whyNoNumber(field, found)}`,
          Buffer.byteLength((characters ?? [...text]).slice(0, field.start).join('')),
        )
      record[field.name] = value
    }
    return record as R
  }

  /** @param lineBytes where the line ends */
  #checkLength(length: number, lineBytes: number): void {
    const { width, charactersMin, pads } = this.#line
    const isShort = length < (width ?? charactersMin)
    if (isShort ? pads : width === null || length === width) return
    const wanted = width === null ? `its fields need ${charactersMin}` : `each has ${width}`
    throw new RecordRejection(`the line has ${length} characters; ${wanted}`, isShort ? lineBytes : null)
  }
}

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
const integer = /^[+-]?\d+$/

/** What a field's characters stand for; undefined where it is to hold a number, and does not. */
function fieldValue({ type, missing }: ResolvedField, found: string): unknown {
  const text = trimSpaces(found)
  if (missing.has(text)) return null
  switch (type) {
    case 'text':
      return text
    case 'raw':
      return found
    case 'bigint':
      if (text === '') return null
      return integer.test(text) ? BigInt(text.replace('+', '')) : undefined
    case 'number':
      return text === '' ? null : numberOf(text)
  }
}

function numberOf(text: string): number | undefined {
  if (!decimal.test(text)) return undefined
  const value = Number(text)
  const isRounded = integer.test(text) ? !Number.isSafeInteger(value) : !Number.isFinite(value)
  return isRounded ? undefined : value
}

function whyNoNumber({ type }: ResolvedField, found: string): string {
  const text = trimSpaces(found)
  if (type === 'bigint') return 'which is no whole number'
  if (integer.test(text)) return 'which a number would round: say type: "bigint"'
  return decimal.test(text) ? 'which is too large for a number' : 'which is no number'
}

function sayField({ name, start, end }: ResolvedField): string {
  return `field ${JSON.stringify(name)} (characters ${start + 1} to ${end})`
}

function hasSurrogate(text: string): boolean {
  for (let at = 0; at < text.length; at++) if ((text.charCodeAt(at) & 0xf800) === 0xd800) return true
  return false
}
