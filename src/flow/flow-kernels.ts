/**
 * WebAssembly that tasks may use: each makes an instance with a memory of its own, and returns what it exports; null where the
 * system has no memory for one. Whoever runs a task has them, since this room reads no files. What is written does not depend on whether there are any.
 */
export interface FlowKernels {
  /** Of `counts.as`. */
  counts(): object | null
  /** Of `merge.as`. */
  merge(): object | null
}
