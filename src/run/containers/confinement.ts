import type { Confinement } from '../../executor/index.ts'
import { showBytes, showCount } from '../../quantities.ts'

/** What holds to a limit, for people. */
const words: Readonly<Record<Confinement['memoryBy' | 'processesBy' | 'cpusBy'], string>> = {
  kernel: 'by the kernel',
  'run-group': 'by the kernel, all workers together',
  watchdog: 'by the watchdog',
  ulimit: 'by a limit of its user (nproc) and the watchdog',
  niceness: 'only by their niceness',
  nothing: 'by nothing',
}

/** What containers are held to and by what, in a sentence. */
export function sayConfinement(confinement: Confinement): string {
  const {
    engine,
    engineVersion,
    isRootless,
    memoryBytes,
    memoryBy,
    processesMax,
    processesBy,
    cpus,
    cpusBy,
  } = confinement
  return (
    `Each container of ${isRootless ? 'rootless ' : ''}${engine} ${engineVersion} is held to ` +
    `${showBytes(memoryBytes)} of memory ${words[memoryBy]}, ${showCount(processesMax)} processes and threads ${words[processesBy]}, ` +
    `and ${cpus} cores ${words[cpusBy]}.`
  )
}

/** The same where the kernel does not hold to all of it, as the engine was asked to have it; null where it does. */
export function noteOf(confinement: Confinement | null): string | null {
  if (confinement === null) return null
  const { memoryBy, processesBy, cpusBy } = confinement
  const isHeld = [memoryBy, processesBy, cpusBy].every((by) => by === 'kernel')
  return isHeld
    ? null
    : `Limits of containers that ${confinement.engine} was asked for do not all hold here. ${sayConfinement(confinement)}`
}
