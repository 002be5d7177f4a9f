/**
 * WebAssembly that tasks may use: each makes an instance with a memory of its own, and returns what it exports; null where there is
 * none, or no memory for it. Whoever runs a task has them, since this room reads no files. What is written does not depend on whether
 * there are any.
 */
export interface FlowKernels {
  /** Of `amounts.as`. */
  amounts(): object | null
  /** Of `merge.as`. */
  merge(): object | null
}

/** No kernels: everything goes the slow way. */
export const noKernels: FlowKernels = { amounts: () => null, merge: () => null }

/** With fewer records than this a kernel does not pay. */
export const kernelRecordsMin = 4096
