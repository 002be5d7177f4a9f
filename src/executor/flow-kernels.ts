import type { FlowKernels } from '../flow/index.ts'
import { kernelUrl, WasmKernel } from '../wasm.ts'

const counts = new WasmKernel(kernelUrl(import.meta.url, '../flow/counts.wasm'))
const merge = new WasmKernel(kernelUrl(import.meta.url, '../flow/merge.wasm'))

/** The kernels of `flow/`, which reads no files itself. */
export const flowKernels: FlowKernels = { counts: () => counts.instance(), merge: () => merge.instance() }
