import { listPids, type ProcessEntry, readProcess } from '../../host/index.ts'

/** A process is looked at so often before it is passed over: while it becomes another program, its environment is not there. */
const looksMin = 2
/** All are looked at again now and then, since a number may have become that of another process. */
const looksMax = 20

/**
 * The processes of a machine that no worker has started. On a server that others use they are nearly all, and what a process was started by
 * does not change; so it is not asked each time.
 */
export class Bystanders {
  /** How often a process was found to be none of the workers', by its number. */
  readonly #looks = new Map<number, number>()
  #round = 0

  /** All processes but those that are known to be bystanders, in no order. Throws as `listProcesses` does. */
  others(): ProcessEntry[] {
    this.#round += 1
    if (this.#round % looksMax === 0) this.forget()
    return listPids().flatMap((pid) =>
      (this.#looks.get(pid) ?? 0) < looksMin ? (readProcess(pid) ?? []) : [],
    )
  }

  /** There are other workers: what was looked at may be one of them, or theirs. */
  forget(): void {
    this.#looks.clear()
  }

  /** Says that no worker has started any of `processes` but those in `started`, which has the workers, too. */
  note(processes: readonly ProcessEntry[], started: ReadonlySet<number>): void {
    for (const { pid } of processes) {
      if (!started.has(pid)) this.#looks.set(pid, (this.#looks.get(pid) ?? 0) + 1)
    }
  }
}
