import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeArchive } from '../../test/fixtures/archives.ts'
import { mapTask, runTasks, TaskInputs } from '../../test/fixtures/task-runs.ts'
import { text } from '../input/index.ts'
import { type AnyJob, type Context, collect, count, defineJob } from '../job/index.ts'
import { hashBytes } from '../record/index.ts'
import { MemoryStorage } from './storage.ts'

let inputs: TaskInputs
beforeEach(() => {
  inputs = new TaskInputs()
})
afterEach(() => inputs.remove())

type Ctx = Context<unknown, unknown>
type Emit = (key: unknown, value?: unknown) => void

/** A job over lines that collects what `map` says of each. */
function saying(map: (line: string, ctx: Ctx) => unknown, more: object = {}): AnyJob {
  return defineJob({
    input: text(),
    reduce: collect(),
    map: (line: string, emit: Emit, ctx: Ctx) => emit(line, map(line, ctx)),
    ...more,
  } as never) as unknown as AnyJob
}

async function saidOf(job: AnyJob, splitBytes?: number): Promise<Map<unknown, unknown>> {
  const rows = await runTasks(job, await inputs.sources(job, splitBytes))
  return new Map(rows.map(([, key, value]) => [key, (value as unknown[])[0]]))
}

describe('ctx.position', () => {
  test('is where the record at hand is: in a file, or in a member of an archive', async () => {
    inputs.write('a.txt', 'one\ntwo\r\nthree')
    inputs.write('b.zip', makeArchive([{ name: 'x', content: 'four\nfive\n' }]))
    const found = await saidOf(saying((_, ctx) => ctx.position))
    const [a, b] = [`${inputs.folder}/a.txt`, `${inputs.folder}/b.zip`]
    expect([...found].sort()).toEqual([
      ['five', { path: b, member: 'x', byte: 5, line: 2 }],
      ['four', { path: b, member: 'x', byte: 0, line: 1 }],
      ['one', { path: a, member: null, byte: 0, line: 1 }],
      ['three', { path: a, member: null, byte: 9, line: 3 }],
      ['two', { path: a, member: null, byte: 4, line: 2 }],
    ])
  })

  test('has no line where lines before it were not counted', async () => {
    inputs.write('a.txt', 'one\ntwo\nthree\n')
    const found = await saidOf(
      saying((_, ctx) => ctx.position.line),
      4,
    )
    expect(found).toEqual(
      new Map<unknown, unknown>([
        ['one', 1],
        ['two', null],
        ['three', null],
      ]),
    )
  })

  test.each(['setup', 'flush'])('is that of no record in %s, and says what to do', async (hook) => {
    inputs.write('a.txt', 'one\n')
    const read = hook === 'setup' ? (ctx: Ctx) => ctx.position : (_: Emit, ctx: Ctx) => ctx.position
    const job = saying(() => 1, { [hook]: read })
    await expect(mapTask(job, await inputs.sources(job), new MemoryStorage())).rejects.toMatchObject({
      code: 'job-threw',
      message: `The job's ${hook} threw: ctx.position was read outside a record: setup and flush have none.`,
      cause: { code: 'job-threw', wayOut: expect.stringContaining('ctx.state') },
    })
  })
})

/** As its author published it. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

describe('ctx.random', () => {
  test('is mulberry32, begun anew by the hash of the file, the member and the byte of each record', async () => {
    // The second record of each begins at byte 1, and is the first that draws.
    inputs.write('a.txt', '\nx\nlast')
    inputs.write('b.zip', makeArchive([{ name: 'in', content: '\ny\n' }]))
    const found = await saidOf(
      saying((line, ctx) => (line === '' ? [] : [ctx.random(), ctx.random(), ctx.random()])),
    )
    const drawnAt = (name: string, member: string | null, byte: number): number[] => {
      const seed = Buffer.from(`${inputs.folder}/${name}\0${member}\0${byte}`)
      const next = mulberry32(hashBytes(seed, 0, seed.length))
      return [next(), next(), next()]
    }
    expect(found.get('x')).toEqual(drawnAt('a.txt', null, 1))
    expect(found.get('last')).toEqual(drawnAt('a.txt', null, 3))
    expect(found.get('y')).toEqual(drawnAt('b.zip', 'in', 1))
  })

  test('gives numbers from 0 to 1, others for each record, for each draw and for each file', async () => {
    const lines = Array.from({ length: 200 }, (_, index) => `line ${index}\n`)
    inputs.write('a.txt', lines.join(''))
    inputs.write('b.txt', lines.join('').replaceAll('line', 'row!'))
    const found = await saidOf(saying((_, ctx) => [ctx.random(), ctx.random()]))
    const drawn = [...found.values()].flat() as number[]
    expect(new Set(drawn).size).toBe(800)
    for (const number of drawn) expect(number >= 0 && number < 1).toBe(true)
    // Evenly: of 800 some 80 in each tenth.
    for (let tenth = 0; tenth < 10; tenth++) {
      const hits = drawn.filter((number) => Math.floor(10 * number) === tenth).length
      expect(hits).toBeGreaterThan(40)
      expect(hits).toBeLessThan(120)
    }
  })

  test('draws on within a record, whatever else is asked meanwhile, and anew in the next', async () => {
    inputs.write('a.txt', 'one\ntwo\n')
    const plain = await saidOf(saying((_, ctx) => [ctx.random(), ctx.random(), ctx.random()]))
    const mixed = await saidOf(
      saying((_, ctx) => {
        const first = ctx.random()
        ctx.counter(ctx.position.path)
        return [first, ctx.random(), ctx.random()]
      }),
    )
    expect(mixed).toEqual(plain)
    expect(plain.get('one')).not.toEqual(plain.get('two'))
  })

  test('is the same in the flush of every attempt', async () => {
    inputs.write('a.txt', 'one\n')
    const job = saying(() => 1, { flush: (emit: Emit, ctx: Ctx) => emit('flush', ctx.random()) })
    const [first, second] = [await saidOf(job), await saidOf(job)]
    expect(first.get('flush')).toBe(second.get('flush'))
    inputs.write('a.txt', 'one\ntwo\n')
    expect((await saidOf(job)).get('flush')).toBe(first.get('flush'))
  })
})

describe('ctx.counter', () => {
  test('adds whole numbers, 1 unless said, in map and flush, and is shown in the order of names', async () => {
    inputs.write('a.txt', 'one\ntwo\nthree\n')
    const job = defineJob({
      input: text(),
      reduce: count(),
      map: (line: string, _: Emit, ctx: Ctx) => {
        ctx.counter('lines')
        ctx.counter('letters', line.length)
        ctx.counter('down', -2)
      },
      flush: (_: Emit, ctx: Ctx) => {
        ctx.counter('lines', 100)
        ctx.counter('and flush')
      },
    } as never) as unknown as AnyJob
    const { counters } = await mapTask(job, await inputs.sources(job), new MemoryStorage())
    expect(Object.entries(counters)).toEqual([
      ['and flush', 1],
      ['down', -6],
      ['letters', 11],
      ['lines', 103],
    ])
  })

  test('counts as many names as a record has, whatever their order', async () => {
    inputs.write('a.txt', 'one\ntwo\n')
    const falling = Array.from({ length: 40 }, (_, index) => `c${String(39 - index).padStart(2, '0')}`)
    const names = [...falling, 'd', 'b']
    const job = saying((_, ctx) => {
      for (const name of names) ctx.counter(name)
      return null
    })
    const { counters } = await mapTask(job, await inputs.sources(job), new MemoryStorage())
    expect(Object.entries(counters)).toEqual(names.toSorted().map((name) => [name, 2]))
  })
})
