import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { died, Scene } from '../../test/fixtures/made-up-run.ts'
import { gzipFile, mapReport, plainFile, sourceOf } from '../../test/fixtures/plans.ts'
import { until } from '../../test/fixtures/until.ts'
import type { Fault } from '../errors.ts'
import { indexNameOf } from '../input/index.ts'
import type { Coordinator } from './coordinator.ts'
import { readIdentity } from './directory/directory.ts'
import { isHeld } from './directory/lock.ts'
import type { CommittedResult } from './journal/events.ts'
import type { Plan } from './plan/plan.ts'
import type { TaskIdentity } from './store/task-identity.ts'

const result: CommittedResult = { directory: '/r', digest: 'sha256:', tables: [], manifestSha256: '' }
const never = new AbortController().signal
const threw: Fault = { code: 'job-threw', message: 'The job threw.' }

describe('Coordinator', () => {
  test('has every task done once, in order, no more at a time than there are workers; tells what happens', async () => {
    const scene = new Scene({ workers: 2, partitions: 2 })
    let most = 0
    scene.pool.onBegin = async (work) => {
      most = Math.max(most, scene.pool.atWork.size)
      await sleep(1)
      scene.done(work)
    }
    const state = await scene.execute()
    expect([state.phase, state.map.done, state.reduce.done, most]).toEqual(['reduce', 3, 2, 2])
    const tasks = ['map-00000', 'map-00001', 'map-00002', 'reduce-00000', 'reduce-00001']
    expect(scene.begun).toEqual(tasks.map((task) => `${task}.1`))
    expect(scene.committed).toEqual(tasks)
    expect(scene.told).toEqual(scene.journaled)
    expect(scene.told.filter((type) => type === 'map-committed').length).toBe(3)
    expect(scene.told[0]).toBe('planned')
    expect(scene.journal.filter(({ type }) => type === 'attempt-started')).toMatchObject([
      { task: 'map-00000', attempt: 1, seat: 0 },
      { task: 'map-00001', attempt: 1, seat: 1 },
      { task: 'map-00002', attempt: 1, seat: 0 },
      { task: 'reduce-00000', attempt: 1, seat: 1 },
      { task: 'reduce-00001', attempt: 1, seat: 0 },
    ])
    // Writing the result has the memory of those that wait.
    expect(scene.pool.asked.at(-1)).toBe('end idle')
    expect(scene.run.plan).toBe(state.plan)
    expect([scene.run.id, scene.run.directory]).toEqual(['one', scene.directory])
    expect(scene.run.workers).toEqual([{ seat: 0, pid: 77 }])
    expect(scene.run.bottleneck()).toBeNull()
  })

  test('has each attempt do what its task says', async () => {
    const scene = new Scene({ workers: 1, partitions: 3 })
    await scene.execute()
    const [first, second] = scene.pool.begun
    expect(first?.attempt).toMatchObject({
      id: 'map-00000.1',
      directory: 'attempts/map-00000.1',
      work: { kind: 'map', partitions: 3, careful: false, skip: [], splits: [{ startByte: 0, endByte: 10 }] },
    })
    expect(second?.attempt.work).toMatchObject({ splits: [{ startByte: 10, endByte: 20 }] })
    expect(scene.pool.begun.map(({ heapBytes }) => heapBytes)).toEqual(Array(6).fill(undefined))
  })

  test('tells how far an attempt is, and journals nothing of it', async () => {
    const scene = new Scene({ workers: 1 }, [plainFile('a.txt', 10)])
    scene.pool.onBegin = (work) => {
      work.progress({ readBytes: 1, bytes: 2, records: 3, rejected: 0, groups: 0 })
      scene.done(work)
    }
    await scene.execute()
    const progress = scene.events.filter(({ event }) => event.type === 'progress')
    expect(progress.map(({ event }) => event)).toMatchObject([
      { task: 'map-00000', attempt: 1, readBytes: 1, bytes: 2, records: 3 },
      { task: 'reduce-00000', attempt: 1 },
    ])
    expect(scene.journaled).not.toContain('progress')
  })

  test('ends with what is thrown where somebody is told how far an attempt is', async () => {
    const scene = new Scene({ workers: 1 })
    const gone = new Error('nobody reads what is told')
    scene.pool.onBegin = (work) => {
      const more = { readBytes: 1, bytes: 2, records: 3, rejected: 0, groups: 0 }
      // As a worker's message comes: nobody above would catch what is thrown here.
      work.progress(more)
      work.progress(more)
    }
    scene.run.observe(({ type }) => {
      if (type === 'progress') throw gone
    })
    await expect(scene.run.execute(never)).rejects.toBe(gone)
    expect(scene.journaled.at(-1)).toBe('attempt-started')
  })

  test('tries a task again that failed, and with care where a record may be to blame', async () => {
    const scene = new Scene({ workers: 1 }, [plainFile('a.txt', 10)])
    scene.pool.onBegin = (work) => {
      if (work.attempt.id === 'map-00000.1') work.end({ kind: 'failed', fault: died })
      else scene.done(work)
    }
    expect((await scene.execute()).phase).toBe('reduce')
    expect(scene.begun).toEqual(['map-00000.1', 'map-00000.2', 'reduce-00000.1'])
    expect(scene.pool.begun[1]?.attempt.work).toMatchObject({ careful: true })
    expect(scene.committed).toEqual(['map-00000', 'reduce-00000'])
  })

  test('gives a task that needed too much all memory, alone', async () => {
    const scene = new Scene({ workers: 3 })
    const fault: Fault = { code: 'out-of-memory', message: 'Too much.' }
    scene.pool.onBegin = (work) => {
      if (work.attempt.id === 'map-00001.1') work.end({ kind: 'failed', fault })
      else scene.done(work)
    }
    expect((await scene.execute()).phase).toBe('reduce')
    const again = scene.pool.begun.find(({ attempt }) => attempt.id === 'map-00001.2')
    expect(again?.heapBytes).toBe(3 * scene.run.plan.memory.workerHeapBytes)
    expect(scene.pool.begun.filter(({ heapBytes }) => heapBytes !== undefined)).toEqual([again])
  })

  test('fails with a task that fails as often as it may, and gives up what else is at work', async () => {
    const scene = new Scene({ workers: 2, attemptsMax: 2 })
    scene.pool.onBegin = (work) => {
      if (work.attempt.id.startsWith('map-00001')) work.end({ kind: 'failed', fault: died })
    }
    const state = await scene.execute()
    expect(state).toMatchObject({
      phase: 'failed',
      fault: { code: 'worker-died', message: expect.stringContaining('failed 2 times, the last time so: ') },
    })
    expect(scene.pool.asked.slice(-2)).toEqual(['stop', 'end idle'])
    expect(readdirSync(scene.directory.attemptsFolder)).toEqual([])
    // What became of the others is of no interest any more.
    expect(scene.journaled.at(-1)).toBe('failed')
    expect(scene.journaled.filter((type) => type === 'attempt-failed').length).toBe(2)
  })

  test('does not try again what cannot go otherwise', async () => {
    const scene = new Scene({ workers: 1 })
    scene.pool.onBegin = ({ end }) => end({ kind: 'failed', fault: threw })
    expect(await scene.execute()).toMatchObject({ phase: 'failed', fault: threw })
    expect(scene.begun).toEqual(['map-00000.1'])
  })

  test('is interrupted at once when it is stopped, and leaves nothing of attempts', async () => {
    const scene = new Scene({ workers: 2 })
    const stop = new AbortController()
    scene.pool.onBegin = (work) => {
      if (work.attempt.id === 'map-00000.1') scene.done(work)
      else mkdirSync(scene.directory.absolute(work.attempt.directory))
      if (work.attempt.id === 'map-00002.1') stop.abort()
    }
    const state = await scene.execute(stop.signal)
    expect([state.phase, state.map.done]).toEqual(['interrupted', 1])
    expect(scene.pool.asked.at(-1)).toBe('stop')
    expect(readdirSync(scene.directory.attemptsFolder)).toEqual([])
    expect(scene.journaled.at(-1)).toBe('interrupted')
  })

  test('says why it failed, and not that it was interrupted, where it is stopped while it clears up', async () => {
    const scene = new Scene({ workers: 2 })
    const stop = new AbortController()
    scene.pool.onBegin = (work) => {
      if (work.attempt.id === 'map-00000.1') work.end({ kind: 'failed', fault: threw })
    }
    const { pool } = scene
    const end = pool.stop.bind(pool)
    pool.stop = async () => {
      stop.abort()
      await end()
    }
    expect(await scene.execute(stop.signal)).toMatchObject({ phase: 'failed', fault: threw })
    expect(scene.journaled).not.toContain('interrupted')
  })

  test('is interrupted before it has begun where it was stopped before', async () => {
    const scene = new Scene()
    expect((await scene.execute(AbortSignal.abort())).phase).toBe('interrupted')
    expect([scene.begun, scene.told]).toEqual([[], ['planned', 'interrupted']])
  })

  test('lets those end that are at work when it is to finish, and begins none', async () => {
    const scene = new Scene({ workers: 2 })
    const finish = new AbortController()
    scene.pool.onBegin = () => undefined
    const ending = scene.execute(never, finish.signal)
    await until('two attempts', () => scene.pool.atWork.size === 2)
    finish.abort()
    await sleep(5)
    expect(scene.told).not.toContain('interrupted')
    for (const work of [...scene.pool.atWork.values()]) {
      scene.done(work)
      await sleep(5)
    }
    const state = await ending
    expect([state.phase, state.map.done, scene.begun.length]).toEqual(['interrupted', 2, 2])
  })

  test('is over, and not interrupted, where those were the last that it was to finish with', async () => {
    const scene = new Scene({ workers: 1 }, [plainFile('a.txt', 10)])
    const finish = new AbortController()
    scene.pool.onBegin = (work) => {
      if (work.attempt.id === 'reduce-00000.1') finish.abort()
      scene.done(work)
    }
    expect((await scene.execute(never, finish.signal)).phase).toBe('reduce')
  })

  test('goes on with a run that was interrupted no further', async () => {
    const scene = new Scene()
    await scene.execute(AbortSignal.abort())
    expect((await scene.execute()).phase).toBe('interrupted')
    expect(scene.begun).toEqual([])
  })

  test('refuses a run with rejected records that nobody tolerates, and lists them', async () => {
    const scene = new Scene({ workers: 1 }, [plainFile('a.txt', 10)])
    scene.pool.onBegin = ({ attempt, end }) => {
      const place = scene.directory.absolute(attempt.directory)
      mkdirSync(place)
      const record = { ordinal: 0, path: 'a.txt', member: null, byte: 4, lineInSplit: 2, by: 'mapper' }
      writeFileSync(join(place, 'rejected.jsonl'), `${JSON.stringify(record)}\n`)
      if (attempt.work.kind === 'reduce') throw new Error('Nothing is to be reduced.')
      const report = mapReport(attempt.work.splits.map((split) => sourceOf(split, { rejected: 1 })))
      end({ kind: 'done', report: { kind: 'map', report } })
    }
    const state = await scene.execute()
    expect(state).toMatchObject({ phase: 'refused', shortfalls: [{ kind: 'rejected', accepted: false }] })
    expect(existsSync(scene.directory.rejectedFile)).toBe(true)
    expect(scene.pool.asked).toEqual(['run map-00000.1', 'stop', 'end idle'])
  })

  test('has a task done again whose list of rejected records is gone', async () => {
    const scene = new Scene({ workers: 1, badRecords: { kind: 'count', count: 5 } }, [plainFile('a.txt', 10)])
    scene.pool.onBegin = (work) => {
      const { attempt, end } = work
      if (attempt.work.kind === 'reduce') {
        scene.done(work)
        return
      }
      const place = scene.directory.absolute(attempt.directory)
      mkdirSync(place)
      const record = { ordinal: 0, path: 'a.txt', member: null, byte: 4, lineInSplit: 2, by: 'mapper' }
      if (attempt.id === 'map-00000.2')
        writeFileSync(join(place, 'rejected.jsonl'), `${JSON.stringify(record)}\n`)
      const report = mapReport(attempt.work.splits.map((split) => sourceOf(split, { rejected: 1 })))
      end({ kind: 'done', report: { kind: 'map', report } })
    }
    expect((await scene.execute()).phase).toBe('reduce')
    expect(scene.begun).toEqual(['map-00000.1', 'map-00000.2', 'reduce-00000.1'])
    expect(scene.journaled).toContain('output-lost')
  })

  test('throws where the list of rejected records cannot be written', async () => {
    const scene = new Scene({ workers: 1 }, [plainFile('a.txt', 10)])
    scene.pool.onBegin = (work) => {
      scene.done(work)
      rmSync(scene.directory.absolute('committed'), { recursive: true, force: true })
      writeFileSync(scene.directory.absolute('committed'), 'no folder')
    }
    await expect(scene.execute()).rejects.toThrow(/ENOTDIR/)
  })

  test('opens a task again whose files turned out damaged, and does only that', async () => {
    const scene = new Scene({ workers: 1 })
    await scene.execute()
    const file = join(
      scene.directory.absolute(scene.directory.relativeCommittedFolder('reduce-00000')),
      's0.spill',
    )
    const damaged: Fault = { code: 'file-damaged', message: 'It is damaged.', file }
    expect(scene.run.redo({ ...damaged, file: '/elsewhere' })).toBe(false)
    expect(scene.run.redo(damaged)).toBe(true)
    expect((await scene.execute()).phase).toBe('reduce')
    expect(scene.begun.slice(4)).toEqual(['reduce-00000.2'])
  })

  test('has a map task done again that a reduce task found damaged, and blames neither', async () => {
    const scene = new Scene({ workers: 1 }, [plainFile('a.txt', 10)])
    scene.pool.onBegin = (work) => {
      const file = 'committed/map-00000/s0.spill'
      const fault: Fault = { code: 'file-damaged', message: 'It is damaged.', file }
      if (work.attempt.id === 'reduce-00000.1') work.end({ kind: 'failed', fault })
      else scene.done(work)
    }
    expect((await scene.execute()).phase).toBe('reduce')
    expect(scene.begun).toEqual(['map-00000.1', 'reduce-00000.1', 'map-00000.2', 'reduce-00000.2'])
    expect(scene.journal.find(({ type }) => type === 'attempt-failed')).toMatchObject({ charged: false })
  })

  test('journals a result, and removes only then what it was made of', async () => {
    const scene = new Scene({ workers: 1 })
    await scene.execute()
    expect(scene.committed.length).toBe(4)
    const told: string[] = []
    scene.run.observe(({ type }) => told.push(type))
    await scene.run.commit(result)
    expect([scene.run.state.phase, told, scene.journaled.at(-1)]).toEqual([
      'complete',
      ['result-committed'],
      'result-committed',
    ])
    expect(existsSync(scene.directory.absolute('committed'))).toBe(false)
  })

  test('journals that a result could not be written', async () => {
    const scene = new Scene({ workers: 1 })
    await scene.execute()
    const told: string[] = []
    const fault: Fault = { code: 'disk-full', message: 'No room.' }
    scene.run.observe(({ type }) => told.push(type))
    scene.run.giveUp(fault)
    expect(scene.run.state).toMatchObject({ phase: 'failed', fault })
    expect([told, scene.committed.length]).toEqual([['failed'], 4])
  })

  test('lets go of the run when it is closed, once, and removes it when it is discarded', async () => {
    const scene = new Scene({ workers: 1 })
    await scene.execute()
    expect(isHeld(scene.directory)).toBe(true)
    await scene.run.close()
    await scene.run.close()
    expect(isHeld(scene.directory)).toBe(false)
    expect(scene.pool.asked.filter((what) => what === 'stop').length).toBe(1)
    expect(existsSync(scene.directory.path)).toBe(true)
    await scene.run.discard()
    expect(existsSync(scene.directory.path)).toBe(false)
  })

  test('lets go of the run even where its workers cannot be ended', async () => {
    const scene = new Scene({ workers: 1 })
    await scene.execute()
    scene.pool.stop = async () => {
      throw new Error('The engine is silent.')
    }
    await expect(scene.run.close()).rejects.toThrow('The engine is silent.')
    expect(isHeld(scene.directory)).toBe(false)
  })

  test('says that an interruption came although workers could not be ended', async () => {
    const scene = new Scene({ workers: 1 })
    const { stop } = scene.pool
    scene.pool.stop = async () => {
      throw new Error('The engine is silent.')
    }
    expect((await scene.execute(AbortSignal.abort())).phase).toBe('interrupted')
    scene.pool.stop = stop
  })

  describe('keeps what map tasks wrote', () => {
    const identityOf = ({ plan, directory }: Coordinator, index: number): TaskIdentity => ({
      jobFile: plan.job.file,
      codeSha256: plan.job.codeSha256,
      params: plan.job.typedParams,
      resolved: plan.job.params,
      partitions: plan.partitions,
      splits: plan.splits.slice(plan.tasks[index]?.firstSplit, plan.tasks[index]?.endSplit),
      contents: plan.contents === null ? null : new Map(Object.entries(plan.contents)),
      seenFrom: readIdentity(directory).cwd,
    })
    const keepBytesMax = 2 ** 30

    test('as long as that is not too much', async () => {
      const scene = new Scene({ workers: 1, keepBytesMax, contents: { 'a.txt': 'ef' } })
      await scene.execute()
      for (const index of [0, 1, 2])
        expect(scene.store.find(identityOf(scene.run, index))).toMatchObject({ kind: 'kept', run: 'one' })
      await scene.run.close()
      expect(scene.store.list().length).toBe(3)
      const none = new Scene({ workers: 1, keepBytesMax: 0 })
      await none.execute()
      await none.run.close()
      expect(none.store.list()).toEqual([])
    })

    test('but nothing of a task that was to pass over a record, at which its worker died twice', async () => {
      const scene = new Scene({ workers: 1, keepBytesMax, attemptsMax: 9 }, [plainFile('a.txt', 10)])
      scene.pool.onBegin = (work) => {
        const { attempt, end } = work
        if (!/^map-00000\.[12]$/.test(attempt.id)) {
          scene.done(work)
          return
        }
        const place = scene.directory.absolute(attempt.directory)
        mkdirSync(place, { recursive: true })
        const note = Buffer.alloc(16)
        note.writeBigUInt64LE(7n, 8)
        writeFileSync(join(place, 'record-at-hand'), note)
        end({ kind: 'failed', fault: died })
      }
      await scene.execute()
      expect(scene.pool.begun[2]?.attempt.work).toMatchObject({
        careful: true,
        skip: [{ ordinal: 0, byte: 7, reason: 'its worker ended twice at this record: The worker died.' }],
      })
      expect(scene.store.find(identityOf(scene.run, 0))).toMatchObject({ kind: 'run', why: 'new' })
    })

    test('and the indexes of gzip files, whatever became of their records', async () => {
      const files = [gzipFile('a.gz', 50), plainFile('b.txt', 5)]
      const scene = new Scene({ workers: 1, keepBytesMax, accept: ['a.gz'] }, files)
      const [split] = scene.run.plan.splits
      if (split?.kind !== 'gzip') throw new Error('The first split is of no gzip file.')
      scene.pool.onBegin = (work) => {
        if (work.attempt.id === 'map-00000.1') {
          const place = scene.directory.absolute(work.attempt.directory)
          mkdirSync(place, { recursive: true })
          writeFileSync(join(place, indexNameOf(split)), 'an index')
        }
        scene.done(work)
      }
      await scene.execute()
      expect(scene.store.list().filter(({ kind }) => kind === 'index').length).toBe(1)
    })

    test('and forgets what turned out damaged', async () => {
      const scene = new Scene({ workers: 1, keepBytesMax }, [plainFile('a.txt', 10)])
      await scene.execute()
      const file = join(
        scene.directory.absolute(scene.directory.relativeCommittedFolder('map-00000')),
        's0.spill',
      )
      scene.run.redo({ code: 'file-damaged', message: 'It is damaged.', file })
      expect(scene.store.find(identityOf(scene.run, 0))).toMatchObject({ kind: 'run', why: 'cleaned' })
    })

    test('of many tasks only what took a while', async () => {
      const scene = new Scene({ workers: 2, keepBytesMax }, [plainFile('a.txt', 10 * 257)])
      scene.pool.onBegin = async (work) => {
        if (work.attempt.id === 'map-00003.1') await sleep(30)
        scene.done(work)
      }
      await scene.execute()
      expect(scene.store.find(identityOf(scene.run, 3))).toMatchObject({ kind: 'kept' })
      expect(scene.store.list().length).toBeLessThan(200)
    })

    test('and uses it in place of tasks that need not run', async () => {
      const kept = new Scene({ workers: 1, keepBytesMax })
      await kept.execute()
      const reused = (plan: Plan): Plan => ({
        ...plan,
        tasks: plan.tasks.map((task, index) => {
          const found = kept.store.find(identityOf(kept.run, index))
          return index === 1 || found.kind === 'run' ? task : { ...task, reuse: found }
        }),
      })
      const scene = new Scene({ workers: 1, keepBytesMax }, undefined, (store, plan) => {
        for (const index of [0, 2]) {
          const folder = kept.directory.absolute(kept.directory.relativeCommittedFolder(`map-0000${index}`))
          const task = kept.run.state.map.at(index)
          if (task?.kind === 'done')
            store.keep(identityOf(kept.run, index), { run: 'one', folder, report: task.report })
        }
        return reused(plan)
      })
      const state = await scene.execute()
      expect(state.phase).toBe('reduce')
      expect(scene.begun).toEqual(['map-00001.1', 'reduce-00000.1'])
      expect(scene.journal.filter(({ type }) => type === 'map-reused')).toMatchObject([
        { task: 'map-00000', run: 'one' },
        { task: 'map-00002', run: 'one' },
      ])
      expect(scene.committed).toEqual(['map-00000', 'map-00001', 'map-00002', 'reduce-00000'])
      // What was lost is not put there once more: it is the same file.
      const file = join(
        scene.directory.absolute(scene.directory.relativeCommittedFolder('map-00000')),
        's0.spill',
      )
      expect(scene.run.redo({ code: 'file-damaged', message: 'It is damaged.', file })).toBe(true)
      await scene.execute()
      expect(scene.begun.slice(2)).toEqual(['map-00000.1'])
    })

    test('and does the task where what was kept is gone', async () => {
      const scene = new Scene({ workers: 1 }, [plainFile('a.txt', 10)], (_, plan) => ({
        ...plan,
        tasks: plan.tasks.map((task) => ({
          ...task,
          reuse: { kind: 'kept', key: 'ab'.repeat(32), run: 'r0' },
        })),
      }))
      expect((await scene.execute()).phase).toBe('reduce')
      expect(scene.begun).toEqual(['map-00000.1', 'reduce-00000.1'])
      expect(scene.journaled).not.toContain('map-reused')
    })
  })
})
