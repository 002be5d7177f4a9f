import { setTimeout as sleep } from 'node:timers/promises'
import { markOf } from '../output-marks.ts'

/** What a worker prints on, as its attempts see it. */
export interface WorkerStreams {
  /** Called before each attempt: what is printed from here on is its. */
  mark(attempt: string): void
  /**
   * Called now and then while an attempt goes on: waits until what it has printed is on its way. A job that prints for every
   * record, faster than that is read, would fill its heap with it. Undefined where nothing has to be waited for.
   */
  catchUp(): Promise<void> | undefined
  /** Set as soon as so much waits that the record at hand should be the last before `catchUp`. */
  readonly pressure: { isFelt: boolean }
}

/** A record that prints more than this at once waits after it. */
const heldBytesMax = 2 ** 20
const lookEveryMs = 1

/**
 * Both streams of this worker. To be made before any code of the job has run: that may replace `write`.
 *
 * @param isMarked false where somebody looks at what is printed
 */
export function workerStreams(isMarked: boolean): WorkerStreams {
  const streams = [process.stdout, process.stderr].map((stream) => ({
    stream,
    write: stream.write.bind(stream),
  }))
  const pressure = { isFelt: false }
  for (const { stream, write } of streams) feelPressure(stream, write, pressure)
  // A job may have ended or destroyed its own stdout, or corked it: nothing more leaves it then.
  const isFull = (): boolean =>
    streams.some(
      ({ stream }) => stream.writableLength > heldBytesMax && stream.writable && stream.writableCorked === 0,
    )
  return {
    mark: (attempt) => {
      if (!isMarked) return
      for (const { stream, write } of streams) if (stream.writable) write(markOf(attempt))
    },
    catchUp: () => {
      pressure.isFelt = false
      return isFull() ? drain(isFull) : undefined
    },
    pressure,
  }
}

/**
 * Has every write look how much waits: at the next look that the map task takes, 64 records on, a megabyte each is more than the
 * heap of a small worker. A job that puts a `write` of its own there is looked at then.
 */
function feelPressure(
  stream: NodeJS.WriteStream,
  write: NodeJS.WriteStream['write'],
  pressure: { isFelt: boolean },
): void {
  const felt = (...args: unknown[]): boolean => {
    const isRoom: boolean = Reflect.apply(write, stream, args)
    if (stream.writableLength > heldBytesMax) pressure.isFelt = true
    return isRoom
  }
  stream.write = felt
}

/** Looks again and again, since a job may have taken all listeners away. */
async function drain(isFull: () => boolean): Promise<void> {
  while (isFull()) await sleep(lookEveryMs)
}
