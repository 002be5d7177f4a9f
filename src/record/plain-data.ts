/** What counts as plain data, and a clear word about what does not. */

import { TallymanError } from '../errors.ts'

/** Containers inside containers, at most. Deeper values are refused, long before they could overflow the stack. */
export const nestingMax = 1000

/** How an object is written. An `instance` is of a class that is not plain data. */
export type Shape = 'object' | 'array' | 'date' | 'map' | 'set' | 'bytes' | 'instance'

/** Bytes with a type: `ArrayBuffer`, and what views it. */
export type TypedBytes = ArrayBuffer | NodeJS.ArrayBufferView

/** How values of one class of typed bytes are known, and made again. */
export interface TypedBytesClass {
  readonly prototype: object
  /** The length is a multiple of this. */
  readonly elementBytes: number
  /** An instance over all of a buffer. */
  over(bytes: ArrayBuffer): TypedBytes
}

/** Every class of typed bytes. The place in this list is stored in files: only ever append. */
export const typedBytesClasses: readonly TypedBytesClass[] = [
  { prototype: Buffer.prototype, elementBytes: 1, over: (bytes) => Buffer.from(bytes) },
  { prototype: ArrayBuffer.prototype, elementBytes: 1, over: (bytes) => bytes },
  { prototype: DataView.prototype, elementBytes: 1, over: (bytes) => new DataView(bytes) },
  ...[
    Uint8Array,
    Uint8ClampedArray,
    Int8Array,
    Uint16Array,
    Int16Array,
    Uint32Array,
    Int32Array,
    Float32Array,
    Float64Array,
    BigUint64Array,
    BigInt64Array,
  ].map((view) => ({
    prototype: view.prototype,
    elementBytes: view.BYTES_PER_ELEMENT,
    over: (bytes: ArrayBuffer) => new view(bytes),
  })),
]

const shapes: ReadonlyMap<object, Shape> = new Map<object, Shape>([
  [Date.prototype, 'date'],
  [Map.prototype, 'map'],
  [Set.prototype, 'set'],
  ...typedBytesClasses.map(({ prototype }) => [prototype, 'bytes'] as const),
])

/** Told by the prototype alone: a subclass of one of these classes, or an object of another realm, is an `instance`. */
export function shapeOf(value: object): Shape {
  const prototype: object | null = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return 'object'
  if (prototype === Array.prototype && Array.isArray(value)) return 'array'
  return shapes.get(prototype) ?? 'instance'
}

/** Longest piece of a value or a path that a message shows. */
const shownCharactersMax = 200

/** Names anything in a message: what it is, and for short things its value. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `the string ${JSON.stringify(shortened(value))}`
    case 'function':
      return value.name === '' ? 'a function' : `the function ${shortened(value.name)}`
    case 'object':
      return value === null ? 'null' : describeObject(value)
    case 'bigint':
      return 'a bigint'
    default:
      return shortened(String(value))
  }
}

function describeObject(value: object): string {
  switch (shapeOf(value)) {
    case 'array':
      return 'an array'
    case 'object': {
      const keys = Object.keys(value)
      if (keys.length === 0) return 'an object without properties'
      return `an object with the properties ${shortened(keys.map((key) => JSON.stringify(key)).join(', '))}`
    }
    default:
      return `an instance of ${className(value)}`
  }
}

function className(value: object): string {
  const made: unknown = Object.getPrototypeOf(value).constructor
  return typeof made === 'function' && made.name !== '' ? shortened(made.name) : 'a class without a name'
}

function shortened(text: string): string {
  return text.length <= shownCharactersMax ? text : `${text.slice(0, shownCharactersMax)}…`
}

/**
 * Refuses what could not be stored, so that it is known where it comes up. Cost is that of visiting every part once.
 *
 * @throws {TallymanError} `value-invalid`, for what `writeValue` refuses
 */
export function checkPlainData(value: unknown): void {
  if (!isPlain(value, 0)) throw invalidValue(value)
}

