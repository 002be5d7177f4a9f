import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { MapReport } from '../../flow/index.ts'
import { indexNameOf } from '../../input/index.ts'
import { type RunDirectory, readIdentity } from '../directory/directory.ts'
import { type Plan, splitsOf } from '../plan/plan.ts'
import type { RunState } from '../state/state.ts'
import { parseTaskId, taskId } from '../state/task-id.ts'
import { readsAsPlanned } from '../work.ts'
import { isAsPlanned } from './as-planned.ts'
import { identityOfTasks, seenFrom } from './identity-of-tasks.ts'
import type { KeptOutput, Store } from './store.ts'
import type { TaskIdentity } from './task-identity.ts'
import { isWorthKeeping } from './worth-keeping.ts'

/** What a run keeps of its map tasks for later ones, and what it uses of earlier ones. */
export class KeptOutputs {
  readonly #run: string
  readonly #directory: RunDirectory
  readonly #store: Store
  readonly #plan: Plan
  /** What names of inputs are relative to. */
  readonly #cwd: string
  readonly #ofAll: Omit<TaskIdentity, 'splits'>

  constructor(run: string, directory: RunDirectory, store: Store, plan: Plan) {
    this.#run = run
    this.#directory = directory
    this.#store = store
    this.#plan = plan
    this.#cwd = readIdentity(directory).cwd
    const { job, partitions, contents } = plan
    this.#ofAll = identityOfTasks(job, {
      partitions,
      contents: contents === null ? null : new Map(Object.entries(contents)),
      seenFrom: seenFrom(plan.isolation, this.#cwd),
    })
  }

  /** Puts what an earlier run kept into the place of a task, where the plan has it and it is there still; null where the task has to run. */
  take(state: RunState, index: number): Pick<KeptOutput, 'run' | 'report'> | null {
    const { reuse, firstSplit } = this.#plan.tasks[index]!
    const task = state.map.at(index)
    if (reuse.kind === 'run' || task?.kind !== 'waiting' || task.attempts > 0) return null
    // Lost once: what was kept is the same file, and no better. Or it is of a part of a file that is read as a whole now.
    if (task.trouble !== undefined || !readsAsPlanned(state, index)) return null
    const report = this.#store.take(reuse.key, this.#folderOf(taskId('map', index)), firstSplit)
    return report === null ? null : { run: reuse.run, report }
  }

  /** Keeps a map task's output for later runs, unless it lacks something, is made again as soon, or was made of inputs that are others now. */
  keep(state: RunState, id: string, report: MapReport): void {
    const { index } = parseTaskId(id)
    const task = this.#identityOf(index)
    this.#keepIndexes(id, task)
    const done = state.map.at(index)
    if (!readsAsPlanned(state, index) || (done?.trouble?.skip ?? []).length > 0) return
    if (done?.kind === 'done' && !isWorthKeeping(this.#plan.tasks.length, done.tookMs)) return
    if (!task.splits.every((split) => isAsPlanned(split, this.#cwd))) return
    this.#store.keep(task, { run: this.#run, folder: this.#folderOf(id), report })
  }

  /** What was kept of a task is as damaged as what it is a link to. */
  forget(id: string): void {
    this.#store.drop(this.#identityOf(parseTaskId(id).index))
  }

  /** Removes the oldest of what all runs keep, once that is too much. */
  clean(): void {
    this.#store.clean(this.#plan.keepBytesMax)
  }

  /** An index is of the file alone: it is kept whatever became of the file's records. */
  #keepIndexes(id: string, { splits, contents }: TaskIdentity): void {
    for (const split of splits) {
      if (split.kind !== 'gzip') continue
      const file = join(this.#folderOf(id), indexNameOf(split))
      const { path, identity } = split
      if (existsSync(file)) this.#store.keepIndex({ path, identity, contents }, file, this.#run)
    }
  }

  #identityOf(index: number): TaskIdentity {
    return { ...this.#ofAll, splits: splitsOf(this.#plan, index) }
  }

  #folderOf(id: string): string {
    return this.#directory.absolute(this.#directory.relativeCommittedFolder(id))
  }
}
