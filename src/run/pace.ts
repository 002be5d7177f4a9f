/** How fast a run reads, and how long it may still take. */

/** The recent rate is taken over so long. */
const recentMs = 15_000
/** Before that, a rate and a time left would be guesses. */
const rateFromMs = 1000

/** Bytes a second. */
export interface Rates {
  /** Over the last 15 seconds. */
  readonly recent: number
  /** Over the whole session. */
  readonly whole: number
}

/** What had been read at one moment. */
interface Sample {
  readonly atMs: number
  readonly readBytes: number
}

/** Takes the time of a run that is followed. */
export class Pace {
  readonly #startMs: number
  readonly #startReadBytes: number
  readonly #samples: Sample[] = []

  /**
   * @param startMs when the session began: milliseconds from any moment on, never going back
   * @param startReadBytes what had been read by then
   */
  constructor(startMs: number, startReadBytes: number) {
    this.#startMs = startMs
    this.#startReadBytes = startReadBytes
  }

  /**
   * The rates, now that so much has been read; null while there is nothing to go by.
   *
   * @param atMs of the same clock as the start
   */
  rates(atMs: number, readBytes: number): Rates | null {
    this.#samples.push({ atMs, readBytes })
    while (this.#samples.length > 2 && atMs - this.#samples[0]!.atMs > recentMs) this.#samples.shift()
    if (atMs - this.#startMs < rateFromMs) return null
    const first = this.#samples[0]!
    const recent = perSecond(readBytes - first.readBytes, atMs - first.atMs)
    const whole = perSecond(readBytes - this.#startReadBytes, atMs - this.#startMs)
    return recent > 0 || whole > 0 ? { recent, whole } : null
  }
}

/** How far a run is in what it reads. */
export interface HowFar {
  /** Share of the input that is read, in whole percent. */
  readonly percent: number
  /** Least and most milliseconds that reading may still take; null where no time can be told. */
  readonly leftMs: readonly [least: number, most: number] | null
}

/**
 * How far a run is, to be shown. What is read is not mapped yet: as long as a task is open it is 99 % at most, and for the last tasks, when all
 * is read, no time can be told.
 *
 * @param rates null while there is nothing to go by
 */
export function howFar(
  {
    inputBytes,
    readBytes,
    isOpen,
  }: { readonly inputBytes: number; readonly readBytes: number; readonly isOpen: boolean },
  rates: Rates | null,
): HowFar {
  const left = inputBytes - readBytes
  const percent = left <= 0 ? 100 : Math.floor((100 * readBytes) / inputBytes)
  return {
    percent: isOpen ? Math.min(99, percent) : percent,
    leftMs: rates === null || left <= 0 ? null : timeLeft(left, rates),
  }
}

/**
 * How long the rest may take, in milliseconds: what is left may go at the recent rate or at the session's, so it is a range.
 *
 * @returns least and most
 */
export function timeLeft(bytes: number, { recent, whole }: Rates): readonly [least: number, most: number] {
  const times = [recent, whole].filter((rate) => rate > 0).map((rate) => (1000 * bytes) / rate)
  return [Math.min(...times), Math.max(...times)]
}

function perSecond(bytes: number, ms: number): number {
  return ms <= 0 ? 0 : bytes / (ms / 1000)
}
