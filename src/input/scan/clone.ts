import { createRequire, syncBuiltinESMExports } from 'node:module'
import { BroadcastChannel, MessagePort, Worker } from 'node:worker_threads'

/**
 * Structured cloning takes no proxies, and asks none: it is the one common way to use an object that a lazy record cannot
 * notice. So a call that fails is made again with plain objects in place of proxies. What cannot be taught says
 * "#<LazyRecord> could not be cloned": `v8.Serializer`, and functions that somebody took before there was a decoder.
 */

type Method = (this: unknown, value: never, ...rest: never[]) => unknown

let isTaught = false

/** Makes this thread's `structuredClone`, `postMessage` and `v8.serialize` take lazy records, wherever in a value they are. */
export function teachCloning(): void {
  if (isTaught) return
  isTaught = true
  teach(globalThis, 'structuredClone')
  for (const { prototype } of [MessagePort, Worker, BroadcastChannel]) teach(prototype, 'postMessage')
  // An `import * as v8` cannot be assigned to; what `require` gives can, and says so to those who imported it.
  teach(createRequire(import.meta.url)('node:v8') as object, 'serialize')
  syncBuiltinESMExports()
}

/** The function takes what it did before, by the same name, and lazy records in its first argument too. */
function teach(owner: object, name: string): void {
  const original = Reflect.get(owner, name) as Method
  const taught: Method = function (value, ...rest) {
    try {
      return original.call(this, value, ...rest)
    } catch (error) {
      if (!isRefusal(error)) throw error
      return original.call(this, plainCopy(value, new Map()) as never, ...rest)
    }
  }
  Object.defineProperty(taught, 'name', { value: name })
  Object.defineProperty(owner, name, { ...Object.getOwnPropertyDescriptor(owner, name), value: taught })
}

/** `v8.serialize` throws a plain error, the others a DOMException. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.message.endsWith('could not be cloned.')
}

/**
 * The value with its plain objects, arrays, maps and sets copied, as cloning would: an instance of a class counts by its
 * own properties. `copies` has those that are begun.
 */
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
  if (!isArray && Object.prototype.toString.call(value) !== '[object Object]') return value
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
