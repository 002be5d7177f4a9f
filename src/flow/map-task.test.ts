import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mapTask, rejectedIn, runTasks, TaskInputs } from '../../test/fixtures/task-runs.ts'
import { TallymanError } from '../errors.ts'
import { jsonl, text } from '../input/index.ts'
import { type AnyJob, collect, count, defineJob, sum } from '../job/index.ts'
import { RecordFileReader } from '../record/index.ts'
import { MemoryStorage, type OutputFile, openSection } from './storage.ts'

let inputs: TaskInputs
beforeEach(() => {
  inputs = new TaskInputs()
})
afterEach(() => inputs.remove())

async function failureOf(work: Promise<unknown>): Promise<TallymanError> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof TallymanError) return error
  throw new Error(`Expected a TallymanError, got ${String(error)}.`)
}

const lines = (job: Partial<Parameters<typeof defineJob>[0]>): AnyJob =>
  defineJob({ input: text(), reduce: count(), map: () => undefined, ...job } as never) as unknown as AnyJob

describe('runMapTask', () => {
  it('drops what a record emitted and counted when its map throws, and goes on', async () => {
    inputs.write('a.txt', 'one\ntwo\nthree\n')
    const job = lines({
      map: (line: unknown, emit: unknown, ctx: { counter(name: string): void }) => {
        ;(emit as (key: string) => void)(String(line))
        ctx.counter('seen')
        if (line === 'two') throw new TypeError('no twos')
      },
    } as never)
    const storage = new MemoryStorage()
    const report = await mapTask(job, await inputs.sources(job), storage)
    expect(report).toMatchObject({ emitted: 2, counters: { seen: 2 } })
    expect(report.sources).toMatchObject([{ records: 2, rejected: 1, lines: 3 }])
    const [rejected] = rejectedIn(storage)
    expect(rejected).toMatchObject({
      byte: 4,
      lineInSplit: 2,
      by: 'mapper',
      reason: 'map threw: no twos',
      excerpt: 'two',
    })
    expect(rejected?.stack).toContain('map-task.test.ts')
  })

  it.each([
    ['at once', (line: string, emit: (key: string) => void) => emit(line)],
    ['after it has waited', async (line: string, emit: (key: string) => void) => emit(line)],
  ])(
    'fails where what a record emitted %s cannot be spilled, and does not reject the record',
    async (_, map) => {
      /** A disk that fails once. */
      class BadStorage extends MemoryStorage {
        #isBad = true
        override create(name: string): OutputFile {
          if (!this.#isBad || !name.endsWith('.spill')) return super.create(name)
          this.#isBad = false
          throw Object.assign(new Error('i/o error'), { code: 'EIO' })
        }
      }
      inputs.write('a.txt', `${'x'.repeat(2000)}\n${'y'.repeat(2000)}\nz\n`)
      const job = lines({ map } as never)
      const work = mapTask(job, await inputs.sources(job), new BadStorage(), { combineBytesMax: 1000 })
      await expect(work).rejects.toMatchObject({ code: 'EIO' })
    },
  )

  it('rejects a record at which the map throws what has no text', async () => {
    inputs.write('a.txt', 'one\ntwo\n')
    const job = lines({
      map: (line: unknown) => {
        if (line === 'two') throw Object.create(null)
      },
    } as never)
    const storage = new MemoryStorage()
    const report = await mapTask(job, await inputs.sources(job), storage)
    expect(report.sources).toMatchObject([{ records: 1, rejected: 1 }])
    expect(rejectedIn(storage)).toMatchObject([{ reason: 'map threw: something that has no text' }])
  })

  it('holds nothing of a record whose map throws, and goes on with its keys where another one emits them', async () => {
    const words = Array.from(
      { length: 400 },
      (_, number) => `w${(number * 7919) % 150}${number % 3 === 0 ? '!' : ''}`,
    )
    inputs.write('a.txt', words.join('\n'))
    const job = lines({
      map: (line: unknown, emit: unknown) => {
        const word = String(line)
        for (const key of [word.replace('!', ''), [word.length, word], word])
          (emit as (key: unknown) => void)(key)
        if (word.endsWith('!')) throw new Error('too loud')
      },
    } as never)
    const expected = new Map<string, number>()
    for (const word of words.filter((word) => !word.endsWith('!')))
      for (const key of [word, [word.length, word], word]) {
        const text = JSON.stringify(key)
        expected.set(text, (expected.get(text) ?? 0) + 1)
      }
    const rows = await runTasks(job, await inputs.sources(job))
    const found = rows.map(([, key, value]) => [JSON.stringify(key), value])
    expect(new Map(found as [string, number][])).toEqual(expected)
    expect(found.length).toBe(expected.size)
  })

  it('keeps keys and values as they were emitted, whatever the job does to them afterwards', async () => {
    inputs.write('a.txt', 'one\ntwo\n')
    const key: [string, number] = ['', 0]
    const value = { line: '', seen: [] as number[] }
    const job = lines({
      reduce: collect(),
      map: (line: unknown, emit: unknown) => {
        value.line = String(line)
        for (const turn of [1, 2]) {
          key[0] = `turn ${turn}`
          value.seen = [turn]
          ;(emit as (key: unknown, value: unknown) => void)(key, value)
          value.seen.push(0)
        }
      },
    } as never)
    expect(await runTasks(job, await inputs.sources(job))).toEqual(
      [1, 2].map((turn) => [
        'result',
        [`turn ${turn}`, 0],
        ['one', 'two'].map((line) => ({ line, seen: [turn] })),
      ]),
    )
  })

  it('waits for an async map before it takes the next record', async () => {
    inputs.write('a.txt', 'b\na\nc\n')
    const seen: string[] = []
    const job = lines({
      reduce: collect(),
      map: async (line: unknown, emit: unknown) => {
        seen.push(`begin ${line}`)
        await new Promise((resolve) => setTimeout(resolve, 1))
        seen.push(`end ${line}`)
        ;(emit as (key: string, value: unknown) => void)('all', line)
      },
    } as never)
    expect(await runTasks(job, await inputs.sources(job))).toEqual([['result', 'all', ['b', 'a', 'c']]])
    expect(seen).toEqual(['begin b', 'end b', 'begin a', 'end a', 'begin c', 'end c'])
  })

  it('refuses an emit that comes after its map has returned', async () => {
    inputs.write('a.txt', 'one\ntwo\n')
    const late: (() => void)[] = []
    const job = lines({
      map: (line: unknown, emit: unknown) => {
        if (line === 'two') late.pop()?.()
        else late.push(() => (emit as (key: string) => void)('late'))
      },
      flush: () => undefined,
    } as never)
    // Within the map of another record it counts as that record's; after the last one it is refused.
    await mapTask(job, await inputs.sources(job), new MemoryStorage())
    const stray = lines({
      map: (_line: unknown, emit: unknown) => {
        late.push(() => (emit as (key: string) => void)('late'))
      },
    } as never)
    await mapTask(stray, await inputs.sources(stray), new MemoryStorage())
    expect(late.pop()).toThrow('got a value after its record')
  })

  it.each([
    {
      what: 'a key that is none',
      emitted: [['a', Number.NaN]],
      reduce: count(),
      says: 'Key element [1] is NaN',
    },
    {
      what: 'a value that is no number',
      emitted: ['a', null],
      reduce: sum(),
      says: 'it got null. Emit a number',
    },
    {
      what: 'a value that is not a number, as NaN says',
      emitted: ['a', Number('1,5')],
      reduce: sum(),
      says: 'key "a": sum() takes numbers; it got NaN. Number(\'1,5\')',
    },
    {
      what: 'a value that is not data',
      emitted: ['a', [Math.max]],
      reduce: collect(),
      says: 'the function max',
    },
  ])(
    'rejects the record that emits $what, with the line that emits it',
    async ({ emitted, reduce, says }) => {
      inputs.write('a.txt', 'one\ntwo\nthree\n')
      const job = lines({
        reduce,
        map: (line: unknown, emit: unknown) => {
          const emitAny = emit as (...args: readonly unknown[]) => void
          emitAny('good', reduce.kind === 'count' ? undefined : 1)
          if (line === 'two') emitAny(...emitted)
        },
      } as never)
      const storage = new MemoryStorage()
      const report = await mapTask(job, await inputs.sources(job), storage)
      expect(report).toMatchObject({ emitted: 2, sources: [{ records: 2, rejected: 1 }] })
      const [rejected] = rejectedIn(storage)
      expect(rejected).toMatchObject({ byte: 4, by: 'mapper', reason: expect.stringContaining(says) })
      expect(rejected?.reason).toMatch(/^Emit to table "result"/)
      expect(String(rejected?.stack).split('\n    at ')[1]).toContain('map-task.test.ts')
    },
  )

  it('ends with job-threw, the place and the key when values cannot be added up', async () => {
    inputs.write('a.txt', 'one\ntwo\n')
    const job = lines({
      reduce: sum<string, number | bigint>(),
      map: (line: unknown, emit: unknown) =>
        (emit as (key: string, value: number | bigint) => void)('a', line === 'one' ? 1 : 1n),
    } as never)
    const error = await failureOf(mapTask(job, await inputs.sources(job), new MemoryStorage()))
    expect(error.code).toBe('job-threw')
    expect(error.message).toMatch(
      /Adding to table "result" failed at .*a\.txt, byte 4 .*key "a": sum\(\) got numbers and bigints/,
    )
  })

  it('ends with job-threw when the map throws at each of the first hundred records', async () => {
    inputs.write('a.txt', 'x\n'.repeat(150))
    const job = lines({
      map: () => {
        throw new Error('always')
      },
    } as never)
    const error = await failureOf(mapTask(job, await inputs.sources(job), new MemoryStorage()))
    expect(error).toMatchObject({ code: 'job-threw' })
    expect(error.message).toContain('each of the first 100 records')
  })

  it('says how tables are emitted to where the map or flush calls what is none', async () => {
    inputs.write('a.txt', 'one\ntwo\n')
    const job = lines({
      reduce: { words: count(), lines: count() },
      map: (line: unknown, emit: unknown) =>
        line === 'one'
          ? (emit as (key: string) => void)('x')
          : (emit as { word(key: string): void }).word('x'),
    } as never)
    const storage = new MemoryStorage()
    await mapTask(job, await inputs.sources(job), storage)
    const several = 'There are several tables: say emit.words(…) or emit.lines(…).'
    expect(rejectedIn(storage).map(({ reason }) => reason)).toEqual([
      `map threw: emit is not a function. ${several}`,
      `map threw: emit.word is not a function. Did you mean emit.words? ${several}`,
    ])
    const flush = (put: unknown): void => (put as (key: string) => void)('x')
    const flushes = { ...job, map: () => undefined, flush }
    expect(await failureOf(mapTask(flushes, await inputs.sources(job), new MemoryStorage()))).toMatchObject({
      message: "The job's flush threw: put is not a function",
      wayOut: several.replaceAll('emit', 'put'),
    })
  })

  it.each([
    ['one is no JSON', '{"n":\n', 'all', 'job-threw'],
    ['two hundred are no JSON', '{"n":\n'.repeat(200), 'all', 'job-threw'],
    ['one is mapped', '{"n":{"m":1}}\n', 'all', null],
    ['one is refused on purpose', '{"n":{"m":"no"}}\n', 'all', null],
  ])('counts of the first hundred only those that reach the map, where %s', async (_, first, __, code) => {
    inputs.write('a.jsonl', first + '{"k":1}\n'.repeat(150))
    const job = lines({
      input: jsonl<{ n: { m: unknown } }>(),
      map: ({ n }: { n: { m: unknown } }, emit: unknown, ctx: { reject(reason: string): never }) => {
        if (n.m === 'no') ctx.reject('no')
        ;(emit as (key: unknown) => void)(n.m)
      },
    } as never)
    const storage = new MemoryStorage()
    const work = mapTask(job, await inputs.sources(job), storage)
    if (code === null) return expect(await work).toMatchObject({ sources: [{ lines: 151 }] })
    const error = await failureOf(work)
    expect(error.code).toBe(code)
    expect(error.message).toContain(
      'The mapper threw at each of the first 100 records; at the last one: Cannot read',
    )
  })

  it.each(['setup', 'flush'])('ends with job-threw and the hook that threw: %s', async (hook) => {
    inputs.write('a.txt', 'x\n')
    const job = lines({
      [hook]: () => {
        throw new Error('not ready')
      },
    } as never)
    const error = await failureOf(mapTask(job, await inputs.sources(job), new MemoryStorage()))
    expect(error).toMatchObject({ code: 'job-threw', message: `The job's ${hook} threw: not ready` })
  })

  it('runs setup once, hands its state to map and flush, and keeps what flush emits', async () => {
    inputs.write('a.txt', 'x\ny\n')
    const job = lines({
      reduce: sum(),
      setup: async () => ({ lines: 0 }),
      map: (_: unknown, __: unknown, ctx: { state: { lines: number } }) => {
        ctx.state.lines += 1
      },
      flush: (emit: unknown, ctx: { state: { lines: number } }) =>
        (emit as (key: string, value: number) => void)('lines', ctx.state.lines),
    } as never)
    expect(await runTasks(job, await inputs.sources(job))).toEqual([['result', 'lines', 2]])
  })

  it('draws the same random numbers and has the same positions whatever the splits are', async () => {
    inputs.write('a.txt', Array.from({ length: 40 }, (_, index) => `line ${index}\r\n`).join(''))
    const job = lines({
      reduce: collect(),
      map: (line: unknown, emit: unknown, ctx: { random(): number; position: { byte: number } }) =>
        (emit as (key: unknown, value: unknown) => void)(line, [
          ctx.random(),
          ctx.random(),
          ctx.position.byte,
        ]),
    } as never)
    const whole = await runTasks(job, await inputs.sources(job))
    const draws = whole.map(([, , value]) => (value as number[][])[0]?.[0])
    expect(new Set(draws).size).toBe(40)
    for (const splitBytes of [1, 7, 100]) {
      expect(await runTasks(job, await inputs.sources(job, splitBytes))).toEqual(whole)
    }
  })

  it('refuses a position outside a record and a counter that is no whole number', async () => {
    inputs.write('a.txt', 'x\n')
    const early = lines({ setup: (ctx: { position?: unknown }) => ctx.position } as never)
    expect(await failureOf(mapTask(early, await inputs.sources(early), new MemoryStorage()))).toMatchObject({
      code: 'job-threw',
      message: expect.stringContaining('outside a record'),
    })
    const half = lines({
      map: (_: unknown, __: unknown, ctx: { counter(n: string, by: number): void }) =>
        ctx.counter('half', 0.5),
    } as never)
    const storage = new MemoryStorage()
    await mapTask(half, await inputs.sources(half), storage)
    expect(rejectedIn(storage)[0]?.reason).toContain('a counter counts in whole numbers')
  })

  it('names every damaged source, reads the others, and spills nothing', async () => {
    const whole = gzipSync('one\ntwo\n')
    inputs.write('a.txt.gz', whole.subarray(0, whole.length - 6))
    inputs.write('b.txt', 'three\n')
    inputs.write('c.txt.gz', whole.fill(0xff, 12, 14))
    const job = lines({
      map: (line: unknown, emit: unknown) => (emit as (key: unknown) => void)(line),
    } as never)
    const report = await mapTask(job, await inputs.sources(job), new MemoryStorage())
    expect(report.damaged.map(({ ordinal, fault }) => [ordinal, fault.code])).toEqual([
      [0, 'input-damaged'],
      [2, 'input-damaged'],
    ])
    expect(report.spills).toEqual([])
    expect(report.sources.find(({ ordinal }) => ordinal === 1)).toMatchObject({ records: 1 })
  })

  it('rejects the records it is told to skip, and tells of each other one before it is mapped', async () => {
    inputs.write('a.txt', 'one\ntwo\nthree\n')
    const mapped: unknown[] = []
    const told: unknown[] = []
    const job = lines({ map: (line: unknown) => void mapped.push(line) } as never)
    const storage = new MemoryStorage()
    const report = await mapTask(job, await inputs.sources(job), storage, {
      skip: [{ ordinal: 0, byte: 4, reason: 'it ended its worker twice' }],
      onRecord: (place) => told.push([place, mapped.length]),
    })
    expect(mapped).toEqual(['one', 'three'])
    expect(told).toEqual([
      [{ ordinal: 0, byte: 0 }, 0],
      [{ ordinal: 0, byte: 8 }, 1],
    ])
    expect(report.sources).toMatchObject([{ records: 2, rejected: 1 }])
    expect(rejectedIn(storage)).toMatchObject([
      { byte: 4, by: 'mapper', reason: 'it ended its worker twice' },
    ])
  })

  it('counts all rejected records and lists the first ten thousand', async () => {
    inputs.write('a.txt', `good\n${'x\n'.repeat(10_050)}`)
    const job = lines({
      map: (line: unknown, _: unknown, ctx: { reject(reason: string): never }) => {
        if (line === 'x') ctx.reject('no x')
      },
    } as never)
    const storage = new MemoryStorage()
    const report = await mapTask(job, await inputs.sources(job), storage)
    expect(report.sources).toMatchObject([{ records: 1, rejected: 10_050 }])
    expect(rejectedIn(storage)).toHaveLength(10_000)
  })

  it('spills sorted files when its budget is full, with as many records as the report says', async () => {
    inputs.write(
      'a.txt',
      Array.from({ length: 3000 }, (_, index) => `key ${(index * 7919) % 3000}\n`).join(''),
    )
    const job = lines({
      map: (line: unknown, emit: unknown) => (emit as (key: unknown) => void)(line),
    } as never)
    const storage = new MemoryStorage()
    const report = await mapTask(job, await inputs.sources(job), storage, {
      combineBytesMax: 20_000,
      partitions: 2,
    })
    expect(report.spills.length).toBeGreaterThan(6)
    let records = 0
    for (const { records: said, ...section } of report.spills) {
      const reader = new RecordFileReader(openSection(storage, section), 'spill')
      const keys: Buffer[] = []
      while (reader.next()) keys.push(Buffer.from(reader.bytes.subarray(reader.keyStart, reader.keyEnd)))
      expect(keys).toEqual([...keys].sort(Buffer.compare))
      expect(keys).toHaveLength(said)
      records += said
    }
    expect(records).toBe(3000)
  })
})
