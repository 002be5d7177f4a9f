import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TallymanError } from '../../errors.ts'
import { isDead, readProcess } from '../processes/process-tree.ts'
import { readSmallFile, readSmallNumber } from '../small-file.ts'
import { type CgroupFiles, systemFiles } from './cgroup.ts'
import { type Controller, type GroupParent, groupParents, handDown, systemdHint } from './group-parent.ts'
import { makeGroupFolder, type Refusal, removeGroupFolder, writeKernelFile } from './kernel-file.ts'

/** What the kernel shall hold a run to; null where it need not. */
export interface GroupLimits {
  /** Memory and swap of all processes in it together, their page cache with it (which goes first). */
  readonly memoryBytes: number | null
  /** The kernel counts threads: a Node process is about a dozen. */
  readonly processesMax: number | null
}

/** How often the kernel has enforced a limit since the group was made. */
export interface GroupEvents {
  /** Processes it ended because memory was used up. */
  readonly memoryKills: number
  /** Forks and threads it refused. Kernels before 6.12 count a refusal where the limit was, later ones where it was tried. */
  readonly processRefusals: number
}

/** A control group that a run's processes are in: one word to the kernel holds for all of them, whatever they do. */
export interface RunGroup {
  /**
   * Moves a process into the group with all its threads; what it starts from then on is in it too, so it is best done before it
   * starts anything. Memory it holds already is not counted.
   *
   * @returns null, or why not
   */
  addProcess(pid: number): string | null
  events(): GroupEvents
  /**
   * Tells apart who ended a process that was killed: true once for each that the kernel has ended since memory was used up.
   * Cost: reading a file of the kernel's.
   */
  takeMemoryKill(): boolean
  /**
   * Ends every process in it. Nothing escapes: the kernel is told to allow no more processes first (so the group must limit
   * processes; without, whoever forks is chased).
   *
   * @returns pids of those still there after some seconds: they wait in the kernel for a disk
   */
  kill(): Promise<readonly number[]>
  /**
   * Ends every process in it and removes it. Nothing else may be called afterwards.
   *
   * @returns null, or why it is still there
   */
  close(): Promise<string | null>
}

/** A value with a reason, since not being able to is no error. */
export type OpenedGroup =
  | { readonly kind: 'open'; readonly group: RunGroup }
  | { readonly kind: 'unable'; readonly reason: string }

/**
 * Makes a group `tallyman-ID` with these limits, below the one this process is in, and reads back that the kernel took them. If a
 * lost process of ours has left one of that name, it is taken over with what is in it: `kill()` ends that. That a limit is
 * held too is known from `probeKernelLimits`.
 *
 * @param id letters, digits, `-`, `_`, `.`; of the run, or of a worker, when each is to have limits of its own
 */
export function openRunGroup(id: string, limits: GroupLimits, files: CgroupFiles = systemFiles): OpenedGroup {
  if (!/^[\w.-]+$/.test(id)) throw new TallymanError('internal', `"${id}" is no name of a control group.`)
  const folders: Partial<Record<Controller, GroupFolder>> = {}
  for (const controller of controllersOf(limits)) {
    const made = makeFolder(controller, controllersOf(limits), `tallyman-${id}`, files)
    const reason = 'reason' in made ? made.reason : setLimit(controller, made, limits)
    if ('folder' in made) folders[controller] = made
    if (reason !== null) {
      for (const { folder } of Object.values(folders)) removeGroupFolder(folder)
      return { kind: 'unable', reason }
    }
  }
  return { kind: 'open', group: new KernelGroup(folders, limits) }
}

/**
 * Opens a group for the processes of a run that this process coordinates, and removes those of coordinators that were killed.
 * Nothing depends on it: where it cannot be made, or the kernel does not hold what it takes, the watchdog is what there is.
 *
 * @returns null where it cannot be made
 */
