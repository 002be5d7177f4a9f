import { inspect } from 'node:util'
import { TallymanError } from '../../errors.ts'
import type { Decoder } from '../../job/index.ts'
import { escapedBytesMax, type Kernel, kinds, wordsPerRow, wordsPerValue } from './kernel.ts'
import type { Edge, Projection, ProjectionNode } from './projection.ts'

/** Shorter integers are exact as numbers. */
const exactDigitsMax = 15
/** As it was before a job was loaded, which may have another one in its place. */
const { parse } = JSON

const noBytes = Buffer.alloc(0)
const noValues = Object.freeze({})

/** What records of one decoder have in common. */
export interface DecoderParts {
  readonly kernel: Kernel
  /** Decodes whole records, and values that are used as wholes. */
  readonly whole: Decoder<unknown>
  readonly projection: Projection
  /** Something was handed out that may be kept, and then needs the chunk at hand. */
  isChunkHeld: boolean
}

/** Bytes of the input that records were scanned in and not decoded from yet. */
export interface RecordChunk {
  /** What must not be written to as long as records may need it; null once nobody was thought to. */
  bytes: Buffer | null
}

/** Makes views of records, or of objects in them: see `record-view.ts`. */
export type ViewMaker = new (record: ScannedRecord, object: ViewedObject | null) => object

/** An object that was given to the map before its record was decoded as a whole. */
interface HandedOut {
  /** Null for the record itself. */
  readonly parent: ObjectInRecord | null
  readonly name: string
  readonly value: object
  /** Null for what was decoded at once, such as an array. */
  readonly lazy: ObjectInRecord | null
}

/** An object in a record that has not been decoded as a whole. */
interface ObjectInRecord {
  /** The plain object that it is decoded to. */
  readonly target: object
  /** Its record was decoded, and it as this. */
  settle(values: object): void
}

/**
 * A record that has been scanned and not decoded. What is read of it is decoded while the kernel knows where it lies. For
 * everything else that can be done with an object, and for what is done after the next record was scanned, the record is
 * decoded as a whole, once. Objects that the map holds already stay the same objects.
 *
 * Records are made by the million, so its fields are such as V8 makes fastest: not private, and declared without being defined.
 */
export class ScannedRecord {
  declare private readonly parts: DecoderParts
  /** Where the kernel's row has its values. */
  declare private readonly values: number
  /** While this is the kernel's the values are where they were; -1 once the record is decoded. */
  declare private filling: number
  /** The line the record is in is `[start, end)` of it; null once it is decoded. */
  declare private chunk: RecordChunk | null
  declare private readonly start: number
  declare private readonly end: number
  /** The plain object the record is decoded to. Where others hold one already, it is there before. */
  declare private plain: object | null
  declare private handedOut: HandedOut[] | null

  constructor(
    parts: DecoderParts,
    row: number,
    chunk: RecordChunk,
    start: number,
    end: number,
    plain: object | null,
  ) {
    this.parts = parts
    this.values = row + wordsPerRow
    this.filling = parts.kernel.filling
    this.chunk = chunk
    this.start = start
    this.end = end
    this.plain = plain
    this.handedOut = null
  }

  get isWhole(): boolean {
    return this.chunk === null
  }

  /** Says that a property was read that nobody looked for. */
  learn(node: ProjectionNode, name: string): void {
    this.parts.projection.learn(node, name)
  }

  /** Says that something of the record was given to the map which it may keep. */
  holdChunk(): void {
    this.parts.isChunkHeld = true
  }

  /** The kernel still knows where the values lie. */
  get isAtHand(): boolean {
    const { kernel, projection } = this.parts
    return this.filling === kernel.filling && kernel.version === projection.version
  }

  /**
   * The value of a property of `parent`, null for the record itself. Only while the record is at hand.
   *
   * @param receiver what a getter that all objects have is to be called on; null for a view, which nobody is to see
   * @param Within makes a view of an object that is the value; null where anything may be done with that
   */
  valueAt(
    edge: Edge,
    parent: ObjectInRecord | null,
    receiver: object | null,
    Within: ViewMaker | null,
  ): unknown {
    const { kernel } = this.parts
    const at = this.values + edge.index * wordsPerValue
    const { rows } = kernel
    const kind = rows[at]!
    if (kind === kinds.shortString) return kernel.shortString(rows[at + 1]!)
    if (kind === kinds.shortInteger) return rows[at + 1]!
    if (kind === kinds.plainString) return kernel.latin1(rows[at + 1]!, rows[at + 2]!)
    return this.#otherValueAt(edge, parent, receiver, Within)
  }

