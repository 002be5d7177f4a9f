/** What every kind of worker must do, where Spark runs it: one application for all cases. */
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { hasProc } from '../fixtures/process-tree.ts'
import { hasSpark } from '../fixtures/spark.ts'
import { requires } from '../requires.ts'
import { SparkApplication, SparkPool } from './spark-pool.ts'
import { testAttempts } from './suite/attempts.ts'
import { testDeaths } from './suite/deaths.ts'
import { inPlace } from './suite/place.ts'
import { bundleOnce, type PoolOptions, type TestedPool, Workplace } from './workplace.ts'

const MiB = 2 ** 20

let application: SparkApplication

/** A folder of one test, whose pools are on Spark. */
class SparkWorkplace extends Workplace {
  readonly #pools: SparkPool[] = []

  constructor() {
    super('process')
  }

  override async openPool(options: PoolOptions = {}): Promise<TestedPool> {
    const { job = 'obedient', params = {}, cwd = this.root } = options
    const pool = new SparkPool({
      application,
      directory: this.directory,
      mark: this.mark,
      task: {
        bundleFile: await bundleOnce(job),
        jobName: `${job}.job.ts`,
        params,
        cwd,
        heapBytes: options.heapBytes ?? 64 * MiB,
        memoryBytes: 4 * 2 ** 30,
        taskTimeoutMs: options.taskTimeoutMs ?? 600_000,
        isPolite: false,
      },
    })
    this.#pools.push(pool)
    return pool
  }

  override async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.stop()))
    await super.close()
  }
}

/*
 * Left out with the groups that are not called here: how a job is loaded, which the command does on this machine before Spark is started; stopping a pool while
 * an attempt is at work, which Spark does by ending the Python worker (test/spark/killed.test.ts ends each process of a run); and control groups, which
 * executors make none of.
 */
const leftOut = {
  'runs as many attempts at once as there are seats, and reports each to its own':
    'How many run at once is for Spark to say: each of its Python workers has one seat.',
  'tells how far an attempt is, in numbers that only grow and end below its report':
    'Spark brings nothing here of a task that is at work; its run tells of tasks that have ended.',
  'fails the next attempt of a worker in which something came too late when nothing ran':
    'Which of its workers has the next task is for Spark to say.',
  'is replaced when it dies between two attempts':
    'It is found by its process id in the pool, which is in another process; the pool there is the same.',
  'takes no other attempt with it that a process of its own would have spared':
    'There is no other: each Python worker has one seat.',
}

describe.skipIf(!requires('pyspark with Java', hasSpark) || !requires('/proc', hasProc))(
  'a pool of workers on Spark',
  { timeout: 120_000 },
  () => {
    beforeAll(() => {
      application = new SparkApplication()
    })
    afterAll(async () => {
      await application.close()
      expect(Object.values(leftOut).every((reason) => reason.length > 0)).toBe(true)
    })
    const make = (): SparkWorkplace => new SparkWorkplace()
    const place = inPlace(make)
    testAttempts(place, make, leftOut)
    testDeaths(place, make, leftOut)
  },
)
