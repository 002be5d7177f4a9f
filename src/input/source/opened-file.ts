import { closeSync, constants, fstatSync, openSync, read, readSync } from 'node:fs'
import { promisify } from 'node:util'
import { errnoOf, exhaustionOf, messageOf, TallymanError } from '../../errors.ts'
import { showCount } from '../../quantities.ts'
import { toFsPath } from '../path-bytes.ts'
import type { FileIdentity } from '../split.ts'
import { SourceFault } from './byte-chunks.ts'
import { isAddress, RemoteFile } from './remote-file.ts'

const absentErrnos: ReadonlySet<unknown> = new Set([
  'ENOENT',
  'ENOTDIR',
  'EACCES',
  'EPERM',
  'ELOOP',
  'ENAMETOOLONG',
])

/** Up to so much is read at once: to have another thread do it would take longer. */
const atOnceBytesMax = 65_536

const readBeside = promisify(read)

/**
 * An open input file that is, and stays, the one that was planned. Long reads are another thread's, so that what was read can be mapped
 * meanwhile; what is quickly done is done at once.
 */
export class OpenedFile {
  readonly sizeBytes: number
  /** Bytes read from it so far, those read ahead or again included. */
  readBytes = 0
  /** The number of a file of this machine, or what a server has open. */
  readonly #file: number | RemoteFile
  readonly #identity: FileIdentity
  #isOpen = true
  /** Long reads under way: the number of a file must not become another one's before they end. */
  readonly #reading = new Set<Promise<unknown>>()
  /** When anything about it had last been changed, as it was opened. */
  #openedCtimeNs: bigint | null = null
  #isTouched = false

  private constructor(file: number | RemoteFile, identity: FileIdentity) {
    this.#file = file
    this.#identity = identity
    this.sizeBytes = identity.sizeBytes
  }

  /** @throws {TallymanError} `input-missing`, `input-changed`, or `io` */
  static async open(path: string, identity: FileIdentity, cwd: string): Promise<OpenedFile> {
    const opened = isAddress(path) ? await RemoteFile.open(path) : openPath(path, cwd)
    const file = new OpenedFile(opened, identity)
    try {
      await file.checkUnchanged()
      return file
    } catch (error) {
      file.#closeFile()
      if (!(error instanceof SourceFault)) throw error
      throw new TallymanError(error.code, `${path}: ${error.message}.`, { wayOut: wayOutOfChange })
    }
  }
  /** @throws {SourceFault} `input-changed` when size or time are no longer those that were planned */
  async checkUnchanged(): Promise<void> {
    const { size, mtimeNs, ctimeNs } = await statOf(this.#file)
    if (size !== BigInt(this.#identity.sizeBytes)) {
      throw new SourceFault(
        'input-changed',
        `the file has ${showCount(size)} bytes now; it had ${showCount(this.#identity.sizeBytes)} when the run was planned`,
      )
    }
    if (String(mtimeNs) !== this.#identity.mtimeNs) {
      throw new SourceFault('input-changed', 'the file was written to after the run was planned')
    }
    this.#openedCtimeNs ??= ctimeNs
    this.#isTouched ||= ctimeNs !== this.#openedCtimeNs
  }

  /**
   * The same, and for bytes that no checksum vouches for: nothing about the file was changed since it was opened. A program that
   * puts the modification time back can't put back the time of change; but rights and links change that as well, so it
   * proves nothing, and the bytes are to be read again.
   *
   * @throws {SourceFault} `input-changed`, or `input-touched` for a time of change that is another than when the file was opened
   */
  async checkUntouched(): Promise<void> {
    await this.checkUnchanged()
    if (!this.#isTouched) return
    throw new SourceFault(
      'input-touched',
      'the file was changed while it was read, or its name, rights or links were: its modification time does not tell which',
    )
  }

  /**
   * Fills `into[start, end)` from the file's byte `atByte`.
   *
   * @throws {SourceFault} `input-damaged` or `input-changed` when the file ends before, `io` when reading fails
   */
  async read(into: Buffer, start: number, end: number, atByte: number): Promise<void> {
    let at = start
    while (at < end) {
      const count = await this.#readSome(into, at, end - at, atByte + at - start)
      if (count === 0) {
        await this.checkUnchanged()
        throw new SourceFault(
          'input-damaged',
          `the file ends at its byte ${showCount(atByte + at - start)}, before byte ${showCount(atByte + end - start)} that is needed`,
        )
      }
      at += count
    }
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await Promise.allSettled(this.#reading)
    this.#closeFile()
  }

  #closeFile(): void {
    if (typeof this.#file === 'number') closeSync(this.#file)
    else this.#file.close()
  }

  async #readSome(into: Buffer, start: number, bytes: number, atByte: number): Promise<number> {
    try {
      const fd = this.#file
      const bytesRead =
        typeof fd !== 'number'
          ? await fd.read(into, start, bytes, atByte)
          : bytes <= atOnceBytesMax
            ? readSync(fd, into, start, bytes, atByte)
            : await this.#readBeside(fd, into, start, bytes, atByte)
      this.readBytes += bytesRead
      return bytesRead
    } catch (error) {
      const reason = messageOf(error)
      throw new SourceFault(
        'io',
        `reading the file failed at its byte ${showCount(atByte)}: ${reason}`,
        error,
      )
    }
  }

  async #readBeside(fd: number, into: Buffer, start: number, bytes: number, atByte: number): Promise<number> {
    const reading = readBeside(fd, into, start, bytes, atByte)
    this.#reading.add(reading)
    try {
      return (await reading).bytesRead
    } finally {
      this.#reading.delete(reading)
    }
  }
}

/** @throws {TallymanError} `input-missing` or `io` */
function openPath(path: string, cwd: string): number {
  try {
    // Not normalized: behind a link `..` is not what it looks like.
    const place = toFsPath(cwd === '' || path.startsWith('/') ? path : `${cwd}/${path}`)
    // A named pipe that was put in its place would be waited for; as it is, it is seen to be another file.
    return openSync(place, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    const reason = messageOf(error)
    const errno = errnoOf(error)
    const exhausted = exhaustionOf(error)
    if (exhausted !== null)
      throw new TallymanError(exhausted.code, `${path}: cannot be opened: ${reason}.`, {
        ...(exhausted.wayOut === undefined ? {} : { wayOut: exhausted.wayOut }),
        cause: error,
      })
    throw new TallymanError(
      absentErrnos.has(errno) ? 'input-missing' : 'io',
      `${path}: cannot be opened: ${reason}.`,
      {
        wayOut: 'Check that the file is where it was when the run was planned, and that you may read it.',
        cause: error,
      },
    )
  }
}

/** Of a file of this machine at once; what nobody knows of another one never changes. */
async function statOf(
  file: number | RemoteFile,
): Promise<{ readonly size: bigint; readonly mtimeNs: bigint; readonly ctimeNs: bigint }> {
  if (typeof file === 'number') return fstatSync(file, { bigint: true })
  const { sizeBytes, mtimeNs } = await file.look()
  return { size: BigInt(sizeBytes), mtimeNs: BigInt(mtimeNs), ctimeNs: 0n }
}

/** What to do about an input that is not the planned one any more. */
export const wayOutOfChange =
  'Let whatever writes the file finish, then run again: the new run plans with the new file. Of what is always written to, give a copy, or name the other files alone.'
