// @ts-check
/** What a recorded measurement says of the machine it was made on: no names of hosts, people or paths. */
import { availableParallelism, cpus, totalmem } from 'node:os'

export function describeMachine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  }
}
