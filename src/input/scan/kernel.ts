import { internedText } from '../../record/index.ts'
import { kernelUrl, WasmKernel } from '../../wasm.ts'
import type { Projection } from './projection.ts'

/** Kinds of values, as `kernel/memory.as` numbers them. */
export const kinds = {
  absent: 0,
  null: 1,
  true: 2,
  false: 3,
  number: 4,
  plainString: 5,
  wideString: 6,
  escapedString: 7,
  object: 8,
  array: 9,
  shortString: 10,
  shortInteger: 11,
} as const

/** Words of 32 bits that the kernel notes of a value: its kind, where it starts, where it ends. */
export const wordsPerValue = 3

/** Words of a row before its values: where its line starts, where it ends, what is known of it. */
export const wordsPerRow = 3

/** What is known of a line of text, as `kernel/lines.as` numbers it. */
export const lineKinds = { ascii: 0, wide: 1, unsure: 2 } as const

/** Longer strings are left to `JSON.parse`: twice their length must have room. */
export const escapedBytesMax = 16_384

/** The parts of WebAssembly used here; Node's types leave them to the browser's. */
interface WasmMemory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

interface KernelExports {
  readonly memory: WasmMemory
  readonly nodes: { readonly value: number }
  readonly edges: { readonly value: number }
  readonly names: { readonly value: number }
  readonly rows: { readonly value: number }
  readonly plain: { readonly value: number }
  readonly shorts: { readonly value: number }
  readonly shortsVersion: { readonly value: number }
  readonly text: { readonly value: number }
  scanLines(from: number, end: number, edgeCount: number, linesMax: number): number
  scanLine(start: number, end: number, edgeCount: number): number
  textLines(from: number, end: number, linesMax: number): number
  unescapeNarrow(start: number, end: number): number
  unescapeWide(start: number, end: number): number
  forgetTokens(): void
}

/** What `toString` of a buffer comes down to once it has looked at its arguments, which takes as long as decoding a short string does. */
const { latin1Slice, utf8Slice, ucs2Slice } = Buffer.prototype as unknown as Readonly<
  Record<'latin1Slice' | 'utf8Slice' | 'ucs2Slice', (this: Buffer, start: number, end: number) => string>
>

const pageBytes = 65_536
/** What a short string takes; at least one zero is behind it. */
const shortRoomBytes = 16
/** How many there is room for. */
const shortsMax = 8192
/** Zeros behind the text. One look of the kernel takes at most 64 bytes and 16 more. */
const marginBytes = 128

/** The WebAssembly kernel with its memory. One per thread: whoever uses it says each time what for. */
export class Kernel {
  /** Counts how often rows were filled; what they hold is good until they are the next time. */
  filling = 0
  /** That of the projection they were filled for. */
  version = -1
  /**
   * Lines, one row each: `wordsPerRow` words, and for lines of JSON `wordsPerValue` for each edge of the projection. Offsets are
   * those of the chunk.
   */
  rows: Int32Array = new Int32Array(0)
  readonly #exports: KernelExports
  /** Where the chunk lies. */
  readonly #text: number
  #bytes: Buffer = Buffer.alloc(0)
  #chunk: Buffer | null = null
  /** Short strings that have been asked for, by the number the kernel gives them. */
  readonly #shorts: (string | undefined)[] = new Array<undefined>(shortsMax).fill(undefined)
  /** 1 for those that have been asked for once. */
  readonly #isKnown = new Uint8Array(shortsMax)
  #shortsVersion = 0
  #projection: Projection | null = null

  constructor(exports: KernelExports) {
    this.#exports = exports
    this.#text = exports.text.value
    this.#look()
  }

  /**
   * Scans lines of JSON from `from` on, at most `linesMax`. The third word of a row is 1 where its line is sure to be one object, and
   * nothing else. The same chunk must hold the same bytes each time.
   *
   * @returns how many lines there are, each with its newline; 0 when there is no newline
   */
  scanLines(chunk: Buffer, from: number, projection: Projection, linesMax: number): number {
    this.#prepare(chunk, projection)
    const lines = this.#exports.scanLines(from, chunk.length, projection.edges.length, linesMax)
    if (this.#shortsVersion !== this.#exports.shortsVersion.value) {
      this.#shorts.fill(undefined)
      this.#isKnown.fill(0)
      this.#shortsVersion = this.#exports.shortsVersion.value
    }
    return lines
  }

  /** Whether `chunk[start, end)`, whatever follows it, is sure to be one object of JSON; then the first row says what is in it. */
  scanLine(chunk: Buffer, start: number, end: number, projection: Projection): boolean {
    this.#prepare(chunk, projection)
    return this.#exports.scanLine(start, end, projection.edges.length) !== 0
  }