export function openOwnGroup(limits: GroupLimits, files: CgroupFiles = systemFiles): RunGroup | null {
  const opened = openRunGroup(`${process.pid}-${ownGroups++}`, limits, files)
  for (const controller of controllersOf(limits)) {
    const parents = groupParents(controller, files)
    if (!('reason' in parents)) for (const { folder } of parents) sweepLost(folder)
  }
  return opened.kind === 'open' ? opened.group : null
}

let ownGroups = 0

/** Removes the groups of processes that are gone. One that is not empty is left to who comes after its processes have ended. */
function sweepLost(parent: string): void {
  let names: string[]
  try {
    names = readdirSync(parent)
  } catch {
    // It is gone, or may not be listed: another run finds what is in it.
    return
  }
  for (const name of names) {
    const pid = Number(/^tallyman-(\d+)-\d+$/.exec(name)?.[1] ?? 0)
    const owner = pid > 0 ? readProcess(pid) : null
    if (pid === 0 || (owner !== null && !isDead(owner))) continue
    const folder = join(parent, name)
    // Its coordinator was killed, and what holds its workers to it has ended them: who is here still has escaped.
    for (const member of membersOf(folder)) endProcess(member)
    removeGroupFolder(folder)
  }
}

/** A group, and the version of its tree. */
type GroupFolder = GroupParent

function controllersOf({ memoryBytes, processesMax }: GroupLimits): Controller[] {
  return [
    ...(processesMax === null ? [] : ['pids' as const]),
    ...(memoryBytes === null ? [] : ['memory' as const]),
  ]
}

/** Tries each possible parent; the reason is that of the first, the process's own group. */
function makeFolder(
  controller: Controller,
  controllers: readonly Controller[],
  name: string,
  files: CgroupFiles,
): GroupFolder | { readonly reason: string } {
  const parents = groupParents(controller, files)
  if ('reason' in parents) return parents
  const reasons: string[] = []
  for (const { folder: parent, version } of parents) {
    const folder = join(parent, name)
    const reason =
      (version === 2 ? handDown(parent, controllers) : null) ?? makeGroupFolder(folder)?.reason ?? null
    if (reason === null) return { folder, version }
    reasons.push(reason)
  }
  const hint = parents[0]?.version === 1 ? handOverHint(controller, files) : `Perhaps ${systemdHint}`
  return { reason: process.getuid?.() === 0 ? `${reasons[0]}` : `${reasons[0]} ${hint}` }
}

/** What root does once so that an ordinary user can: version 1 asks no more than the right to write. */
function handOverHint(controller: Controller, { root }: CgroupFiles): string {
  const uid = process.getuid?.()
  const folder = join(root, controller, `u${uid}`)
  return `Root can let user ${uid} do so: mkdir ${folder} && chown -R ${uid} ${folder}`
}

/** The file that holds a limit, by version. */
const limitFiles = {
  pids: { 1: 'pids.max', 2: 'pids.max' },
  memory: { 1: 'memory.limit_in_bytes', 2: 'memory.max' },
} as const

/** Sets a limit and reads it back; the kernel rounds memory down to whole pages. */
function setLimit(
  controller: Controller,
  { folder, version }: GroupFolder,
  limits: GroupLimits,
): string | null {
  const wanted = (controller === 'memory' ? limits.memoryBytes : limits.processesMax) ?? 0
  const file = join(folder, limitFiles[controller][version])
  const refused =
    controller === 'memory'
      ? writeMemoryLimit(folder, file, version, wanted)
      : writeKernelFile(file, String(wanted))
  if (refused !== null) return refused.reason
  const read = readSmallNumber(file)
  const roundedMax = controller === 'memory' ? 2 ** 16 : 0
  if (read !== null && read <= wanted && wanted - read <= roundedMax) return null
  return `${wanted} was written to ${file}, yet it says ${readSmallFile(file) || 'nothing'}.`
}

