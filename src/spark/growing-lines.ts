import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { errnoOf } from '../errors.ts'

const pieceBytes = 2 ** 20

/** Reads a file of lines that another program goes on writing, and may rename once it was read from. */
export class GrowingLines {
  readonly #file: string
  #fd: number | null = null
  #atByte = 0
  #rest: Buffer = Buffer.alloc(0)

  constructor(file: string) {
    this.#file = file
  }

  /** The lines that were ended since the last call; none where the file is not there yet. */
  take(): string[] {
    this.#fd ??= openIfThere(this.#file)
    const fd = this.#fd
    if (fd === null) return []
    const lines: string[] = []
    for (;;) {
      const piece = Buffer.allocUnsafe(Math.min(pieceBytes, Math.max(0, fstatSync(fd).size - this.#atByte)))
      const length = readSync(fd, piece, 0, piece.length, this.#atByte)
      if (length === 0) return lines
      this.#atByte += length
      const bytes = Buffer.concat([this.#rest, piece.subarray(0, length)])
      const end = bytes.lastIndexOf(0x0a) + 1
      this.#rest = bytes.subarray(end)
      if (end > 0) lines.push(...bytes.toString('utf8', 0, end - 1).split('\n'))
    }
  }

  /** Lets go of the file. Safe more than once; there is nothing to be read after it. */
  close(): void {
    if (this.#fd !== null) closeSync(this.#fd)
    this.#fd = null
  }
}

function openIfThere(file: string): number | null {
  try {
    return openSync(file, 'r')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null
    throw error
  }
}
