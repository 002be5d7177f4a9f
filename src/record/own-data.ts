import { nestingMax, shapeOf, type TypedBytes, typedBytesClasses } from './plain-data.ts'

/**
 * Copies of what a user's code hands over, since it may change it afterwards: an object that is filled anew for each emit must
 * not change what was emitted before.
 */

/**
 * The value, or a copy of it down to its leaves where it is a container. What is not plain data throughout (an instance of
 * a class, a function, a cycle) has no copy that is the same: then the value itself is returned.
 */
export function ownData(value: unknown): unknown {
  const copy = copyOf(value, 0)
  return copy === noCopy ? value : copy
}

const noCopy = Symbol('not plain data')

function copyOf(value: unknown, depth: number): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return noCopy
  if (typeof value !== 'object' || value === null) return value
  if (depth === nestingMax) return noCopy
  switch (shapeOf(value)) {
    case 'object': {
      // Spreading makes an own property of `__proto__`, which assigning to it would not.
      const copy = Object.getPrototypeOf(value) === null ? bareCopy(value) : { ...value }
      return ownFields(copy as Record<string, unknown>, Object.keys(copy), depth)
    }
    case 'array': {
      const copy = (value as unknown[]).slice()
      return copyInside(copy, depth) ? copy : noCopy
    }
    case 'map': {
      const entries = [...(value as ReadonlyMap<unknown, unknown>)]
      return entries.every((entry) => copyInside(entry, depth)) ? new Map(entries) : noCopy
    }
    case 'set': {
      const members = [...(value as ReadonlySet<unknown>)]
      return copyInside(members, depth) ? new Set(members) : noCopy
    }
    case 'date':
      return new Date((value as Date).getTime())
    case 'bytes':
      return copyBytes(value as TypedBytes)
    case 'instance':
      return noCopy
  }
}

function bareCopy(value: object): object {
  return Object.assign(Object.create(null) as object, value)
}

function ownFields(copy: Record<string, unknown>, keys: readonly string[], depth: number): unknown {
  for (const key of keys) {
    const child = copy[key]
    if (typeof child !== 'object' && typeof child !== 'function' && typeof child !== 'symbol') continue
    const own = copyOf(child, depth + 1)
    if (own === noCopy) return noCopy
    copy[key] = own
  }
  return copy
}

/** Puts copies in the place of a list's elements. False where one has none. */
function copyInside(list: unknown[], depth: number): boolean {
  for (let index = 0; index < list.length; index++) {
    const own = copyOf(list[index], depth + 1)
    if (own === noCopy) return false
    list[index] = own
  }
  return true
}

function copyBytes(value: TypedBytes): TypedBytes {
  const prototype: object | null = Object.getPrototypeOf(value)
  // There is one: those that have none are instances of a class.
  const made = typedBytesClasses.find((one) => one.prototype === prototype)!
  const bytes = ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value)
  return made.over(bytes.slice().buffer)
}
