import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { logFile } from '../log-files.ts'

/** What is kept of what one attempt prints. A job that prints a line for every record must not fill the disk. */
export interface LogBounds {
  readonly headBytesMax: number
  readonly tailBytesMax: number
}

const usual: LogBounds = { headBytesMax: 256 * 1024, tailBytesMax: 64 * 1024 }
/** Once the logs of a run hold this much, the next ones are small. */
const allBytesMax = 64 * 2 ** 20
const small: LogBounds = { headBytesMax: 1024, tailBytesMax: 1024 }
/** How often at most the end is written anew while the attempt goes on: it changes with all that is printed. */
const tailEveryMs = 1000

/** The logs of a pool's attempts, bounded together. */
export class AttemptLogs {
  readonly #folder: string
  #heldBytes = 0

  /** @param folder existing; a file `ATTEMPT.log` is made in it for each attempt that prints anything */
  constructor(folder: string) {
    this.#folder = folder
  }

  fileOf(attempt: string): string {
    return logFile(this.#folder, attempt)
  }

  open(attempt: string): AttemptLog {
    return new AttemptLog(this.fileOf(attempt), this.#heldBytes < allBytesMax ? usual : small)
  }

  /** Ends a log; what it holds counts from then on. */
  close(log: AttemptLog): void {
    this.#heldBytes += log.close()
  }
}

/** Keeps the first and the last part of what an attempt prints on both its streams, and says how much is missing between. */
export class AttemptLog {
  readonly #file: string
  readonly #bounds: LogBounds
  #fd: number | null = null
  #isLost = false
  #headBytes = 0
  #laterBytes = 0
  /** What came after the head, from the end backwards as far as the bound reaches. */
  #tail: Buffer[] = []
  #tailBytes = 0
  #isTailWritten = true
  #wroteTailAtMs = Number.NEGATIVE_INFINITY

  /** Makes no file yet. */
  constructor(file: string, bounds: LogBounds) {
    this.#file = file
    this.#bounds = bounds
  }

  write(chunk: Buffer): void {
    const head = chunk.subarray(0, this.#bounds.headBytesMax - this.#headBytes)
    if (head.length > 0) {
      this.#put(head, this.#headBytes)
      this.#headBytes += head.length
    }
    if (head.length < chunk.length) this.#keepLast(chunk.subarray(head.length))
  }

  #keepLast(chunk: Buffer): void {
    const { tailBytesMax } = this.#bounds
    this.#laterBytes += chunk.length
    // A copy: what is cut out of a stream's chunk keeps all of it in memory.
    this.#tail.push(Buffer.from(chunk.subarray(-tailBytesMax)))
    this.#tailBytes += Math.min(chunk.length, tailBytesMax)
    // Many small chunks are put together now and then, so that there are never many.
    if (this.#tailBytes > 2 * tailBytesMax || this.#tail.length > 1000) this.#joinTail()
    this.#isTailWritten = false
    if (performance.now() - this.#wroteTailAtMs >= tailEveryMs) this.#writeTail()
  }

  #joinTail(): Buffer {
    const tail = Buffer.concat(this.#tail).subarray(-this.#bounds.tailBytesMax)
    this.#tail = [tail]
    this.#tailBytes = tail.length
    return tail
  }

  #writeTail(): void {
    const tail = this.#joinTail()
    const text = Buffer.concat([Buffer.from(sayDropped(this.#laterBytes - tail.length)), tail])
    this.#put(text, this.#headBytes)
    this.#cutAt(this.#headBytes + text.length)
    this.#isTailWritten = true
    this.#wroteTailAtMs = performance.now()
  }

  #put(bytes: Buffer, atByte: number): void {
    if (this.#isLost) return
    try {
      // What a job prints may be nobody else's business.
      this.#fd ??= openSync(this.#file, 'w', 0o600)
      for (let at = 0; at < bytes.length; )
        at += writeSync(this.#fd, bytes, at, bytes.length - at, atByte + at)
    } catch {
      // On a disk that is full, say. What a worker prints is no reason to end the run: if it matters, the attempt fails too.
      this.#isLost = true
    }
  }

  #cutAt(bytes: number): void {
    if (this.#isLost || this.#fd === null) return
    try {
      ftruncateSync(this.#fd, bytes)
    } catch {
      this.#isLost = true
    }
  }

  /** Has all in its file that came by now. */
  flush(): void {
    if (!this.#isTailWritten) this.#writeTail()
  }

  /** Nothing is written after. Returns how much is kept, in bytes. */
  close(): number {
    this.flush()
    if (this.#fd !== null) closeSync(this.#fd)
    this.#fd = null
    return this.#headBytes + this.#tailBytes
  }
}

/** The line between the first and the last part of a log; empty where nothing is missing. */
function sayDropped(bytes: number): string {
  return bytes === 0 ? '' : `\n[tallyman: ${bytes} bytes dropped here]\n`
}

/** A log as its file has it: the first and the last part of what was printed, where that was much. */
export interface KeptLog {
  readonly text: string
  /** Characters before the place where something is missing; all of them where nothing is. */
  readonly headLength: number
  /** Bytes missing between its first and its last part. */
  readonly droppedBytes: number
}

/** Reads what `AttemptLog` wrote. */
export function parseLog(text: string): KeptLog {
  const dropped = /\n\[tallyman: (\d+) bytes dropped here\]\n/.exec(text)
  return {
    text,
    headLength: dropped?.index ?? text.length,
    droppedBytes: Number(dropped?.[1] ?? 0),
  }
}
