import { readMemoryUse, readProcess, ticksPerSecond } from '../../host/index.ts'
import type { RunningView, WorkerView } from './views.ts'

interface Look {
  readonly atMs: number
  readonly ticks: number
}

/** Looks at the processes of a run's workers, as /proc tells of them. */
export class WorkerLooks {
  #last = new Map<number, Look>()
  #cores = 0
  #cpuMs = 0

  /** Cores that all of them used between the last two looks. */
  get cores(): number {
    return this.#cores
  }

  /** Milliseconds of CPU that those have taken which are there now. */
  get cpuMs(): number {
    return this.#cpuMs
  }

  /**
   * @param workers as the run says
   * @param running what is at work, by seat
   * @param atMs milliseconds from any moment on, never going back
   */
  view(
    workers: readonly { readonly seat: number; readonly pid: number }[],
    running: ReadonlyMap<number, RunningView>,
    atMs: number,
  ): WorkerView[] {
    const looks = new Map<number, Look>()
    const seats = [...new Set([...workers.map(({ seat }) => seat), ...running.keys()])].sort((a, b) => a - b)
    const views = seats.map((seat): WorkerView => {
      const at = running.get(seat) ?? null
      const pid = workers.find((worker) => worker.seat === seat)?.pid
      const entry = pid === undefined ? null : readProcess(pid)
      if (pid === undefined || entry === null) return { seat, cores: null, bytes: null, isPaused: false, at }
      looks.set(pid, { atMs, ticks: entry.cpuTicks })
      const last = this.#last.get(pid)
      const seconds = last === undefined ? 0 : (atMs - last.atMs) / 1000
      return {
        seat,
        cores:
          last === undefined || seconds <= 0
            ? null
            : Math.max(0, entry.cpuTicks - last.ticks) / ticksPerSecond / seconds,
        bytes: readMemoryUse([pid], { exactAboveBytes: Number.POSITIVE_INFINITY }).bytes,
        isPaused: entry.state === 'T',
        at,
      }
    })
    this.#sum(looks)
    this.#last = looks
    return views
  }

  /** Threads share a process, which counts once. */
  #sum(looks: ReadonlyMap<number, Look>): void {
    let [cores, ticks] = [0, 0]
    for (const [pid, look] of looks) {
      ticks += look.ticks
      const last = this.#last.get(pid)
      const seconds = last === undefined ? 0 : (look.atMs - last.atMs) / 1000
      if (last !== undefined && seconds > 0)
        cores += Math.max(0, look.ticks - last.ticks) / ticksPerSecond / seconds
    }
    this.#cores = cores
    this.#cpuMs = (1000 * ticks) / ticksPerSecond
  }
}
