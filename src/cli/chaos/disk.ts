import { spawnSync } from 'node:child_process'
import { mkdirSync, statfsSync } from 'node:fs'
import { descendantsOf } from '../../host/index.ts'

/** Where the runs of a chaos live, and what takes the room from under them. */
export interface Disk {
  /** How it is starved, for people. */
  readonly words: string
  /** Leaves a run, whose process this is, no more room; returns whether that could be done. */
  starve(coordinator: number): boolean
  /** Gives the room back, for the runs that come. */
  feed(): void
  /** REQUIRES: no run is going on. */
  close(): void
}

const sizeMiB = 8192

/**
 * A small disk of its own in memory, where one may be mounted (root); elsewhere what a quota comes to: no file of the run grows
 * beyond a few bytes any more (RLIMIT_FSIZE), which the run is told as a full disk.
 */
export function openDisk(folder: string): Disk {
  mkdirSync(folder, { recursive: true })
  const isMounted = did('mount', '-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tallyman-chaos', folder)
  return isMounted ? mounted(folder) : limited
}

function mounted(folder: string): Disk {
  const resize = (bytes: number): boolean => did('mount', '-o', `remount,size=${bytes}`, folder)
  return {
    words: 'filled the disk',
    starve: () => {
      const { blocks, bfree, bsize } = statfsSync(folder)
      // A page or two more than is there; the smallest size is no limit.
      return resize((blocks - bfree + 2) * bsize)
    },
    feed: () => void resize(sizeMiB * 2 ** 20),
    close: () => void did('umount', '-l', folder),
  }
}

const fileBytesMax = 64

const limited: Disk = {
  words: 'let no file grow any more',
  starve: (coordinator) => {
    const pids = [coordinator, ...descendantsOf(coordinator).map(({ pid }) => pid)]
    const limit = (pid: number): boolean => did('prlimit', '--pid', String(pid), `--fsize=${fileBytesMax}:`)
    return pids.map(limit).includes(true)
  },
  // The limit is that of processes which are gone by then.
  feed: () => undefined,
  close: () => undefined,
}

function did(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
