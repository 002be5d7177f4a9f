import { readFileSync } from 'node:fs'
import { errnoOf } from '../../errors.ts'
import type { Projection } from './projection.ts'

/** Kinds of values, as `kernel.as` numbers them. */
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
} as const

/** Words of 32 bits that the kernel notes of a value: its kind, where it starts, where it ends. */
export const wordsPerValue = 3

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
  readonly found: { readonly value: number }
  readonly text: { readonly value: number }
  scan(start: number, end: number, edgeCount: number): number
}

interface WebAssemblyPart {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: object }
}

const pageBytes = 65_536
/** Zeros behind the text. One look of the kernel takes 16 bytes; a sequence or an escape has at most 6. */
const marginBytes = 64

/** The WebAssembly kernel with its memory. One per thread: whoever uses it says each time what for. */
export class Kernel {
  /** Counts scans; what the kernel found is good until the next one. */
  generation = 0
  /** What the last scan found: by edge, `wordsPerValue` words. Offsets are those of the chunk. */
  found: Int32Array = new Int32Array(0)
  readonly #exports: KernelExports
  #bytes: Uint8Array = new Uint8Array(0)
  #chunk: Buffer | null = null
  #projection: Projection | null = null
  #version = -1

  constructor(exports: KernelExports) {
    this.#exports = exports
    this.#look()
  }

  /**
   * Whether `chunk[start, end)` is sure to be one JSON object, and nothing else. When it is, `found` tells where the
   * projection's values lie in the chunk. The same chunk must hold the same bytes each time.
   */
  scan(chunk: Buffer, start: number, end: number, projection: Projection): boolean {
    if (this.#chunk !== chunk) this.#load(chunk)
    if (this.#projection !== projection || this.#version !== projection.version) this.#write(projection)
    this.generation += 1
    return this.#exports.scan(start, end, projection.edges.length) !== 0
  }

  #load(chunk: Buffer): void {
    const text = this.#exports.text.value
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
    this.#bytes = new Uint8Array(buffer)
    this.found = new Int32Array(buffer, this.#exports.found.value)
  }

  /** Writes what is wanted to where the kernel reads it; `kernel.as` describes the form. */
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
    this.#projection = projection
    this.#version = projection.version
  }
}

let kernel: Kernel | null | undefined

/** This thread's kernel; null where the machine cannot run it. It reads a file of a few kilobytes, once. */
export function kernelOfThread(): Kernel | null {
  kernel ??= openKernel()
  return kernel
}

/** Sources that have not been compiled have their kernel where the build puts it. */
const kernelFile = new URL(
  'kernel.wasm',
  import.meta.url.replace(/\/src\/input\/scan\/[^/]*\.ts$/, '/dist/input/scan/'),
)

/** Without SIMD, or where the kernel is not beside this file, as in a bundle, everything goes the slow way. */
function openKernel(): Kernel | null {
  try {
    const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyPart }).WebAssembly
    const { exports } = new Instance(new Module(readFileSync(kernelFile)))
    return new Kernel(exports as KernelExports)
  } catch (error) {
    const isMissing = errnoOf(error) === 'ENOENT'
    const isUnsupported = error instanceof Error && error.name === 'CompileError'
    if (isMissing || isUnsupported) return null
    throw error
  }
}
