import type { AttemptProgress } from '../attempt.ts'

/** Tells when a worker does not move any more: an endless loop, or a wait for what never comes. Time that it is paused for does not count. */
export class Stillness {
  /** When it last moved, on the clock of `performance.now`. */
  #movedAtMs = 0
  #pausedAtMs: number | null = null
  /** Records and groups that the attempt at hand is through with; -1 before it has told. */
  #done = -1
  #readBytes = -1

  get isPaused(): boolean {
    return this.#pausedAtMs !== null
  }

  /**
   * Begins anew, and looks once a second, or four times in the time allowed where that is less.
   *
   * @param onStill called at each look from then on, with how long it has stood still in milliseconds
   * @returns the timer, for `clearInterval`
   */
  watch(timeoutMs: number, onStill: (stillMs: number) => void): NodeJS.Timeout {
    this.#movedAtMs = performance.now()
    this.#done = -1
    this.#readBytes = -1
    const look = (): void => {
      if (this.isPaused) return
      const stillMs = performance.now() - this.#movedAtMs
      if (stillMs >= timeoutMs) onStill(stillMs)
    }
    return setInterval(look, Math.min(1000, Math.ceil(timeoutMs / 4)))
  }

  /** It tells how far it is: to say the same again is not to move. */
  hear(progress: AttemptProgress): void {
    const done = progress.records + progress.rejected + progress.groups
    if (done !== this.#done || progress.readBytes !== this.#readBytes) this.#movedAtMs = performance.now()
    this.#done = done
    this.#readBytes = progress.readBytes
  }

  pause(isPaused: boolean): void {
    if (isPaused === this.isPaused) return
    const nowMs = performance.now()
    if (this.#pausedAtMs !== null) this.#movedAtMs += nowMs - this.#pausedAtMs
    this.#pausedAtMs = isPaused ? nowMs : null
  }
}