/** A limit that swap can stretch is none. Version 1 limits the sum of both, and wants it no smaller than memory's at any time. */
function writeMemoryLimit(folder: string, file: string, version: 1 | 2, bytes: number): Refusal | null {
  const swap = join(folder, version === 1 ? 'memory.memsw.limit_in_bytes' : 'memory.swap.max')
  const hasSwap = readSmallFile(swap) !== null
  if (version === 2)
    return writeKernelFile(file, String(bytes)) ?? (hasSwap ? writeKernelFile(swap, '0') : null)
  const lifted = hasSwap ? writeKernelFile(swap, '-1') : null
  return (
    lifted ?? writeKernelFile(file, String(bytes)) ?? (hasSwap ? writeKernelFile(swap, String(bytes)) : null)
  )
}

/** Rounds of killing or removing; with their waits some 5 s. */
const roundsMax = 60

class KernelGroup implements RunGroup {
  readonly #folders: Readonly<Partial<Record<Controller, GroupFolder>>>
  readonly #limits: GroupLimits
  #killsTaken = 0

  constructor(folders: Readonly<Partial<Record<Controller, GroupFolder>>>, limits: GroupLimits) {
    this.#folders = folders
    this.#limits = limits
  }

  /** Version 2 has one folder for all controllers. */
  get #places(): readonly string[] {
    return [...new Set(Object.values(this.#folders).map(({ folder }) => folder))]
  }

  addProcess(pid: number): string | null {
    // To the kernel, 0 is whoever writes it.
    if (!Number.isInteger(pid) || pid < 1) return `There is no process ${pid} to move into a control group.`
    for (const folder of this.#places) {
      const refused = writeKernelFile(join(folder, 'cgroup.procs'), String(pid))
      if (refused !== null) return refused.reason
    }
    return null
  }

  events(): GroupEvents {
    const { memory, pids } = this.#folders
    return {
      memoryKills: countIn(
        memory,
        memory?.version === 1 ? 'memory.oom_control' : 'memory.events',
        'oom_kill',
      ),
      processRefusals: countIn(pids, 'pids.events', 'max'),
    }
  }

  takeMemoryKill(): boolean {
    if (this.events().memoryKills <= this.#killsTaken) return false
    this.#killsTaken += 1
    return true
  }

  async kill(): Promise<readonly number[]> {
    const { pids } = this.#folders
    if (pids !== undefined) writeKernelFile(join(pids.folder, 'pids.max'), '0')
    for (let round = 0; round < roundsMax && this.#killOnce() > 0; round++)
      await sleep(Math.min(100, 2 ** round))
    if (pids !== undefined) setLimit('pids', pids, this.#limits)
    return this.#members()
  }

  /** Returns how many there were. */
  #killOnce(): number {
    const members = this.#members()
    for (const pid of members) endProcess(pid)
    return members.length
  }

  #members(): number[] {
    return [...new Set(this.#places.flatMap(membersOf))]
  }

  async close(): Promise<string | null> {
    const left = await this.kill()
    if (left.length > 0) return `Processes ${left.join(', ')} are in the control group and do not end.`
    for (let round = 0; ; round++) {
      const refused = this.#places.map(removeGroupFolder).find((one) => one !== null)
      if (refused === undefined) return null
      // What has just ended is for a moment still in it.
      if (refused.code !== 'EBUSY' || round === roundsMax) return refused.reason
      await sleep(Math.min(100, 2 ** round))
    }
  }
}

/** Whoever is alive in a group; never this process, even if somebody put it there. */
function membersOf(folder: string): number[] {
  const pids = (readSmallFile(join(folder, 'cgroup.procs')) ?? '').split('\n').map(Number)
  return pids.filter((pid) => {
    const entry = pid > 0 && pid !== process.pid ? readProcess(pid) : null
    return entry !== null && !isDead(entry)
  })
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended, or it is another user's and stays among those that are left.
  }
}

function countIn(place: GroupFolder | undefined, file: string, name: string): number {
  if (place === undefined) return 0
  const text = readSmallFile(join(place.folder, file)) ?? ''
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
}
