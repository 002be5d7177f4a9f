import type { ProcessToken } from '../processes/process-mark.ts'
import { carries, listProcesses, type ProcessEntry } from '../processes/process-tree.ts'
import { readSmallFile } from '../small-file.ts'

/**
 * Finds a process that says which number it has inside its container, by what is in its environment: the kernel knows its other numbers
 * (NSpid of proc(5)). Null where it may not be seen, as that of a daemon of root's.
 *
 * Cost: a look at all processes, and into those that are new.
 */
export function findInside(token: ProcessToken, insidePid: number): ProcessEntry | null {
  for (const entry of listProcesses().reverse()) {
    const numbers = /^NSpid:\t(.*)$/m.exec(readSmallFile(`/proc/${entry.pid}/status`) ?? '')?.[1]?.split('\t')
    if (numbers === undefined || numbers.length < 2 || Number(numbers.at(-1)) !== insidePid) continue
    if (carries(token, entry.pid)) return entry
  }
  return null
}
