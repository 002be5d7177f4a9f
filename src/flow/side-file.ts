/** A file, or a directory, that a job has read itself, beside its inputs. */
export interface SideFile {
  /** Absolute. */
  readonly path: string
  /** Size, times and inode as it was read; null where it was not there. */
  readonly identity: string | null
}

/**
 * What a job had read itself up to the end of a task, in the worker's whole life, so that what the task wrote may depend on it: one that was another file when
 * it was read again stands there twice. Null where it is more than can be told.
 */
export type SideFileList = readonly SideFile[] | null

/** Of an identity what tells one content from another: all but when rights or links were changed, which comes last. Pure. */
export function contentOf(identity: string | null): string | null {
  return identity?.replace(/ \d+$/, '') ?? null
}
