import { appendFileSync } from 'node:fs'

const logBytesMax = 1024 * 1024

const cut = "\n[more was printed; a worker's log ends after its first megabyte]\n"

/** Keeps what a worker prints outside of attempts, as it loads the job for example: the first megabyte. */
export class WorkerLog {
  readonly file: string
  #writtenBytes = 0
  #isCut = false
  #isLost = false

  /** Makes no file yet; goes on after what an earlier worker of the seat printed. */
  constructor(file: string) {
    this.file = file
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
      appendFileSync(this.file, bytes, { mode: 0o600 })
    } catch {
      // On a disk that is full, say. What a worker prints is no reason to end the run: if it matters, the attempt fails too.
      this.#isLost = true
    }
  }
}
