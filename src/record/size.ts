/** How much memory a value takes, by counting: a heap reading would differ from run to run, and so would the spills. */

import { invalidValue, nestingMax, shapeOf, type TypedBytes } from './plain-data.ts'

// What V8 takes on a 64-bit machine, rounded up: headers, slots, and the slack of tables that grow by doubling.
const slotBytes = 8
const numberBytes = 16
const stringBytes = 24
/** Text outside Latin-1 takes two bytes a UTF-16 unit. All text is counted so: to know, each would have to be read. */
const unitBytes = 2
const dateBytes = 96
const arrayBytes = 32
const objectBytes = 56
const propertyBytes = 24
const tableBytes = 128
const entryBytes = 40
const typedBytesBytes = 200

/**
 * Estimates the heap bytes a value takes, by its structure alone: equal values have equal estimates. Rather too many
 * than too few. What is referred to twice is counted twice. Cost is that of visiting every part once.
 *
 * @throws {TallymanError} `value-invalid` for a cycle or more than 1,000 levels of nesting
 */
export function approximateBytes(value: unknown): number {
  const bytes = bytesOf(value, 0)
  if (Number.isNaN(bytes)) throw invalidValue(value)
  return bytes
}

/** NaN, which every sum then is, says that the value is nested too deep. */
function bytesOf(value: unknown, depth: number): number {
  switch (typeof value) {
    case 'number':
      return numberBytes
    case 'string':
      return stringBytes + value.length * unitBytes
    case 'bigint':
      return stringBytes + bigIntBytes(value)
    case 'object':
      if (value === null) return slotBytes
      return depth === nestingMax ? Number.NaN : objectBytesOf(value, depth + 1)
    default:
      return slotBytes
  }
}

function bigIntBytes(value: bigint): number {
  return BigInt.asIntN(64, value) === value ? slotBytes : Math.ceil(value.toString(16).length / 2)
}

function objectBytesOf(value: object, depth: number): number {
  switch (shapeOf(value)) {
    case 'array':
      return listBytes(value as readonly unknown[], arrayBytes, slotBytes, depth)
    case 'date':
      return dateBytes
    case 'map': {
      const map = value as Map<unknown, unknown>
      return listBytes(map.keys(), tableBytes, entryBytes, depth) + listBytes(map.values(), 0, 0, depth)
    }
    case 'set':
      return listBytes(value as Set<unknown>, tableBytes, entryBytes, depth)
    case 'bytes':
      return typedBytesBytes + (value as TypedBytes).byteLength
    default:
      return listBytes(Object.values(value), objectBytes, propertyBytes, depth)
  }
}

function listBytes(values: Iterable<unknown>, ownBytes: number, eachBytes: number, depth: number): number {
  let bytes = ownBytes
  for (const value of values) bytes += eachBytes + bytesOf(value, depth)
  return bytes
}
