import { sideFileLists } from './side-files.ts'
import type { RunState } from './state.ts'

/** A file, or a directory, that the job read itself, beside its inputs, as it was then. */
export interface FileRead {
  /** Absolute. */
  readonly path: string
  /** Null where nothing was there. */
  readonly sizeBytes: number | null
  /** Nanoseconds since 1970, as digits; null where nothing was there. */
  readonly mtimeNs: string | null
}

/** What the job read itself, in order of paths; null where that is more than is told apart, and on Spark, where it is not noted. Pure. */
export function filesRead({ map, reduce, plan }: RunState): readonly FileRead[] | null {
  if (plan.spark !== null) return null
  const files = new Map<string, FileRead>()
  for (const list of sideFileLists(map, reduce)) {
    if (list === null) return null
    for (const { path, identity } of list) {
      const [size, mtimeNs = null] = identity?.split(' ') ?? []
      files.set(path, { path, sizeBytes: size === undefined ? null : Number(size), mtimeNs })
    }
  }
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}
