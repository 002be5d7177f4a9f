import { lstatSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { namesIn } from './names-in.ts'
import { isThere } from './processes/kill-process.ts'
import { processNamespace } from './processes/process-namespace.ts'
import { readProcess } from './processes/process-tree.ts'

/**
 * Makes a folder for what this process needs for a while, whose user removes it; and removes those of processes of this user that are gone and
 * could not, since they were killed. Which process it is for stands in its name: number, start, and the namespace these are of (pid_namespaces(7)),
 * since the folder for such folders may be shared with a container. Where the system does not tell them, none is removed.
 *
 * @param what it is for, in lower case
 * @returns its absolute path, below the system's folder for temporary files
 * @throws the system's error where it cannot be made
 *
 * Cost: the names in the system's folder for temporary files are listed.
 *
 * @example
 * scratchFolder('query') // '/tmp/tallyman-query-4026531836.1234.567890-Ab3dEf'
 */
export function scratchFolder(what: string, parent = tmpdir()): string {
  const space = processNamespace()
  const own = space === null ? null : readProcess(process.pid)
  if (space === null || own === null) return mkdtempSync(join(parent, `tallyman-${what}-`))
  for (const name of namesIn(parent)) if (isLeft(name, space)) removeOwn(join(parent, name))
  return mkdtempSync(join(parent, `tallyman-${what}-${space}.${own.pid}.${own.startTicks}-`))
}

const nameShape = /^tallyman-[a-z-]+-(\d+)\.(\d+)\.(\d+)-\w{6}$/

/** Is it the folder of a process that could be seen, and is gone? */
function isLeft(name: string, space: string): boolean {
  const [, itsSpace, pid, startTicks] = nameShape.exec(name) ?? []
  return itsSpace === space && !isThere({ pid: Number(pid), startTicks: Number(startTicks) })
}

function removeOwn(folder: string): void {
  try {
    if (lstatSync(folder).uid === process.getuid?.()) rmSync(folder, { recursive: true, force: true })
  } catch {
    // Another process removes it just now, or it cannot be removed: nothing depends on it.
  }
}
