import { readFileSync } from 'node:fs'
import { errnoOf } from '../errors.ts'
import type { KeyKernelMaker } from '../flow/index.ts'

interface WebAssemblyPart {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: object }
}

/** As it was before a job was loaded, which may have another one in its place. Node's types leave it to the browser's. */
const { WebAssembly: part } = globalThis as unknown as { readonly WebAssembly: WebAssemblyPart | undefined }

/** Sources that have not been compiled have the kernel where the build puts it. */
const kernelFile = new URL(
  '../flow/kernel.wasm',
  import.meta.url.replace(/\/src\/executor\/[^/]*\.ts$/, '/dist/executor/'),
)

let maker: KeyKernelMaker | null | undefined

/**
 * What makes kernels of `flow/`, each with a memory of its own; null where the machine cannot run them, or the file is not there, as
 * in a bundle: then tasks do without. Reads and compiles a file of a few kilobytes, once.
 */
export function keyKernelMaker(): KeyKernelMaker | null {
  maker ??= openMaker()
  return maker
}

function openMaker(): KeyKernelMaker | null {
  if (part === undefined) return null
  const { Module, Instance } = part
  try {
    const module = new Module(readFileSync(kernelFile))
    return () => new Instance(module).exports
  } catch (error) {
    const isMissing = errnoOf(error) === 'ENOENT'
    const isUnsupported = error instanceof Error && error.name === 'CompileError'
    if (isMissing || isUnsupported) return null
    throw error
  }
}
