import { readFileSync } from 'node:fs'
import { errnoOf } from './errors.ts'

/** The parts of WebAssembly used here; Node's types leave them to the browser's. */
interface WebAssemblyPart {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: object }
}

/** As it was before a job was loaded, which may have another one in its place, or may have taken it away. */
const { WebAssembly: part } = globalThis as unknown as { readonly WebAssembly: WebAssemblyPart | undefined }

/**
 * Where the build puts a kernel.
 *
 * @param moduleUrl `import.meta.url` of who asks, be it a source or built from one
 * @param path of the kernel, seen from the folder of that source
 */
export function kernelUrl(moduleUrl: string, path: string): URL {
  return new URL(path, moduleUrl.replace(/\/src\/((?:[^/]+\/)*)[^/]*\.ts$/, '/dist/$1'))
}

/** A kernel of a few kilobytes: read and compiled when an instance is first asked for, once for all of them. */
export class WasmKernel {
  readonly #file: URL
  #module: object | null | undefined

  constructor(file: URL) {
    this.#file = file
  }

  /**
   * What a new instance exports, with a memory of its own. Null where the machine cannot run it, where its file is not there, as in a bundle,
   * and where the system does not give the ten gigabytes of addresses that Node asks for with it (`ulimit -v`): then everything goes
   * the slow way.
   */
  instance(): object | null {
    // Null is an answer too: asked again for each group of records, it would cost more than they do.
    if (this.#module === undefined) this.#module = this.#compile()
    if (part === undefined || this.#module === null) return null
    try {
      return new part.Instance(this.#module).exports
    } catch (error) {
      if (error instanceof RangeError) return null
      throw error
    }
  }

  #compile(): object | null {
    if (part === undefined) return null
    try {
      return new part.Module(readFileSync(this.#file))
    } catch (error) {
      const isMissing = errnoOf(error) === 'ENOENT'
      const isUnsupported = error instanceof Error && error.name === 'CompileError'
      if (isMissing || isUnsupported || error instanceof RangeError) return null
      throw error
    }
  }
}
