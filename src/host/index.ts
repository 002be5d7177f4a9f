/** This machine: what a run may use of it. */

export { type Bottleneck, findBottleneck, type RunSample } from './bottleneck.ts'
export { type DiskSpace, isSameFileSystem, readDiskSpace, spareSpace } from './disk-space.ts'
export { type EndOptions, endProcesses } from './end-processes.ts'
export { type KernelLimits, type LimitProof, probeKernelLimits } from './kernel-limits.ts'
export { type LimitedStart, limitedStart, type StartLimits } from './limited-start.ts'
export { type ProcessLimits, readLimits, roomForProcesses, type ThreadLimit } from './limits.ts'
export { type LoadSample, readLoad } from './load.ts'
export { type Machine, readMachine } from './machine.ts'
export { type MemoryUse, readMemoryUse } from './memory-use.ts'
export { type Crew, type PauseDecision, shouldPause } from './pausing.ts'
export { makePolite, type Politeness } from './politeness.ts'
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
export { type GroupLimits, type OpenedGroup, openRunGroup, type RunGroup } from './run-group.ts'
