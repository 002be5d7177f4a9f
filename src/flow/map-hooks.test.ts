import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type MapOptions, mapTask, rejectedIn, runTasks, TaskInputs } from '../../test/fixtures/task-runs.ts'
import { TallymanError } from '../errors.ts'
import { jsonl, text } from '../input/index.ts'
import { type AnyJob, type Context, count, defineJob } from '../job/index.ts'
import type { MapProgress, MapReport } from './map-task.ts'
import { MemoryStorage } from './storage.ts'

let inputs: TaskInputs
beforeEach(() => {
  inputs = new TaskInputs()
})
afterEach(() => inputs.remove())

type Ctx = Context<unknown, unknown>
type Emit = (key: unknown, value?: unknown) => void

function jobOf(map: (line: string, emit: Emit, ctx: Ctx) => unknown, more: object = {}): AnyJob {
  return defineJob({ input: text(), reduce: count(), map, ...more } as never) as unknown as AnyJob
}

async function run(job: AnyJob, options: MapOptions = {}): Promise<MapReport & { rejected: object[] }> {
  const storage = new MemoryStorage()
  const report = await mapTask(job, await inputs.sources(job), storage, options)
  return { ...report, rejected: rejectedIn(storage) }
}

describe('runMapTask, of maps that wait', () => {
  test('rejects the record whose promise is broken, with all that it emitted and counted', async () => {
    inputs.write('a.txt', 'one\ntwo\nthree\n')
    const job = jobOf(async (line, emit, ctx) => {
      emit(line)
      ctx.counter('seen')
      await Promise.resolve()
      emit('later')
      if (line === 'two') throw new TypeError('no twos')
    })
    const report = await run(job)
    expect(report).toMatchObject({
      emitted: 4,
      counters: { seen: 2 },
      sources: [{ records: 2, rejected: 1 }],
    })
    expect(report.rejected).toMatchObject([{ byte: 4, by: 'mapper', reason: 'map threw: no twos' }])
    const rows = await runTasks(job, await inputs.sources(job))
    expect(rows.map(([, key, value]) => [key, value])).toEqual(
      expect.arrayContaining([
        ['later', 2],
        ['one', 1],
        ['three', 1],
      ]),
    )
    expect(rows).toHaveLength(3)
  })

  test.each([null, JSON.parse('{"then":5}'), 'then', 0])(
    'waits for nothing where the map returns %j',
    async (returned) => {
      inputs.write('a.txt', 'one\ntwo\n')
      expect(await run(jobOf(() => returned))).toMatchObject({ sources: [{ records: 2, rejected: 0 }] })
    },
  )
})

