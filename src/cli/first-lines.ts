import { closeSync, openSync, readSync } from 'node:fs'

/** Bytes that the first lines are looked for in. */
const headBytes = 64 * 1024

/** The first whole lines of a text file, as many as its first 64 KiB hold. */
export function firstLines(file: string): string[] {
  const fd = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(headBytes)
    const length = readSync(fd, bytes, 0, headBytes, 0)
    return bytes.toString('utf8', 0, length).split(/\r?\n/).slice(0, -1)
  } finally {
    closeSync(fd)
  }
}
