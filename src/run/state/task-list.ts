import type { TaskState } from './task-state.ts'

/** Tasks a chunk holds: a change copies one chunk, and the list of chunks. */
const chunkTasks = 256

/** Some neighbours in the list, and what `decide` asks of all of them. */
export interface TaskChunk<R> {
  /** Index of the first. */
  readonly start: number
  readonly tasks: readonly TaskState<R>[]
  readonly waiting: number
  readonly running: number
  /** Of those that are not done, the ones that have failed, or have had trouble. */
  readonly marked: number
}

/**
 * The tasks of a stage. Never changed: `with` gives another list, which shares all but one chunk with this one, so that an event
 * costs the same microsecond among a hundred thousand tasks as among ten.
 */
export class TaskList<R> implements Iterable<TaskState<R>> {
  readonly length: number
  readonly chunks: readonly TaskChunk<R>[]

  private constructor(length: number, chunks: readonly TaskChunk<R>[]) {
    this.length = length
    this.chunks = chunks
  }

  static of<R>(tasks: readonly TaskState<R>[]): TaskList<R> {
    const chunks: TaskChunk<R>[] = []
    for (let start = 0; start < tasks.length; start += chunkTasks)
      chunks.push(toChunk(start, tasks.slice(start, start + chunkTasks)))
    return new TaskList(tasks.length, chunks)
  }

  /** The task of this index; undefined where there is none. */
  at(index: number): TaskState<R> | undefined {
    return this.chunks[Math.floor(index / chunkTasks)]?.tasks[index % chunkTasks]
  }

  /** The list with another task in the place of one. REQUIRES: an index below the length. */
  with(index: number, task: TaskState<R>): TaskList<R> {
    const number = Math.floor(index / chunkTasks)
    const { start, tasks } = this.chunks[number]!
    return new TaskList(
      this.length,
      this.chunks.with(number, toChunk(start, tasks.with(index - start, task))),
    )
  }

  *[Symbol.iterator](): Iterator<TaskState<R>> {
    for (const { tasks } of this.chunks) yield* tasks
  }

  *entries(): Generator<[number, TaskState<R>]> {
    for (const { start, tasks } of this.chunks)
      for (const [place, task] of tasks.entries()) yield [start + place, task]
  }

  /** All of them as an array. Cost: a copy. */
  toArray(): TaskState<R>[] {
    return this.chunks.flatMap(({ tasks }) => tasks)
  }

  /** How many of them are done. */
  get done(): number {
    return this.chunks.reduce((sum, { waiting, running }) => sum - waiting - running, this.length)
  }

  /** How many of them a worker is at. */
  get running(): number {
    return this.chunks.reduce((sum, { running }) => sum + running, 0)
  }
}

function toChunk<R>(start: number, tasks: readonly TaskState<R>[]): TaskChunk<R> {
  let [waiting, running, marked] = [0, 0, 0]
  for (const task of tasks) {
    if (task.kind === 'done') continue
    if (task.kind === 'waiting') waiting += 1
    else running += 1
    if (task.lastFault !== null || task.trouble !== undefined) marked += 1
  }
  return { start, tasks, waiting, running, marked }
}
