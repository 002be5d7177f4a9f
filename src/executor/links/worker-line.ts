import type { Duplex } from 'node:stream'
import { messageOf } from '../../errors.ts'
import { encodeFrame, readFrames } from '../frames.ts'

/** How long a worker may live on without its line: it closes when the worker ends, and that is noticed a moment later. */
const graceMs = 1000

/** What a line tells of its other end. */
export interface LineEars {
  /** Gets what is said, in order, until something is no message. */
  onMessage(message: unknown): void
  /** Told once, in what follows the name of the worker, where the other end does not keep to the protocol. */
  onGarbage(why: string): void
  /** Told when it has been closed for a while, unless the worker has ended meanwhile. */
  onClosed(): void
}

/** The coordinator's side of the line to a worker that can be lost: whoever holds the other end may write anything, or close it. */
export class WorkerLine {
  readonly #stream: Duplex
  #graceTimer: NodeJS.Timeout | undefined
  #isOver = false

  constructor(stream: Duplex, { onMessage, onGarbage, onClosed }: LineEars) {
    this.#stream = stream
    // The line breaks when the worker dies; its end tells of that.
    stream.on('error', () => undefined)
    readFrames(
      stream,
      // What comes after something that is no message is not believed either: it may arrive before the worker is gone.
      (message) => {
        if (!this.#isOver) onMessage(message)
      },
      (error) => {
        this.#isOver = true
        onGarbage(`spoiled its line to the coordinator. ${messageOf(error).replace(/\.$/, '')}`)
      },
    )
    stream.once('close', () => {
      if (!this.#isOver) this.#graceTimer = setTimeout(onClosed, graceMs)
    })
  }

  send(message: object): void {
    this.#stream.write(encodeFrame(message))
  }

  /** The worker has ended: nothing more is told. */
  end(): void {
    this.#isOver = true
    clearTimeout(this.#graceTimer)
    this.#stream.destroy()
  }
}
