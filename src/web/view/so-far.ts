import { countOf, showCount } from '../../quantities.ts'
import { type AnswerSoFar, answerSoFar } from '../../result/index.ts'
import type { RunDirectory, RunState } from '../../run/index.ts'
import type { SoFarView } from './run-view.ts'
import { headColumns } from './table-view.ts'

const rowsMax = 10
/** A look takes at most this share of the time, so that watching costs the run next to nothing. */
const shareMax = 0.01
const everyMsMin = 5000
/** On a busy machine a look waits longer than it works, being the politest there. */
const everyMsMax = 60_000

/** Looks at the answer so far, now and then, while somebody watches. */
export class SoFarLooks {
  readonly #directory: RunDirectory
  #answer: AnswerSoFar | null = null
  #tasks = 0
  #isLooking = false
  #dueAtMs = 0

  constructor(directory: RunDirectory) {
    this.#directory = directory
  }

  /** What the last look found. Begins another one where it is time for it, and does not wait. */
  view(state: RunState): SoFarView | null {
    if (state.phase !== 'map') return null
    const { done } = state.map
    if (!this.#isLooking && done > this.#tasks && performance.now() >= this.#dueAtMs)
      void this.#look(state, done)
    return this.#answer === null ? null : viewOf(state, this.#answer)
  }

  async #look(state: RunState, tasks: number): Promise<void> {
    this.#isLooking = true
    const startMs = performance.now()
    try {
      this.#answer = (await answerSoFar(this.#directory, state, rowsMax)) ?? this.#answer
      this.#tasks = tasks
    } catch {
      // The run has gone on meanwhile, or its files are gone: what was seen last stays.
    } finally {
      const tookMs = performance.now() - startMs
      this.#dueAtMs = performance.now() + Math.min(everyMsMax, Math.max(everyMsMin, tookMs / shareMax))
      this.#isLooking = false
    }
  }
}

function viewOf({ plan }: RunState, answer: AnswerSoFar): SoFarView {
  const { tasks, tasksOf, readBytes, inputBytes, partitions, partitionsOf, tables } = answer
  const share = inputBytes === 0 ? 100 : Math.floor((100 * readBytes) / inputBytes)
  return {
    restsOn: `${showCount(tasks)} of ${countOf(tasksOf, 'map task')}, ${share} % of the input`,
    caution:
      partitions === partitionsOf
        ? null
        : `There are too many keys for all of them: these are those of ${countOf(partitions, 'partition')} of ${partitionsOf}, chosen by chance.`,
    tables: tables.map(({ name, rows, top }) => ({
      name,
      rows,
      columns: headColumns(plan, name, top),
      top: top.map(({ key, value }) => [...key, value]),
    })),
  }
}
