import { writeSync } from 'node:fs'

/**
 * Writes all of `chunk` at the file's place. A write may be short, most of all on a disk that is filling up: the next one then
 * says why.
 *
 * @throws the system's error, with the file's path, which Node knows of where a file is opened and not where it is written
 */
export function writeFully(fd: number, chunk: Uint8Array, path: string): void {
  try {
    for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at)
  } catch (error) {
    if (error instanceof Error && !('path' in error))
      Object.assign(error, { path, message: `${error.message} '${path}'` })
    throw error
  }
}
