/**
 * `structuredClone` takes no proxies, and asks none: it is the one common way to use an object that a lazy record cannot
 * notice. So a call that fails is made again with plain objects in place of proxies.
 */

let isTaught = false

/** Makes this thread's `structuredClone` take lazy records, wherever in a value they are. */
export function teachStructuredClone(): void {
  if (isTaught) return
  isTaught = true
  const original = globalThis.structuredClone
  globalThis.structuredClone = <T>(value: T, options?: Parameters<typeof original>[1]): T => {
    try {
      return original(value, options)
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'DataCloneError') throw error
      return original(plainCopy(value, new Map()), options) as T
    }
  }
}

/** The value with all its plain objects, arrays, maps and sets copied; `copies` has those that are begun. */
function plainCopy(value: unknown, copies: Map<object, object>): unknown {
  if (typeof value !== 'object' || value === null) return value
  const begun = copies.get(value)
  if (begun !== undefined) return begun
  const begin = <T extends object>(copy: T): T => {
    copies.set(value, copy)
    return copy
  }
  if (value instanceof Map) {
    const copy = begin(new Map<unknown, unknown>())
    for (const [key, inner] of value) copy.set(plainCopy(key, copies), plainCopy(inner, copies))
    return copy
  }
  if (value instanceof Set) {
    const copy = begin(new Set<unknown>())
    for (const inner of value) copy.add(plainCopy(inner, copies))
    return copy
  }
  const isArray = Array.isArray(value)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!isArray && prototype !== Object.prototype && prototype !== null) return value
  const copy: object = begin(isArray ? new Array<unknown>(value.length) : {})
  for (const [name, inner] of Object.entries(value)) {
    Object.defineProperty(copy, name, {
      value: plainCopy(inner, copies),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return copy
}
