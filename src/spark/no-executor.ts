import type { RunBook } from '../run/index.ts'

/** A cluster with room starts executors sooner. */
const patienceMs = 15_000

/** Says once that an application stands and waits, where its cluster has given it no executor: Spark itself tells its log alone. */
export class NoExecutor {
  readonly #book: RunBook
  /** When the application stood, by `performance.now()`; null before, and once there is nothing more to say. */
  #sinceMs: number | null = null

  constructor(book: RunBook) {
    this.#book = book
  }

  /** To be called when the application stands. */
  begin(nowMs: number): void {
    this.#sinceMs = nowMs
  }

  /** To be called now and then. */
  look(nowMs: number): void {
    if (this.#sinceMs === null || nowMs - this.#sinceMs < patienceMs) return
    this.#sinceMs = null
    if ((this.#book.state.spark?.executors.length ?? 0) > 0) return
    this.#book.say(
      'Spark has no executor for this run yet: the cluster has too little left, as beside another application, or not one machine with as much as is asked for (--memory, --workers, and spark.executor.memory and spark.executor.cores by --spark-conf). The run goes on as soon as there is one.',
    )
  }
}
