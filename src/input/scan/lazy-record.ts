import { inspect } from 'node:util'
import type { Decoder } from '../../job/index.ts'
import { escapedBytesMax, type Kernel, kinds, wordsPerRow, wordsPerValue } from './kernel.ts'
import type { Edge, Projection, ProjectionNode } from './projection.ts'

/** Shorter integers are exact as numbers. */
const exactDigitsMax = 15
/** As it was before a job was loaded, which may have another one in its place. */
const { parse } = JSON

const noBytes = Buffer.alloc(0)

/** What records of one decoder have in common. */
export interface Source {
  readonly kernel: Kernel
  /** Decodes whole records, and values that are used as wholes. */
  readonly whole: Decoder<unknown>
  readonly projection: Projection
}

/** An object that was given to the map before its record was decoded as a whole. */
interface HandedOut {
  readonly parent: LazyObject
  readonly name: string
  readonly value: object
  /** Null for what was decoded at once, such as an array. */
  readonly lazy: LazyObject | null
}

/**
 * A record that has been scanned and not decoded. The map gets its objects as proxies, which decode what is read of them
 * while the kernel knows where it lies. For everything else that can be done with an object, and for what is done after
 * the next record was scanned, the record is decoded as a whole, once; from then on the proxies stand in front of the
 * plain objects. Objects that the map holds already stay the same objects.
 */
class ScannedRecord {
  readonly source: Source
  readonly root: LazyObject
  isWhole = false
  /** Where the kernel's row has its values. */
  readonly #values: number
  readonly #filling: number
  readonly #version: number
  /** The line the record is in, `bytes[start, end)`; null once it is decoded. The bytes must never be written to again. */
  #bytes: Buffer | null
  readonly #start: number
  readonly #end: number
  #handedOut: HandedOut[] | null = null

  constructor(source: Source, row: number, bytes: Buffer, start: number, end: number) {
    this.source = source
    this.#bytes = bytes
    this.#start = start
    this.#end = end
    this.#values = row + wordsPerRow
    this.#filling = source.kernel.filling
    this.#version = source.projection.version
    this.root = new LazyObject(this, source.projection.root, null)
  }

  /** The kernel still knows where the values lie. */
  get isAtHand(): boolean {
    const { kernel, projection } = this.source
    return !this.isWhole && this.#filling === kernel.filling && this.#version === projection.version
  }

  /** The value of a property. Only while the record is at hand. */
  valueAt(edge: Edge, parent: LazyObject, receiver: unknown): unknown {
    const { kernel } = this.source
    const at = this.#values + edge.index * wordsPerValue
    const kind = kernel.rows[at]
    const start = kernel.rows[at + 1] ?? 0
    const end = kernel.rows[at + 2] ?? 0
    const chunk = this.#bytes ?? noBytes
    switch (kind) {
      case kinds.absent:
        return Reflect.get(Object.prototype, edge.name, receiver)
      case kinds.null:
        return null
      case kinds.true:
        return true
      case kinds.false:
        return false
      case kinds.shortString:
        return kernel.shortString(start)
      case kinds.shortInteger:
        return start
      case kinds.number:
        return end - start <= exactDigitsMax
          ? shortNumber(chunk, start, end)
          : this.source.whole.decode(chunk, start, end)
      case kinds.plainString:
        return kernel.text('latin1', start, end)
      case kinds.wideString:
        return kernel.text('utf8', start, end)
      case kinds.escapedString:
        return end - start <= escapedBytesMax
          ? kernel.unescaped(start, end)
          : parse(chunk.toString('utf8', start - 1, end + 1))
      default:
        return this.#objectAt(edge, parent, kind === kinds.object && !edge.isWhole)
    }
  }

