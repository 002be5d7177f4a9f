import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { errnoOf, messageOf, TallymanError } from '../errors.ts'

/** A file that was finished, open for reading at any place. */
export interface FinishedFile {
  /** As it is named in messages. */
  readonly name: string
  readonly sizeBytes: number
  /** Fills `into` from offset `atByte`; returns how many bytes there were, fewer only at the end. */
  read(into: Buffer, atByte: number): number
  close(): void
}

/** To open a pipe waits for whoever writes to it, which may be for ever; and a link that a job has put there may lead anywhere. */
const neitherWaitNorFollow = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW

const notAFile = 'was written, and something else is in its place, which is no file'

/** What a file system says of a file whose bytes it cannot give any more: errno(3). */
const lostErrnos: ReadonlySet<string | undefined> = new Set(['EIO', 'EBADMSG', 'EUCLEAN', 'EREMOTEIO'])

/**
 * Opens a file that tallyman finished writing before. One that is not there any more, that something else than a file has taken the
 * place of, or whose disk cannot read it, is as damaged as one whose bytes changed.
 *
 * @param name how messages, and the error's `file`, name it
 * @throws {TallymanError} `file-damaged`, here and as it is read
 */
export function openFinishedFile(path: string, name: string): FinishedFile {
  const fd = openWithoutWaiting(path, name)
  const stat = fstatSync(fd)
  if (!stat.isFile()) {
    closeSync(fd)
    throw damaged(name, notAFile)
  }
  return {
    name,
    sizeBytes: stat.size,
    read: (into, atByte) => {
      try {
        return readSync(fd, into, 0, into.length, atByte)
      } catch (cause) {
        if (!lostErrnos.has(errnoOf(cause))) throw cause
        throw damaged(name, `cannot be read any more: ${messageOf(cause)}`, cause)
      }
    },
    close: () => closeSync(fd),
  }
}

function openWithoutWaiting(path: string, name: string): number {
  try {
    return openSync(path, neitherWaitNorFollow)
  } catch (cause) {
    const code = errnoOf(cause)
    if (code === 'ELOOP') throw damaged(name, notAFile, cause)
    const isGone = code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENXIO'
    if (!isGone && !lostErrnos.has(code)) throw cause
    const what = isGone ? 'was written and is not there any more' : `cannot be opened: ${messageOf(cause)}`
    throw damaged(name, what, cause)
  }
}

function damaged(name: string, what: string, cause?: unknown): TallymanError {
  return new TallymanError('file-damaged', `File "${name}" ${what}.`, {
    wayOut: 'Check the disk; the work that wrote the file has to be done again.',
    file: name,
    cause,
  })
}

/**
 * A small file that lies where a job may write. Whatever it has put in its place is not followed, waited for, or read without end: null for a
 * link, a pipe or a device, for a file of more than `bytesMax` bytes, and where there is none.
 */
export function readLeftFile(file: string, bytesMax: number): Buffer | null {
  let fd: number
  try {
    fd = openSync(file, neitherWaitNorFollow)
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
