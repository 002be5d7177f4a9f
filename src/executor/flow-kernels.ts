import { readFileSync } from 'node:fs'
import { errnoOf } from '../errors.ts'
import type { FlowKernels } from '../flow/index.ts'

interface WebAssemblyPart {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: object }
}

/** As it was before a job was loaded, which may have another one in its place. Node's types leave it to the browser's. */
const { WebAssembly: part } = globalThis as unknown as { readonly WebAssembly: WebAssemblyPart | undefined }

/** Sources that have not been compiled have kernels where the build puts them. */
const kernelDirectory = new URL(
  '../flow/',
  import.meta.url.replace(/\/src\/executor\/[^/]*\.ts$/, '/dist/executor/'),
)

let kernels: FlowKernels | null | undefined

/**
 * The kernels of `flow/`; null where the machine cannot run them, or their files are not there, as in a bundle: then tasks do without.
 * Reads and compiles files of a few kilobytes, once.
 */
export function flowKernels(): FlowKernels | null {
  kernels ??= openKernels()
  return kernels
}

function openKernels(): FlowKernels | null {
  const counts = openMaker('counts.wasm')
  const merge = openMaker('merge.wasm')
  return counts === null || merge === null ? null : { counts, merge }
}

function openMaker(name: string): (() => object | null) | null {
  if (part === undefined) return null
  const { Module, Instance } = part
  try {
    const module = new Module(readFileSync(new URL(name, kernelDirectory)))
    return () => {
      try {
        return new Instance(module).exports
      } catch (error) {
        // Of addresses an instance takes far more than of memory, and `ulimit -v` may leave too few.
        if (error instanceof RangeError) return null
        throw error
      }
    }
  } catch (error) {
    const isMissing = errnoOf(error) === 'ENOENT'
    const isUnsupported = error instanceof Error && error.name === 'CompileError'
    if (isMissing || isUnsupported) return null
    throw error
  }
}
