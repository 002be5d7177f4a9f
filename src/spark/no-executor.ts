import type { SparkStanding } from '../run/index.ts'

/** A cluster with room starts executors sooner. */
const patienceMs = 15_000

const never =
  'Spark has no executor for this run yet: the cluster has too little left, as beside another application, or not one machine with as much as is asked for (--memory, --workers, and spark.executor.memory and spark.executor.cores by --spark-conf). The run goes on as soon as there is one.'
const noneLeft =
  'Spark has no executor for this run any more: all are lost, and the cluster gives it no other. The run goes on as soon as there is one; Ctrl-C ends it, and tallyman resume goes on later.'

/** What is looked at, and who is told: a run's book. */
interface Told {
  readonly state: { readonly spark: Pick<SparkStanding, 'executors'> | null }
  say(text: string): void
}

/** Says that an application stands and waits, where its cluster has given it no executor, or has taken all of them: Spark itself tells its log alone. */
export class NoExecutor {
  readonly #book: Told
  /** Since when there is none, by `performance.now()`; null before the application stands, and while there is one. */
  #sinceMs: number | null = null
  #hasBegun = false
  /** Whether it is said of the lack that there is now. */
  #isSaid = false

  constructor(book: Told) {
    this.#book = book
  }

  /** To be called when the application stands. */
  begin(nowMs: number): void {
    this.#hasBegun = true
    this.#sinceMs = nowMs
  }

  /** To be called now and then. */
  look(nowMs: number): void {
    if (!this.#hasBegun) return
    const executors = this.#book.state.spark?.executors ?? []
    if (executors.some(({ lost }) => lost === null)) {
      this.#sinceMs = null
      this.#isSaid = false
      return
    }
    this.#sinceMs ??= nowMs
    if (this.#isSaid || nowMs - this.#sinceMs < patienceMs) return
    this.#isSaid = true
    this.#book.say(executors.length === 0 ? never : noneLeft)
  }
}
