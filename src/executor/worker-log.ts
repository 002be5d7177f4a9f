import { appendFileSync } from 'node:fs'

/** A job that prints a line for every record must not fill the disk. */
const logBytesMax = 1024 * 1024
/** A process that runs out of heap says so before some thirty lines of native stack. */
const lastWordsBytesMax = 16 * 1024

const cut = "\n[more was printed; a worker's log ends after its first megabyte]\n"

/** Keeps what a worker prints: the first megabyte in a file, and the end of what it said on stderr. */
export class WorkerLog {
  readonly #file: string
  #writtenBytes = 0
  #isCut = false
  #isLost = false
  #lastWords = Buffer.alloc(0)

  constructor(file: string) {
    this.#file = file
  }

  write(chunk: Buffer): void {
    const room = logBytesMax - this.#writtenBytes
    if (this.#isCut) return
    this.#isCut = chunk.length > room
    this.#writtenBytes += chunk.length
    this.#append(this.#isCut ? Buffer.concat([chunk.subarray(0, room), Buffer.from(cut)]) : chunk)
  }

  #append(bytes: Buffer): void {
    if (this.#isLost) return
    try {
      appendFileSync(this.#file, bytes)
    } catch {
      // On a disk that is full, say. What a worker prints is no reason to end the run: if it matters, the attempt fails too.
      this.#isLost = true
    }
  }

  writeError(chunk: Buffer): void {
    this.write(chunk)
    this.#lastWords = Buffer.concat([this.#lastWords, chunk]).subarray(-lastWordsBytesMax)
  }

  /** The last it wrote on stderr. */
  close(): string {
    return this.#lastWords.toString('utf8')
  }
}