  /** Says that the chunk at hand is gone, and with it what rows hold. */
  forget(): void {
    this.filling += 1
    this.#chunk = null
  }

  /** As `scanLines`, for lines of text; the third word is one of `lineKinds`. */
  textLines(chunk: Buffer, from: number, linesMax: number): number {
    if (this.#chunk !== chunk) this.#load(chunk)
    this.filling += 1
    return this.#exports.textLines(from, chunk.length, linesMax)
  }

  /** The ASCII `[start, end)` of the chunk at hand, from the kernel's own copy: it has just been read, and is near. */
  latin1(start: number, end: number): string {
    return latin1Slice.call(this.#bytes, this.#text + start, this.#text + end)
  }

  /** The same for UTF-8. */
  utf8(start: number, end: number): string {
    return utf8Slice.call(this.#bytes, this.#text + start, this.#text + end)
  }

  /** The string that `[start, end)` of the chunk at hand stands for: a valid one of at most `escapedBytesMax`, without its quotes. */
  unescaped(start: number, end: number): string {
    const plain = this.#exports.plain.value
    const bytes = this.#exports.unescapeNarrow(start, end)
    if (bytes >= 0) return latin1Slice.call(this.#bytes, plain, plain + bytes)
    return ucs2Slice.call(this.#bytes, plain, plain + 2 * this.#exports.unescapeWide(start, end))
  }

  /** The short string of this number, as rows at hand have it. It is one string however often it is asked for. */
  shortString(number: number): string {
    return this.#shorts[number] ?? this.#newShortString(number)
  }

  #newShortString(number: number): string {
    const start = this.#exports.shorts.value + number * shortRoomBytes
    let end = start
    while (this.#bytes[end] !== 0) end += 1
    const string = latin1Slice.call(this.#bytes, start, end)
    // What comes again is likely to come often, and to be a key. What does not is not worth it.
    if (this.#isKnown[number] === 1) {
      const interned = internedText(string)
      this.#shorts[number] = interned
      return interned
    }
    this.#isKnown[number] = 1
    return string
  }

  #prepare(chunk: Buffer, projection: Projection): void {
    if (this.#chunk !== chunk) this.#load(chunk)
    if (this.#projection !== projection || this.version !== projection.version) this.#write(projection)
    this.filling += 1
  }

  #load(chunk: Buffer): void {
    const text = this.#text
    const missing = text + chunk.length + marginBytes - this.#bytes.length
    if (missing > 0) {
      this.#exports.memory.grow(Math.ceil(missing / pageBytes))
      this.#look()
    }
    this.#bytes.set(chunk, text)
    this.#bytes.fill(0, text + chunk.length, text + chunk.length + marginBytes)
    this.#chunk = chunk
  }

  /** A memory that has grown has a new buffer. */
  #look(): void {
    const { buffer } = this.#exports.memory
    this.#bytes = Buffer.from(buffer)
    this.rows = new Int32Array(buffer, this.#exports.rows.value)
  }

  /** Writes what is wanted to where the kernel reads it; `kernel/memory.as` describes the form. */
  #write(projection: Projection): void {
    const { nodes, edges, names } = this.#exports
    const view = new DataView(this.#bytes.buffer)
    for (const { number, firstEdge, edges: below } of projection.nodes) {
      view.setInt32(nodes.value + number * 8, firstEdge, true)
      view.setInt32(nodes.value + number * 8 + 4, below.size, true)
    }
    let nameAt = names.value
    for (const { index, nameBytes, node } of projection.edges) {
      this.#bytes.set(nameBytes, nameAt)
      view.setInt32(edges.value + index * 16, nameAt, true)
      view.setInt32(edges.value + index * 16 + 4, nameBytes.length, true)
      view.setInt32(edges.value + index * 16 + 8, node.edges.size === 0 ? 0 : node.number, true)
      nameAt += nameBytes.length
    }
    this.#exports.forgetTokens()
    this.#projection = projection
    this.version = projection.version
  }
}

let kernel: Kernel | null | undefined

/** This thread's kernel; null where the machine cannot run it. It reads a file of a few kilobytes, once. */
export function kernelOfThread(): Kernel | null {
  kernel ??= openKernel()
  return kernel
}

const scanKernel = new WasmKernel(kernelUrl(import.meta.url, 'kernel.wasm'))

function openKernel(): Kernel | null {
  const exports = scanKernel.instance()
  return exports === null ? null : new Kernel(exports as KernelExports)
}
