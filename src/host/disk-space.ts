import { statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { errnoOf } from '../errors.ts'

/** What a file system has and has left. */
export interface DiskSpace {
  readonly totalBytes: number
  /** What an ordinary user may still write: what is reserved for root is left out. */
  readonly freeBytes: number
  /** Files there can be (inodes); null where the file system does not count them, as btrfs. */
  readonly totalFiles: number | null
  readonly freeFiles: number | null
}

/**
 * Reads what is left where `path` is, or, when it is not there yet, where it would be. Quotas of a user are not in it.
 *
 * @throws the system's error when nothing on the way up can be read
 */
export async function readDiskSpace(path: string): Promise<DiskSpace> {
  const { bsize, blocks, bavail, files, ffree } = await statfs(await existing(path))
  return {
    totalBytes: blocks * bsize,
    freeBytes: bavail * bsize,
    totalFiles: files === 0 ? null : files,
    freeFiles: files === 0 ? null : ffree,
  }
}

/** The part of a disk that a run leaves free. */
const diskFloor = { share: 0.05, bytesMax: 1e9, filesMax: 10_000 } as const

/**
 * How much a run may write before others suffer: what is free less a floor of 5 % of the disk, but no more than 1 GB and
 * 10,000 files. The share keeps a small disk in use by others going. Without its upper bound a run would be refused while
 * hundreds of gigabytes are free, for a full archive disk is an ordinary sight; a gigabyte is enough to log in, write logs
 * and clean up.
 *
 * @returns negative numbers when the disk is below the floor already; Infinity for files that are not counted
 */
export function spareSpace(space: DiskSpace): { readonly bytes: number; readonly files: number } {
  const { share, bytesMax, filesMax } = diskFloor
  return {
    bytes: space.freeBytes - Math.min(share * space.totalBytes, bytesMax),
    files:
      space.freeFiles === null || space.totalFiles === null
        ? Number.POSITIVE_INFINITY
        : space.freeFiles - Math.min(share * space.totalFiles, filesMax),
  }
}

/** The path, or its nearest parent that exists. */
async function existing(path: string): Promise<string> {
  for (let place = resolve(path); ; place = dirname(place)) {
    try {
      await statfs(place)
      return place
    } catch (error) {
      const code = errnoOf(error)
      if (code !== 'ENOENT' || place === dirname(place)) throw error
    }
  }
}