describe('runMapTask, of what comes too late', () => {
  const wayOut = 'Await everything the map starts before it returns.'

  test('fails for an emit after the last record, although the job catches what it is told', async () => {
    inputs.write('a.txt', 'one\n')
    const told: unknown[] = []
    const job = jobOf((_, emit) => {
      setTimeout(() => {
        try {
          emit('late')
        } catch (error) {
          told.push(error)
        }
      }, 1)
    })
    const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))
    const expected = {
      code: 'job-threw',
      message: 'Table "result" got a value after its record\'s map had returned.',
      wayOut,
    }
    await expect(run(job, { settle })).rejects.toMatchObject(expected)
    expect(told).toMatchObject([expected])
    // Nobody waited for it here: who is told hears of it all the same.
    const onLate = vi.fn()
    await expect(run(job, { onLate })).resolves.toMatchObject({ emitted: 0 })
    expect(onLate).not.toHaveBeenCalled()
    await vi.waitUntil(() => onLate.mock.calls.length > 0)
    expect(onLate.mock.calls).toMatchObject([[expected]])
  })

  test('fails for what is counted after the last record, although the job catches what it is told', async () => {
    inputs.write('a.txt', 'one\n')
    const job = jobOf((_, __, ctx) => {
      ctx.counter('in time')
      setTimeout(() => {
        try {
          ctx.counter('late')
        } catch {}
      }, 1)
    })
    const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))
    await expect(run(job, { settle })).rejects.toMatchObject({
      code: 'job-threw',
      message: 'Counter "late" was increased after its record\'s map had returned.',
      wayOut,
    })
  })

  test('counts in setup, map and flush', async () => {
    inputs.write('a.txt', 'one\n')
    const count = (ctx: Ctx): void => ctx.counter('calls')
    const job = jobOf((_, __, ctx) => count(ctx), {
      setup: async (ctx: Ctx) => count(ctx),
      flush: async (_: Emit, ctx: Ctx) => count(ctx),
    })
    expect(await run(job)).toMatchObject({ counters: { calls: 3 } })
  })

  test('keeps no emit that comes between two records', async () => {
    inputs.write('a.txt', 'x\n'.repeat(200))
    let late: Emit | null = null
    const job = jobOf((_, emit) => {
      late = emit
    })
    const tick = async (): Promise<void> => {
      expect(() => late?.('between')).toThrow('after its record')
    }
    await expect(run(job, { tick })).rejects.toMatchObject({ code: 'job-threw', wayOut })
  })

  test('keeps no emit that comes after the map of a record threw', async () => {
    inputs.write('a.txt', 'x\n'.repeat(70))
    let late: Emit | null = null
    const job = jobOf((line, emit, ctx) => {
      late = emit
      if (line === 'x') ctx.reject('no x')
    })
    const tick = async (): Promise<void> => {
      expect(() => late?.('between')).toThrow('after its record')
    }
    await expect(run(job, { tick })).rejects.toMatchObject({ code: 'job-threw' })
  })

  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

  test.each<[string, (line: string, emit: Emit) => unknown]>([
    [
      'of an async map',
      async (line, emit) => {
        if (line === 'one') void pause(1).then(() => emit('late'))
        else await pause(20)
      },
    ],
    [
      'of a map that returns promises',
      (line, emit) => {
        if (line === 'one') void pause(1).then(() => emit('late'))
        return line === 'one' ? Promise.resolve() : pause(20)
      },
    ],
  ])('keeps no emit %s that comes while another record is waited for', async (_, map) => {
    inputs.write('a.txt', 'one\ntwo\n')
    // Nobody hears of it in a test but by what is thrown at the end.
    const quiet = (line: string, emit: Emit): unknown =>
      map(line, ((key: string) => {
        try {
          emit(key)
        } catch {}
      }) as Emit)
    await expect(run(jobOf(quiet))).rejects.toMatchObject({ code: 'job-threw', wayOut })
  })

  test('keeps no emit of a map that comes while flush is waited for', async () => {
    inputs.write('a.txt', 'one\n')
    let late: Emit | null = null
    const job = jobOf(
      (_, emit) => {
        late = emit
      },
      {
        flush: async () => {
          await pause(1)
          expect(() => late?.('late')).toThrow('after its record')
        },
      },
    )
    await expect(run(job)).rejects.toMatchObject({ code: 'job-threw', wayOut })
  })

  test('keeps no emit that comes when flush has returned', async () => {
    inputs.write('a.txt', 'one\n')
    let late: Emit | null = null
    const job = jobOf(() => undefined, {
      flush: (emit: Emit) => {
        late = emit
        emit('in time')
      },
    })
    const settle = async (): Promise<void> => {
      expect(() => late?.('late')).toThrow('after its record')
    }
    await expect(run(job, { settle })).rejects.toMatchObject({ code: 'job-threw', wayOut })
    expect(await run(job)).toMatchObject({ emitted: 1 })
  })
})

