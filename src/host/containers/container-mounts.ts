import { dirname, sep } from 'node:path'
import type { Mount } from './container-arguments.ts'

/** More files than these are mounted by the folders they lie in: each mount is a line for the kernel, and an argument. */
const filesMax = 2000

/** Of a carriage return that stands before a newline in an argument of `--mount`, engines make none. */
function isSayable(path: string): boolean {
  return !path.includes('\r')
}

/**
 * The mounts that let a container read these paths, and write those: each path by itself where there are not too many, so that what
 * lies beside an input is not there at all. A path that cannot be said to an engine is mounted by the folder it is in. No two are of one
 * place, and none lies in a folder that is mounted the same way. Pure.
 *
 * @param readable absolute paths; what is no text is a Buffer
 */
export function mountsOf(readable: readonly (string | Buffer)[], writable: readonly string[]): Mount[] {
  const named = readable.map((path) => sayable(typeof path === 'string' ? path : textOf(path)))
  const paths = named.length > filesMax ? [...new Set(named.map(dirname))] : [...new Set(named)]
  const mounts = new Map<string, Mount>()
  // Nothing can be mounted in the place of all: whoever wants that is told that it is not there.
  const possible = paths.filter((path) => path !== sep)
  for (const path of covering(possible)) mounts.set(path, { path, isWritable: false })
  for (const path of writable) mounts.set(path, { path, isWritable: true })
  return [...mounts.values()]
}

/** Of a path that is no text, the part of it that is one: the folder above what is not. */
function textOf(path: Buffer): string {
  const text = path.toString('utf8')
  const end = text.indexOf('\ufffd')
  return end < 0 ? text : text.slice(0, text.lastIndexOf(sep, end)) || sep
}

function sayable(path: string): string {
  return isSayable(path) ? path : sayable(dirname(path))
}

/** Without those that lie in another one. */
function covering(paths: readonly string[]): string[] {
  const all = new Set(paths)
  return paths.filter((path) => {
    for (let above = dirname(path); ; above = dirname(above)) {
      if (above !== path && all.has(above)) return false
      if (above === dirname(above)) return true
    }
  })
}
