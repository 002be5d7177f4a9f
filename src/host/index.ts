/** This machine: what a run may use of it. */

export {
  type AppOrder,
  memoryHoldOf,
  removeAppContainer,
  startAppContainer,
} from './containers/app-container.ts'
export { buildAppImage } from './containers/app-image.ts'
export { readAppLog, tellAppLog } from './containers/app-log.ts'
export { endSoon, engineSilence, engineWithinMs } from './containers/ask-engine.ts'
export {
  type ContainerLimits,
  type ContainerOrder,
  containerArguments,
  type Mount,
  openFilesMax,
} from './containers/container-arguments.ts'
export { mountsOf } from './containers/container-mounts.ts'
export { containerName, runLabel, socketFolder } from './containers/container-names.ts'
export { type ContainerProof, probeContainer, probePublishedPort } from './containers/container-probe.ts'
export {
  copiesImages,
  type Engine,
  type EngineKind,
  engineKinds,
  findEngine,
  findOnPath,
} from './containers/engine.ts'
export { explainEngine } from './containers/engine-trouble.ts'
export { findInside } from './containers/find-inside.ts'
export { type InsideLimits, readInsideLimits } from './containers/inside-limits.ts'
export {
  type AppContainer,
  findAppContainer,
  holdsPort,
  isDown,
  listAppContainers,
} from './containers/list-app-containers.ts'
export { removeContainer, removeContainers } from './containers/remove-containers.ts'
export { requireEngine } from './containers/required-engine.ts'
export {
  type KeptImage,
  listImages,
  removeImage,
  requireOwnImage,
  requireWorkerImage,
  type WorkerImage,
} from './containers/worker-image.ts'
export { readDiskSpace, spareSpace } from './disk-space.ts'
export { measureWriting, readFileSystemType } from './file-system.ts'
export { openFinishedFile, readLeftFile } from './finished-file.ts'
export { probeKernelLimits } from './groups/kernel-limits.ts'
export { type GroupLimits, openOwnGroup, type RunGroup } from './groups/run-group.ts'
export { readLimits, roomForProcesses } from './limits.ts'
export { type LoadSample, loadChange, readLoad } from './load.ts'
export { type Machine, readMachine } from './machine.ts'
export { readMemoryUse } from './memory-use.ts'
export { namesIn, namesSeenIn } from './names-in.ts'
export { shouldPause } from './pausing.ts'
export { listenersOf } from './ports/inside-ports.ts'
export { anyFreePort, isForRoot, isFreePort, userPorts } from './ports/ports.ts'
export { whoListens } from './ports/who-listens.ts'
export { endProcesses } from './processes/end-processes.ts'
export { isThere, killProcess } from './processes/kill-process.ts'
export { makePolite } from './processes/politeness.ts'
export { type OpenFiles, readOpenFiles, readProcessLimits } from './processes/process-facts.ts'
export { markProcess, type ProcessToken } from './processes/process-mark.ts'
export { processNamespace } from './processes/process-namespace.ts'
export {
  carriersOf,
  descendantsOf,
  listPids,
  listProcesses,
  type ProcessEntry,
  type ProcessIdentity,
  readProcess,
  startedBy,
  ticksPerSecond,
} from './processes/process-tree.ts'
export { scratchFolder } from './scratch-folder.ts'
export { Gate } from './ssh/gate.ts'
export { forwardCommand, sshTarget } from './ssh/ssh.ts'
export { SshConnection, type SshTarget, type Upstream, untilSo } from './ssh/ssh-connection.ts'
export { allowsForwarding } from './ssh/ssh-server.ts'
export { explainSsh, type SshTrouble } from './ssh/ssh-trouble.ts'
export { userName } from './user-name.ts'
export { writeFully } from './write-fully.ts'