describe('runMapTask, of what a job throws', () => {
  test('does not take a mapper for hopeless that has refused a record on purpose, or has mapped one', async () => {
    inputs.write('a.txt', `good\n${'x\n'.repeat(150)}`)
    const throwing = (first: (ctx: Ctx) => void) =>
      jobOf((line, _, ctx) => {
        if (line === 'good') return first(ctx)
        throw new Error('always')
      })
    const mapped = throwing(() => undefined)
    expect(await run(mapped)).toMatchObject({ sources: [{ records: 1, rejected: 150 }] })
    const refused = throwing((ctx) => ctx.reject('not this one'))
    expect(await run(refused)).toMatchObject({ sources: [{ records: 0, rejected: 151 }] })
  })

  test('says at the hundredth record what it threw there, and what to do', async () => {
    inputs.write('a.txt', 'x\n'.repeat(100))
    let thrown = 0
    const job = jobOf(() => {
      thrown += 1
      throw new Error(`map threw: ${thrown} times`)
    })
    await expect(run(job)).rejects.toMatchObject({
      code: 'job-threw',
      message: 'The mapper threw at each of the first 100 records; at the last one: map threw: 100 times',
      wayOut: 'Mend the map; `testJob` runs it on a few records at once.',
      cause: { message: 'map threw: 100 times' },
    })
    inputs.write('a.txt', 'x\n'.repeat(99))
    thrown = 0
    expect(await run(job)).toMatchObject({ sources: [{ records: 0, rejected: 99 }] })
  })

  test('ends where the system has nothing more to give: the record did nothing wrong', async () => {
    inputs.write('a.txt', 'one\ntwo\n')
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    const job = jobOf((line) => {
      if (line === 'two') throw full
    })
    await expect(run(job)).rejects.toMatchObject({
      code: 'disk-full',
      message: `The map could not go on at ${inputs.folder}/a.txt, byte 4 (line 2 of its split): ENOSPC: no space left on device, write.`,
      wayOut: expect.stringMatching(/\.$/),
      cause: full,
    })
  })

  test('lets pass what is wrong with the engine, and blames neither the record nor a hook', async () => {
    inputs.write('a.txt', 'one\n')
    const wrong = new TallymanError('internal', 'This should not be.')
    const fails = (): never => {
      throw wrong
    }
    for (const job of [jobOf(fails), jobOf(() => 0, { setup: fails }), jobOf(() => 0, { flush: fails })])
      await expect(run(job)).rejects.toBe(wrong)
  })

  test.each(['setup', 'flush'])(
    'says what to do about a %s that throws, whatever it throws',
    async (hook) => {
      inputs.write('a.txt', 'one\n')
      const wayOut = `Mend the ${hook}; it runs once per map task.`
      for (const thrown of [new Error('no'), new TallymanError('io', 'no'), 'no']) {
        const job = jobOf(() => 0, {
          [hook]: () => {
            throw thrown
          },
        })
        await expect(run(job)).rejects.toMatchObject({ code: 'job-threw', wayOut, cause: thrown })
      }
    },
  )

  test('keeps of a refusal its words alone, and of what is no error its text', async () => {
    inputs.write('a.txt', 'good\none\ntwo\n')
    const job = jobOf((line, _, ctx) => {
      if (line === 'one') ctx.reject('not this one')
      if (line === 'two') throw 'a text'
    })
    const { rejected } = await run(job)
    expect(rejected).toMatchObject([
      { by: 'mapper', reason: 'not this one', atByte: null, excerpt: 'one' },
      { by: 'mapper', reason: 'map threw: a text', atByte: null, excerpt: 'two' },
    ])
    for (const one of rejected) expect(one).not.toHaveProperty('stack')
  })

  test('keeps of a stack the frames of the job alone, which are the same in every attempt', async () => {
    inputs.write('a.txt', 'good\nbad\n')
    const fail = (): never => {
      throw new Error('bad')
    }
    const maps = [
      (line: string) => line === 'bad' && fail(),
      async (line: string) => line === 'bad' && fail(),
      async (line: string) => {
        await null
        return line === 'bad' && fail()
      },
    ]
    for (const map of maps) {
      const { rejected } = await run(jobOf(map))
      const { stack = '' } = rejected[0] as { stack?: string }
      expect(stack).toMatch(/^Error: bad\n +at fail /)
      expect(stack).not.toMatch(/#map|map-task\.ts/)
    }
    const frameless = Object.assign(new Error('bare'), { stack: undefined })
    const { rejected } = await run(
      jobOf((line) => {
        if (line === 'bad') throw frameless
      }),
    )
    expect(rejected).toMatchObject([{ reason: 'map threw: bare' }])
  })
})

describe('runMapTask, of what is read', () => {
  test('counts what each source gave, and lists what the decoder refused', async () => {
    inputs.write('a.jsonl', '{"a":1}\n{"a":\n')
    inputs.write('b.jsonl', '{"a":1}\nnull\n{"b":\n{"b":\n')
    const job = jobOf((record) => void record, { input: jsonl() })
    const { sources, rejected } = await run(job)
    expect(sources).toMatchObject([
      { ordinal: 0, records: 1, rejected: 1, lines: 2 },
      { ordinal: 1, records: 2, rejected: 2, lines: 4 },
    ])
    expect(rejected).toMatchObject([
      { ordinal: 0, byte: 8, lineInSplit: 2, by: 'decoder', atByte: expect.any(Number) },
      { ordinal: 1, byte: 13, lineInSplit: 3, by: 'decoder' },
      { ordinal: 1, byte: 19, lineInSplit: 4, by: 'decoder' },
    ])
  })

  test('goes on without a file that is not there, and says so', async () => {
    inputs.write('a.txt', 'one\n')
    inputs.write('b.txt', 'two\n')
    const job = jobOf((line, emit) => emit(line))
    const sources = await inputs.sources(job)
    const missing = {
      ...sources[0]!,
      open: () => Promise.reject(new TallymanError('input-missing', 'Gone.')),
    }
    const report = await mapTask(job, [missing, sources[1]!], new MemoryStorage())
    expect(report.damaged).toMatchObject([{ ordinal: 0, fault: { code: 'input-missing', message: 'Gone.' } }])
    expect(report.sources).toMatchObject([{ ordinal: 1, records: 1 }])
    const broken = { ...missing, open: () => Promise.reject(new TallymanError('io', 'No.')) }
    await expect(mapTask(job, [broken], new MemoryStorage())).rejects.toMatchObject({ code: 'io' })
  })

  test('closes every file, also where the task fails', async () => {
    inputs.write('a.txt', 'one\n')
    inputs.write('b.txt', 'two\n')
    const opened: string[] = []
    const closed: string[] = []
    for (const fails of [false, true]) {
      const job = jobOf(() => {
        if (fails) throw new TallymanError('internal', 'No.')
      })
      const sources = (await inputs.sources(job)).map((source) => ({
        ...source,
        open: async () => {
          const reader = await source.open()
          opened.push(source.path)
          const close = reader.close.bind(reader)
          reader.close = () => {
            closed.push(source.path)
            return close()
          }
          return reader
        },
      }))
      await mapTask(job, sources, new MemoryStorage()).catch(() => undefined)
    }
    expect(opened).toHaveLength(3)
    expect(closed).toEqual(opened)
  })

  const place = (byte: number) => ({ ordinal: 0, byte })

  test('passes over records without telling of the others, and tells of them without passing over any', async () => {
    inputs.write('a.txt', 'one\ntwo\n')
    const seen: string[] = []
    const job = jobOf((line) => void seen.push(line))
    const skip = [{ ...place(0), reason: 'it ended its worker twice' }]
    expect(await run(job, { skip })).toMatchObject({ sources: [{ records: 1, rejected: 1 }] })
    expect(seen).toEqual(['two'])
    const told: unknown[] = []
    const onRecord = (at: unknown): void => void told.push(at)
    expect(await run(job, { onRecord })).toMatchObject({ sources: [{ records: 2, rejected: 0 }] })
    expect(told).toEqual([place(0), place(4)])
  })
})

describe('runMapTask, ticks', () => {
  async function ticksOf(lines: readonly number[], options: MapOptions = {}, job = jobOf(() => 0)) {
    for (const [index, count] of lines.entries()) inputs.write(`${index}.txt`, 'x\n'.repeat(count))
    const told: MapProgress[] = []
    const tick = async (progress: MapProgress): Promise<void> => void told.push(progress)
    await run(job, { tick, ...options })
    return told
  }

  test('come after every 64 records and at the end of what was read, and say how far the task is', async () => {
    expect(await ticksOf([130, 10])).toEqual([
      { readBytes: 260, bytes: 128, records: 64, rejected: 0 },
      { readBytes: 260, bytes: 256, records: 128, rejected: 0 },
      { readBytes: 260, bytes: 260, records: 130, rejected: 0 },
      { readBytes: 280, bytes: 280, records: 140, rejected: 0 },
    ])
  })

  test('come at once where pressure is felt', async () => {
    let isFelt = false
    const records: number[] = []
    const job = jobOf((_, __, ctx) => {
      isFelt = ctx.position.line === 3 || ctx.position.line === 7
    })
    const pressure = {
      get isFelt() {
        return isFelt
      },
    }
    const tick = async (progress: MapProgress): Promise<void> => {
      records.push(progress.records)
      isFelt = false
    }
    await ticksOf([10], { pressure, tick }, job)
    expect(records).toEqual([3, 7, 10])
  })

  test('are waited for, and end the task where they throw', async () => {
    const events: string[] = []
    const job = jobOf((line) => void events.push(line))
    const tick = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      events.push('tick')
    }
    await ticksOf([65], { tick }, job)
    expect(events.map((event) => (event === 'tick' ? 't' : '.')).join('')).toBe(`${'.'.repeat(64)}t.t`)
    for (const lines of [64, 1]) {
      const stop = (): Promise<void> => Promise.reject(new Error('enough'))
      await expect(ticksOf([lines], { tick: stop })).rejects.toThrow('enough')
    }
  })

  test('need not be waited for', async () => {
    let calls = 0
    const tick = (): undefined => {
      calls += 1
    }
    await ticksOf([130], { tick })
    expect(calls).toBe(3)
  })
})