  #otherValueAt(
    edge: Edge,
    parent: ObjectInRecord | null,
    receiver: object | null,
    Within: ViewMaker | null,
  ): unknown {
    const { kernel } = this.parts
    const at = this.values + edge.index * wordsPerValue
    const kind = kernel.rows[at]
    const start = kernel.rows[at + 1] ?? 0
    const end = kernel.rows[at + 2] ?? 0
    const chunk = this.chunk?.bytes ?? noBytes
    switch (kind) {
      case kinds.absent:
        if (!(edge.name in Object.prototype)) return undefined
        return Reflect.get(Object.prototype, edge.name, receiver ?? this.complete())
      case kinds.null:
        return null
      case kinds.true:
        return true
      case kinds.false:
        return false
      case kinds.number:
        return end - start <= exactDigitsMax
          ? shortNumber(chunk, start, end)
          : this.parts.whole.decode(chunk, start, end)
      case kinds.wideString:
        return kernel.utf8(start, end)
      case kinds.escapedString:
        return end - start <= escapedBytesMax
          ? kernel.unescaped(start, end)
          : parse(chunk.toString('utf8', start - 1, end + 1))
      default:
        return this.#objectAt(edge, parent, kind === kinds.object, Within)
    }
  }

  /** An object or array is the same one each time. */
  #objectAt(edge: Edge, parent: ObjectInRecord | null, isObject: boolean, Within: ViewMaker | null): object {
    this.handedOut ??= []
    for (const { parent: owner, name, value } of this.handedOut) {
      if (owner === parent && name === edge.name) return value
    }
    const { value, lazy } = isObject
      ? this.#lazyObject(edge, Within)
      : { value: this.#decodeAt(edge), lazy: null }
    this.handedOut.push({ parent, name: edge.name, value, lazy })
    return value
  }

  #lazyObject(edge: Edge, Within: ViewMaker | null): Pick<HandedOut, 'value' | 'lazy'> {
    if (Within !== null) {
      const lazy = new ViewedObject()
      return { value: new Within(this, lazy), lazy }
    }
    if (edge.isWhole) return { value: this.#decodeAt(edge), lazy: null }
    const lazy = new LazyObject(this, new LazyRecord(), edge.node, edge)
    return { value: lazy.proxy, lazy }
  }

  #decodeAt(edge: Edge): object {
    const { kernel, whole } = this.parts
    const at = this.values + edge.index * wordsPerValue
    const start = kernel.rows[at + 1] ?? 0
    const end = kernel.rows[at + 2] ?? 0
    return whole.decode(this.chunk?.bytes ?? noBytes, start, end) as object
  }

  /**
   * Decodes the record as a whole, puts what the map holds already in its place, and lets go of the chunk. Returns the plain object.
   *
   * @throws {TallymanError} `job-threw` for a view that is read when its chunk is gone
   */
  complete(): object {
    const chunk = this.chunk
    if (chunk === null) return this.plain ?? {}
    const { bytes } = chunk
    if (bytes === null) throw readTooLate()
    const values = this.parts.whole.decode(bytes, this.start, this.end) as object
    if (this.plain === null) this.plain = values
    else fill(this.plain, values)
    // Parents were handed out before what is in them.
    for (const { parent, name, value, lazy } of this.handedOut ?? []) {
      const owner = parent?.target ?? this.plain
      lazy?.settle(Reflect.get(owner, name) as object)
      defineOwn(owner, name, value)
    }
    this.filling = -1
    this.handedOut = null
    this.chunk = null
    this.parts.projection.countWhole()
    return this.plain
  }
}

/** An object in a record whose view was handed out: the plain object once the record is decoded, nothing before. */
export class ViewedObject implements ObjectInRecord {
  target: object = noValues

  settle(values: object): void {
    this.target = values
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
class LazyObject implements ProxyHandler<object>, ObjectInRecord {
  readonly target: object
  readonly proxy: object
  readonly #record: ScannedRecord
  readonly #node: ProjectionNode
  readonly #edge: Edge | null

  constructor(record: ScannedRecord, target: object, node: ProjectionNode, edge: Edge | null) {
    this.target = target
    this.#record = record
    this.#node = node
    this.#edge = edge
    this.proxy = new Proxy(this.target, this)
    record.holdChunk()
  }

  settle(values: object): void {
    fill(this.target, values)
  }

  get(target: object, name: string | symbol, receiver: object): unknown {
    const record = this.#record
    if (typeof name === 'string') {
      const edge = this.#node.edges.get(name)
      if (edge === undefined) record.learn(this.#node, name)
      else if (record.isAtHand) return record.valueAt(edge, this, receiver, null)
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

/** Makes `target` the plain object that `values` is. */
function fill(target: object, values: object): void {
  Object.setPrototypeOf(target, Object.prototype)
  for (const [name, value] of Object.entries(values)) defineOwn(target, name, value)
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

/** Without it, a map would read what came to lie in the same place. */
function readTooLate(): TallymanError {
  return new TallymanError(
    'job-threw',
    'A record was read after its map had returned, and its line is gone.',
    {
      wayOut:
        'Read what you need of a record while it is mapped, or return a promise of all that its map has begun.',
    },
  )
}

/** The record of the line `[start, end)` of the chunk, which the kernel is sure of, and whose row is at hand. */
export function lazyRecord(
  parts: DecoderParts,
  row: number,
  chunk: RecordChunk,
  start: number,
  end: number,
): object {
  const target = new LazyRecord()
  const record = new ScannedRecord(parts, row, chunk, start, end, target)
  return new LazyObject(record, target, parts.projection.root, null).proxy
}
