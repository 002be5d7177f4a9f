/** The disk of a simulated run: what a process that is killed leaves behind. */
import type { Random } from '../../examples/twitter/scale-model/random.ts'
import type { RunEvent } from '../../src/run/index.ts'

export class SimulatedDisk {
  /** What attempts have written so far, by their names; null while they are not done. */
  readonly attempts = new Map<string, string | null>()
  /** What lies in the places of tasks; null where it is damaged. */
  readonly committed = new Map<string, string | null>()
  /** What is kept for later runs, by task. */
  readonly kept = new Map<string, string>()
  journal: RunEvent[] = []

  commit(attempt: string, task: string): void {
    const content = this.attempts.get(attempt)
    if (typeof content !== 'string')
      throw new Error(`${attempt} is committed, and wrote nothing that is whole.`)
    this.attempts.delete(attempt)
    this.committed.set(task, content)
  }

  /** A power cut, or a damaged journal: its end is gone from anywhere on, and of the files any may be gone or damaged. */
  loseEnd(random: Random): void {
    this.journal = this.journal.slice(0, random.between(1, this.journal.length))
    for (const task of [...this.committed.keys()]) {
      if (random.chance(0.2)) this.committed.set(task, null)
      else if (random.chance(0.1)) this.committed.delete(task)
    }
  }

  /** As `RunDirectory.discardAttempts` and `discardUnproven` do when a run is resumed. */
  tidy(proven: ReadonlySet<string>): void {
    this.attempts.clear()
    for (const task of [...this.committed.keys()]) if (!proven.has(task)) this.committed.delete(task)
  }
}