  /** An object or array is the same one each time. */
  #objectAt(edge: Edge, parent: LazyObject, isLazy: boolean): object {
    this.#handedOut ??= []
    for (const { parent: owner, name, value } of this.#handedOut) {
      if (owner === parent && name === edge.name) return value
    }
    const lazy = isLazy ? new LazyObject(this, edge.node, edge) : null
    const value = lazy === null ? this.#decodeAt(edge) : lazy.proxy
    this.#handedOut.push({ parent, name: edge.name, value, lazy })
    return value
  }

  #decodeAt(edge: Edge): object {
    const { kernel, whole } = this.source
    const at = this.#values + edge.index * wordsPerValue
    const start = kernel.rows[at + 1] ?? 0
    const end = kernel.rows[at + 2] ?? 0
    return whole.decode(this.#bytes ?? noBytes, start, end) as object
  }

  /** Decodes the record as a whole, puts what the map holds already in its place, and lets go of the chunk. */
  complete(): void {
    if (this.#bytes === null) return
    this.root.fill(this.source.whole.decode(this.#bytes, this.#start, this.#end) as object)
    // Parents were handed out before what is in them.
    for (const { parent, name, value, lazy } of this.#handedOut ?? []) {
      lazy?.fill(Reflect.get(parent.target, name) as object)
      defineOwn(parent.target, name, value)
    }
    this.isWhole = true
    this.#handedOut = null
    this.#bytes = null
    this.source.projection.countWhole()
  }
}

/**
 * What a proxy stands for until its record is decoded as a whole: an object without properties. Only `inspect`, and with
 * it `console.log`, looks past a proxy, and is told how to find what is there. What refuses proxies shows this name.
 */
class LazyRecord {
  [inspect.custom](): object {
    // `this` is the proxy, and copying it decodes it.
    return { ...this }
  }
}

/** One object of a lazy record, and all that can be done with it. */
class LazyObject implements ProxyHandler<object> {
  readonly target: object = new LazyRecord()
  readonly proxy: object
  readonly #record: ScannedRecord
  readonly #node: ProjectionNode
  readonly #edge: Edge | null

  constructor(record: ScannedRecord, node: ProjectionNode, edge: Edge | null) {
    this.#record = record
    this.#node = node
    this.#edge = edge
    this.proxy = new Proxy(this.target, this)
  }

  /** Makes the target the plain object that `values` is. */
  fill(values: object): void {
    Object.setPrototypeOf(this.target, Object.prototype)
    for (const [name, value] of Object.entries(values)) defineOwn(this.target, name, value)
  }

  get(target: object, name: string | symbol, receiver: unknown): unknown {
    const record = this.#record
    if (typeof name === 'string') {
      const edge = this.#node.edges.get(name)
      if (edge === undefined) record.source.projection.learn(this.#node, name)
      else if (record.isAtHand) return record.valueAt(edge, this, receiver)
    }
    if (!record.isWhole) record.complete()
    return Reflect.get(target, name, receiver)
  }

  set(target: object, name: string | symbol, value: unknown, receiver: unknown): boolean {
    this.#complete()
    return Reflect.set(target, name, value, receiver)
  }

  has(target: object, name: string | symbol): boolean {
    this.#complete()
    return Reflect.has(target, name)
  }

  deleteProperty(target: object, name: string | symbol): boolean {
    this.#complete()
    return Reflect.deleteProperty(target, name)
  }

  ownKeys(target: object): (string | symbol)[] {
    this.#complete()
    return Reflect.ownKeys(target)
  }

  getOwnPropertyDescriptor(target: object, name: string | symbol): PropertyDescriptor | undefined {
    this.#complete()
    return Reflect.getOwnPropertyDescriptor(target, name)
  }

  defineProperty(target: object, name: string | symbol, descriptor: PropertyDescriptor): boolean {
    this.#complete()
    return Reflect.defineProperty(target, name, descriptor)
  }

  getPrototypeOf(target: object): object | null {
    this.#complete()
    return Reflect.getPrototypeOf(target)
  }

  setPrototypeOf(target: object, prototype: object | null): boolean {
    this.#complete()
    return Reflect.setPrototypeOf(target, prototype)
  }

  isExtensible(target: object): boolean {
    this.#complete()
    return Reflect.isExtensible(target)
  }

  preventExtensions(target: object): boolean {
    this.#complete()
    return Reflect.preventExtensions(target)
  }

  /** What is used as a whole once is likely to be in the next record, and then decoded so at once. */
  #complete(): void {
    if (this.#record.isWhole) return
    if (this.#edge !== null) this.#edge.isWhole = true
    this.#record.complete()
  }
}

/** A number of at most `exactDigitsMax` characters. Most are whole and positive, and need no string. */
function shortNumber(chunk: Buffer, start: number, end: number): number {
  let value = 0
  for (let at = start; at < end; at++) {
    const digit = (chunk[at] ?? 0) - 0x30
    if (digit < 0 || digit > 9) return Number(chunk.toString('latin1', start, end))
    value = value * 10 + digit
  }
  return value
}

/** As `JSON.parse` does: a property named `__proto__` is one like any other. */
function defineOwn(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
}

/** The record of the line `bytes[start, end)`, which the kernel is sure of, and whose row is at hand. */
export function lazyRecord(source: Source, row: number, bytes: Buffer, start: number, end: number): object {
  return new ScannedRecord(source, row, bytes, start, end).root.proxy
}