/** A cycle is met as one that is nested too deep: the first path that is ends the search. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value !== 'object') return typeof value !== 'function' && typeof value !== 'symbol'
  if (value === null) return true
  if (depth === nestingMax) return false
  switch (shapeOf(value)) {
    case 'array':
      return arePlain(value as readonly unknown[], depth + 1)
    case 'set':
      return arePlain([...(value as ReadonlySet<unknown>)], depth + 1)
    case 'map': {
      const map = value as ReadonlyMap<unknown, unknown>
      return arePlain([...map.keys()], depth + 1) && arePlain([...map.values()], depth + 1)
    }
    case 'object':
      return arePlain(Object.values(value), depth + 1)
    case 'date':
    case 'bytes':
      return true
    case 'instance':
      return false
  }
}

function arePlain(values: readonly unknown[], depth: number): boolean {
  for (let index = 0; index < values.length; index++) if (!isPlain(values[index], depth)) return false
  return true
}

/** What is wrong at one place inside a value. */
interface Fault {
  readonly path: string
  readonly problem: string
  readonly wayOut: string
}

/**
 * The error for a value that was found not to be plain data. The value is searched once more for the place and the
 * reason, so that the code that writes good values need not keep track of where it is.
 */
export function invalidValue(value: unknown): TallymanError {
  const fault = findFault(value, 'value', [])
  if (fault === null) return new TallymanError('value-invalid', 'Value changed while it was written.')
  const path =
    fault.path.length <= shownCharactersMax ? fault.path : `${fault.path.slice(0, shownCharactersMax)}…`
  return new TallymanError('value-invalid', `Value at ${path} ${fault.problem}.`, { wayOut: fault.wayOut })
}

function findFault(value: unknown, path: string, ancestors: object[]): Fault | null {
  if (typeof value === 'function' || typeof value === 'symbol') {
    return {
      path,
      problem: `is ${describe(value)}, which is not data`,
      wayOut: 'Leave it out, or emit what it returns.',
    }
  }
  if (typeof value !== 'object' || value === null) return null
  if (ancestors.includes(value)) {
    return {
      path,
      problem: 'is a cycle: it contains itself',
      wayOut: 'Emit a value without references back to itself.',
    }
  }
  if (ancestors.length === nestingMax) {
    const problem = 'is nested more than 1,000 levels deep'
    return { path, problem, wayOut: 'Emit a flatter value, for example a list instead of a chain.' }
  }
  ancestors.push(value)
  const fault = findFaultInside(value, path, ancestors)
  ancestors.pop()
  return fault
}

function findFaultInside(value: object, path: string, ancestors: object[]): Fault | null {
  const shape = shapeOf(value)
  if (shape === 'instance') {
    return {
      path,
      problem: `is ${describe(value)}, and a class does not survive being stored`,
      wayOut: 'Emit a plain object with its fields, for example `{ ...it }`.',
    }
  }
  for (const [childPath, child] of childrenOf(value, shape, path)) {
    const fault = findFault(child, childPath, ancestors)
    if (fault !== null) return fault
  }
  return null
}

function* childrenOf(value: object, shape: Shape, path: string): Generator<readonly [string, unknown]> {
  if (shape === 'object') {
    for (const [key, child] of Object.entries(value)) yield [`${path}${propertyPath(key)}`, child]
  } else if (Array.isArray(value)) {
    for (const [index, child] of value.entries()) yield [`${path}[${index}]`, child]
  } else if (value instanceof Set) {
    for (const [index, child] of [...value].entries()) yield [`${path}.values()[${index}]`, child]
  } else if (value instanceof Map) {
    for (const [index, [key, child]] of [...value].entries()) {
      yield [`${path}.keys()[${index}]`, key]
      yield [
        typeof key === 'string' ? `${path}.get(${JSON.stringify(key)})` : `${path}.values()[${index}]`,
        child,
      ]
    }
  }
}

function propertyPath(key: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}
