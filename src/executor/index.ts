export {
  type Attempt,
  type AttemptProgress,
  type AttemptReport,
  indexFolderName,
  type MapWork,
  type ReduceWork,
} from './attempt.ts'
export { type KeptLog, parseLog } from './attempt-log.ts'
export type { Confinement, ContainerSettings } from './channel.ts'
export { openPool, processesMax, type WorkerKind, workerKinds } from './executor.ts'
export { type DeathRecord, deathFile, readDeath } from './flight-recorder.ts'
export { flowKernels } from './flow-kernels.ts'
export { encodeFrame, readFrames } from './frames.ts'
export { Leash } from './leash.ts'
export type { LoadedJob, LoadOrder } from './messages.ts'
export { readPlaceNote } from './place-note.ts'
export type { Pool } from './pool.ts'
export { type Replay, type ReplayEnd, replayAttempt } from './replay.ts'
export type { AttemptOutcome } from './seat.ts'
