export {
  type Attempt,
  type AttemptProgress,
  type AttemptReport,
  indexFolderName,
  type MapWork,
  type ReduceWork,
} from './attempt.ts'
export type { Confinement } from './confinement.ts'
export { encodeFrame, readFrames } from './frames.ts'
export { type KeptLog, parseLog } from './links/attempt-log.ts'
export { Leash } from './links/leash.ts'
export { deathFile, logFile } from './log-files.ts'
export type { LoadedJob, LoadOrder } from './messages.ts'
export { openPool, processesMax, type WorkerKind, workerKinds } from './open-pool.ts'
export { readPlaceNote } from './place-note.ts'
export { type DeathRecord, readDeath } from './pool/flight-recorder.ts'
export type { Pool } from './pool/pool.ts'
export type { AttemptOutcome } from './pool/seat.ts'
export { type Replay, type ReplayEnd, replayAttempt } from './replay-attempt.ts'
export { sideFilesHook } from './side-files-hook.ts'
export { sideFileIdentity } from './worker/side-files.ts'
export { flowKernels } from './worker/wasm-kernels.ts'
export type { ContainerSettings } from './worker-settings.ts'
export { zoneAndLanguage } from './zone-and-language.ts'
