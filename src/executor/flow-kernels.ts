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

/**
 * The kernels of `flow/`. There are none where the machine cannot run them, or their files are not there, as in a bundle: then tasks do
 * without. Each is a file of a few kilobytes, read and compiled when it is first asked for.
 */
export const flowKernels: FlowKernels = {
  counts: () => instanceOf('counts.wasm'),
  merge: () => instanceOf('merge.wasm'),
}

const modules = new Map<string, object | null>()

function instanceOf(name: string): object | null {
  let module = modules.get(name)
  if (module === undefined) {
    module = openModule(name)
    modules.set(name, module)
  }
  if (part === undefined || module === null) return null
  try {
    return new part.Instance(module).exports
  } catch (error) {
    // Of addresses an instance takes far more than of memory, and `ulimit -v` may leave too few.
    if (error instanceof RangeError) return null
    throw error
  }
}

function openModule(name: string): object | null {
  if (part === undefined) return null
  try {
    return new part.Module(readFileSync(new URL(name, kernelDirectory)))
  } catch (error) {
    const isMissing = errnoOf(error) === 'ENOENT'
    const isUnsupported = error instanceof Error && error.name === 'CompileError'
    if (isMissing || isUnsupported) return null
    throw error
  }
}
