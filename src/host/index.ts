/** This machine: what a run may use of it. */

export { type EndOptions, endProcesses } from './end-processes.ts'
export { type Machine, readMachine } from './machine.ts'
export {
  carriersOf,
  descendantsOf,
  isDead,
  listProcesses,
  type ProcessEntry,
  type ProcessIdentity,
  readProcess,
  type Token,
} from './process-tree.ts'
