import { appendFileSync } from 'node:fs'

/** A job that prints a line for every record must not fill the disk. */
const logBytesMax = 1024 * 1024
const lastWordsBytesMax = 4096

/** Keeps what a worker prints: the first megabyte in a file, and the end of what it said on stderr. */
export class WorkerLog {
  readonly #file: string
  #writtenBytes = 0
  #lastWords = Buffer.alloc(0)

  constructor(file: string) {
    this.#file = file
  }

  write(chunk: Buffer): void {
    const room = logBytesMax - this.#writtenBytes
    if (room <= 0) return
    this.#writtenBytes += chunk.length
    const cut = "\n[more was printed; a worker's log ends after its first megabyte]\n"
    appendFileSync(
      this.#file,
      chunk.length > room ? Buffer.concat([chunk.subarray(0, room), Buffer.from(cut)]) : chunk,
    )
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
