/** This machine: what a run may use of it. */

export {
  type AppContainer,
  type AppOrder,
  buildAppImage,
  holdsPort,
  listAppContainers,
  memoryHoldOf,
  readAppLog,
  removeAppContainer,
  startAppContainer,
  tellAppLog,
} from './app-container.ts'
export { endSoon, engineSilence, engineWithinMs } from './ask-engine.ts'
export { type Bottleneck, findBottleneck, type RunSample, sayBottleneck } from './bottleneck.ts'
export {
  type ContainerLimits,
  type ContainerOrder,
  containerArguments,
  type Mount,
} from './container-arguments.ts'
export { mountsOf } from './container-mounts.ts'
export { type ContainerProof, probeContainer, probePublishedPort } from './container-probe.ts'
export { findInside, type InsideLimits, readInsideLimits } from './container-process.ts'
export {
  containerName,
  removeContainer,
  removeContainers,
  runLabel,
  socketFolder,
} from './containers-left.ts'
export { readDiskSpace, spareSpace } from './disk-space.ts'
export { endProcesses } from './end-processes.ts'
export {
  copiesImages,
  type Engine,
  type EngineKind,
  engineKinds,
  findEngine,
  findOnPath,
} from './engine.ts'
export { explainEngine } from './engine-trouble.ts'
export { measureWriting, readFileSystemType } from './file-system.ts'
export { openFinishedFile } from './finished-file.ts'
export { Gate } from './gate.ts'
export { listenersOf } from './inside-ports.ts'
export { probeKernelLimits } from './kernel-limits.ts'
export { readLimits, roomForProcesses } from './limits.ts'
export { readLoad } from './load.ts'
export { type Machine, readMachine } from './machine.ts'
export { readMemoryUse } from './memory-use.ts'
export { namesIn } from './names-in.ts'
export { shouldPause } from './pausing.ts'
export { makePolite } from './politeness.ts'
export { isForRoot, isFreePort, userPorts } from './ports.ts'
export { type OpenFiles, readOpenFiles, readProcessLimits } from './process-facts.ts'
export { markProcess, type Token } from './process-mark.ts'
export {
  carriersOf,
  descendantsOf,
  isDead,
  listPids,
  listProcesses,
  type ProcessEntry,
  type ProcessIdentity,
  readProcess,
  startedBy,
  ticksPerSecond,
} from './process-tree.ts'
export { type GroupLimits, openOwnGroup, type RunGroup } from './run-group.ts'
export { readLeftFile } from './small-file.ts'
export { forwardCommand, sshTarget } from './ssh.ts'
export { SshConnection, type SshTarget, type Upstream, untilSo } from './ssh-connection.ts'
export { allowsForwarding } from './ssh-server.ts'
export { explainSsh, type SshTrouble } from './ssh-trouble.ts'
export { userName } from './user-name.ts'
export { whoListens } from './who-listens.ts'
export {
  type KeptImage,
  listImages,
  removeImage,
  requireOwnImage,
  requireWorkerImage,
  type WorkerImage,
} from './worker-image.ts'
export { writeFully } from './write-fully.ts'
