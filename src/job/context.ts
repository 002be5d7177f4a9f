import type { Position } from './format.ts'

/** What `setup` gets: it runs once per map task, before the first record. */
export interface SetupContext<P> {
  /** The job's parameters, validated. */
  readonly params: P
}

/** What `flush` gets: it runs once per map task, after the last record. */
export interface FlushContext<P, S> extends SetupContext<P> {
  /** What `setup` returned, as the maps left it. */
  readonly state: S
  /** Adds `by` (a whole number, 1 unless said) to a total over all committed attempts. */
  counter(name: string, by?: number): void
}

/**
 * What `map` gets beside the record and `emit`. One object serves the whole task: it stands at the record at hand, so take
 * from it what you need before map returns.
 *
 * @example
 * ```ts
 * import { count, defineJob, testJob, text } from 'tallyman'
 *
 * const words = defineJob({
 *   input: text(),
 *   reduce: count(),
 *   setup: () => ({ stopWords: new Set(['and', 'the']) }),
 *   map(line, emit, ctx) {
 *     for (const word of line.split(' ')) {
 *       if (ctx.state.stopWords.has(word)) ctx.counter('stop words')
 *       else emit(word)
 *     }
 *   },
 * })
 * const { result } = await testJob(words, ['the round and the square'])
 * console.log(result) // [ { key: 'round', value: 1 }, { key: 'square', value: 1 } ]
 * ```
 */
export interface Context<P, S> extends FlushContext<P, S> {
  /** Where the record at hand was found. */
  readonly position: Position
  /**
   * A number in [0, 1), drawn from a generator seeded by the record's position: every attempt, worker and split size
   * draws the same ones.
   */
  random(): number
  /** Refuses the record: what it emitted is dropped, and the reason and position are kept. Never returns. */
  reject(reason: string): never
}
