import { randomBytes } from 'node:crypto'
import { closeSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** A file that is there whole or not at all. */
export interface WholeFile {
  readonly write: (text: string) => void
  /** Puts it in its place. */
  commit(): void
  /** Leaves nothing of it. */
  discard(): void
}

/** A name beside a file, hidden, that nobody else has or takes: two commands may write to one place at once. */
export function placeBeside(file: string): string {
  return join(dirname(file), `.${basename(file)}.${process.pid}-${randomBytes(4).toString('hex')}.new`)
}

/** Opens a file beside the place it will have. */
export function openWhole(file: string): WholeFile {
  const staging = placeBeside(file)
  const fd = openSync(staging, 'wx')
  return {
    write: (text) => {
      const bytes = Buffer.from(text)
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
    },
    commit: () => {
      closeSync(fd)
      renameSync(staging, file)
    },
    discard: () => {
      closeSync(fd)
      rmSync(staging, { force: true })
    },
  }
}

/** Writes a file that is there whole or not at all. */
export function writeWhole(file: string, content: string | Uint8Array): void {
  const staging = placeBeside(file)
  try {
    writeFileSync(staging, content, { flag: 'wx' })
    renameSync(staging, file)
  } catch (error) {
    rmSync(staging, { force: true })
    throw error
  }
}
