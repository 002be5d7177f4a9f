import type { FlowKernels } from '../../flow/index.ts'
import { kernelUrl, WasmKernel } from '../../wasm.ts'

const amounts = new WasmKernel(kernelUrl(import.meta.url, '../../flow/amounts.wasm'))
const merge = new WasmKernel(kernelUrl(import.meta.url, '../../flow/merge.wasm'))

/** The kernels of `flow/`, which reads no files itself. */
export const flowKernels: FlowKernels = { amounts: () => amounts.instance(), merge: () => merge.instance() }
