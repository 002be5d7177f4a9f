/**
 * What has to survive a power cut. The run's own files between the stages are not synced: each is checksummed to its last
 * byte, so what a power cut takes is found and its task done again, which costs less than syncing every one. Synced are the plan,
 * which nothing can be found out without, and the result, together with the journal's word that it is there
 * (docs/decisions/0006-detect-rather-than-sync.md).
 */
import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { writeFully } from '../../host/index.ts'

/** Waits until a file's bytes, or a folder's entries, are on the disk. */
export function sync(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Writes a file so that it is there whole or not at all, also after a power cut. */
export function writeWhole(path: string, text: string): void {
  writePieces(path, [text])
}

/**
 * The same for a text that is made piece by piece, and never held as a whole.
 *
 * @param mode who may read it; as the process's umask has it where it is left out
 */
export function writePieces(path: string, pieces: Iterable<string>, mode?: number): void {
  const fd = openSync(`${path}.new`, 'w', mode)
  try {
    for (const piece of pieces) writeFully(fd, Buffer.from(piece), path)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(`${path}.new`, path)
  sync(dirname(path))
}
