import { basename, dirname, join } from 'node:path'
import { descendantsOf } from '../processes/process-tree.ts'
import { readSmallFile } from '../small-file.ts'
import { type CgroupFiles, groupsUp, membership } from './cgroup.ts'
import { makeGroupFolder, writeKernelFile } from './kernel-file.ts'

/** What a control group can limit: the names are the kernel's. */
export type Controller = 'memory' | 'pids'

/** A group below which others may perhaps be made. */
export interface GroupParent {
  readonly folder: string
  /** Version 1 has a tree of groups for each controller, version 2 one for all. */
  readonly version: 1 | 2
}

/**
 * Where groups with a controller could be made: below the group this process is in and, in version 1, in what root has
 * handed to its user, `uUID` at the top of the tree. A folder is taken for the group of this process only if the kernel lists
 * the process there: in a container the paths of /proc/self/cgroup may be another machine's.
 *
 * @returns at least one, or why there is none
 */
export function groupParents(
  controller: Controller,
  files: CgroupFiles,
): readonly GroupParent[] | { readonly reason: string } {
  const paths = membership(files)
  const path = paths[controller]
  return path === null
    ? parentOfVersion2(controller, paths.unified, files)
    : parentsOfVersion1(controller, path, files)
}

function parentsOfVersion1(
  controller: Controller,
  path: string,
  { root }: CgroupFiles,
): readonly GroupParent[] | { readonly reason: string } {
  const own = groupsUp(root, path, [controller]).filter(isOwn).slice(0, 1)
  const handedOver = join(root, controller, `u${process.getuid?.()}`)
  const folders = [...own, ...(readSmallFile(join(handedOver, 'cgroup.procs')) === null ? [] : [handedOver])]
  if (folders.length === 0)
    return { reason: `${root}/${controller} does not show the control group ${path}.` }
  return folders.map((folder) => ({ folder, version: 1 }))
}

function parentOfVersion2(
  controller: Controller,
  path: string | null,
  { root }: CgroupFiles,
): readonly GroupParent[] | { readonly reason: string } {
  const own = groupsUp(root, path, ['', 'unified']).find(isOwn)
  if (own === undefined) return { reason: `${root} does not show a control group that this process is in.` }
  const folder = basename(own) === asideName ? dirname(own) : own
  const controllers = readSmallFile(join(folder, 'cgroup.controllers')) ?? ''
  if (!controllers.split(' ').includes(controller))
    return { reason: `The control group ${folder} may not limit ${words[controller]}: ${systemdHint}` }
  return [{ folder, version: 2 }]
}

const words: Readonly<Record<Controller, string>> = { memory: 'memory', pids: 'processes' }

/** On a machine that systemd runs, this is how an ordinary user gets a group of his own. */
export const systemdHint =
  'where systemd runs the machine, "systemd-run --user --scope -p Delegate=yes COMMAND" starts a command in a group that may.'

function isOwn(folder: string): boolean {
  const members = readSmallFile(join(folder, 'cgroup.procs')) ?? ''
  return members.split('\n').includes(String(process.pid))
}

/** Where this process goes so that groups can be made beside it. */
const asideName = 'tallyman-coordinator'

/**
 * Lets a group of version 2 hand controllers down to the groups below it. Such a group may hold no processes (cgroups(7), "no
 * internal processes"), so if nobody is in it but this process and what it started, they move to a group below.
 *
 * @returns null, or why it cannot
 */
export function handDown(folder: string, controllers: readonly Controller[]): string | null {
  const file = join(folder, 'cgroup.subtree_control')
  const handed = (readSmallFile(file) ?? '').split(' ')
  const missing = controllers.filter((controller) => !handed.includes(controller))
  if (missing.length === 0) return null
  const order = missing.map((controller) => `+${controller}`).join(' ')
  const failure = writeKernelFile(file, order)
  if (failure?.code !== 'EBUSY') return failure?.reason ?? null
  return stepAside(folder) ?? writeKernelFile(file, order)?.reason ?? null
}

function stepAside(folder: string): string | null {
  const ours = new Set([process.pid, ...descendantsOf(process.pid).map(({ pid }) => pid)])
  const members = (readSmallFile(join(folder, 'cgroup.procs')) ?? '').split('\n').filter(Boolean).map(Number)
  const others = members.filter((pid) => !ours.has(pid))
  if (others.length > 0)
    return `Other processes are in the control group ${folder} too (${others.slice(0, 5).join(', ')}): ${systemdHint}`
  const aside = join(folder, asideName)
  const refused = makeGroupFolder(aside)
  if (refused !== null) return refused.reason
  for (const pid of members) {
    const failure = writeKernelFile(join(aside, 'cgroup.procs'), String(pid))
    if (failure !== null && failure.code !== 'ESRCH') return failure.reason
  }
  return null
}
