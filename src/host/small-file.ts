import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs'

/**
 * A file of /proc or /sys without its last newline; null where it is not there or may not be read, since kernels and
 * control groups differ in which files they have. Whoever reads says what its absence means.
 */
export function readSmallFile(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trimEnd()
  } catch {
    return null
  }
}

/** The whole number a small file holds; null where it holds none, such as "max". */
export function readSmallNumber(file: string): number | null {
  const text = readSmallFile(file)
  return text !== null && /^-?\d+$/.test(text) ? Number(text) : null
}

/**
 * A small file that lies where a job may write. Whatever it has put in its place is not followed, waited for, or read without end: null for a
 * link, a pipe or a device, for a file of more than `bytesMax` bytes, and where there is none.
 */
export function readLeftFile(file: string, bytesMax: number): Buffer | null {
  let fd: number
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  } catch {
    // It is not there, or a link.
    return null
  }
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile() || stat.size > bytesMax) return null
    const bytes = Buffer.alloc(stat.size)
    return bytes.subarray(0, readSync(fd, bytes, 0, stat.size, 0))
  } finally {
    closeSync(fd)
  }
}
