import { relative } from 'node:path'
import { printable } from '../printable.ts'

/** A path as people see it: relative to where they are, where that is shorter. */
export function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, path)
  return printable(short !== '' && short.length < path.length && !short.startsWith('..') ? short : path)
}
