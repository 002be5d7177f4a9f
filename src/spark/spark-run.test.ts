import { expect, onTestFinished, test } from 'vitest'
import { mapReport, reduceReport, sourceOf } from '../../test/fixtures/plans.ts'
import { makeWorkplace, optionsOf } from '../../test/fixtures/real-runs.ts'
import { isHeld } from '../run/directory/lock.ts'
import { type HeldRun, prepareRun, type RunParts, type RunState, type SparkOptions } from '../run/index.ts'
import { apply } from '../run/state/state.ts'
import { SparkRun } from './spark-run.ts'

const spark: SparkOptions = { master: 'local[1]', deployMode: 'client', home: null, pack: null, conf: {} }

/** The same run when its one map task and its one reduce task are done, and its result is not written yet. */
function reduced(state: RunState): RunState {
  const at = 0
  const sources = state.plan.splits.map((split) => sourceOf(split))
  return [
    { type: 'attempt-started', at, task: 'map-00000', attempt: 1, seat: 0 } as const,
    { type: 'map-committed', at, task: 'map-00000', attempt: 1, report: mapReport(sources) } as const,
    { type: 'map-stage-ended', at, accepted: [] } as const,
    { type: 'attempt-started', at, task: 'reduce-00000', attempt: 1, seat: 0 } as const,
    { type: 'reduce-committed', at, task: 'reduce-00000', attempt: 1, report: reduceReport() } as const,
  ].reduce(apply, state)
}

/** Prepares a run of one line, which `change` has its way with before it is made. */
async function prepare(change: (parts: RunParts) => RunParts): Promise<HeldRun> {
  const place = makeWorkplace()
  place.write('in.txt', 'a\n')
  place.write(
    'lines.job.ts',
    `import { count, defineJob, text } from 'tallyman'
export default defineJob({ input: text(), reduce: count(), map: (line, emit) => emit(line) })
`,
  )
  const run = await prepareRun(
    optionsOf({ job: 'lines.job.ts', inputs: ['in.txt'], spark }, place.folder.path),
    place.runsFolder,
    { makeRun: (parts) => new SparkRun(change(parts), spark) },
  )
  onTestFinished(() => run.close())
  return run
}

test('A run on Spark that is stopped while its result is written is interrupted, and does not begin anew', async () => {
  const run = await prepare((parts) => ({ ...parts, state: reduced(parts.state) }))
  const stop = new AbortController()
  // What is left is the result, which is not for Spark to write.
  expect(await run.execute(stop.signal)).toMatchObject({ phase: 'reduce' })
  stop.abort()
  expect(await run.execute(stop.signal)).toMatchObject({ phase: 'interrupted' })
})

test('A run on Spark is let go of even where the worker that loaded its job cannot be ended', async () => {
  const run = await prepare((parts) => {
    onTestFinished(() => parts.pool.stop())
    const stop = async (): Promise<void> => {
      throw new Error('The engine is silent.')
    }
    return { ...parts, pool: Object.assign(Object.create(parts.pool), { stop }) }
  })
  await expect(run.close()).rejects.toThrow('The engine is silent.')
  expect(isHeld(run.directory)).toBe(false)
})
