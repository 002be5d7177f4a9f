import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TallymanError } from '../errors.ts'
import { bytesOfAll, type Resources, settleResources, workerBytesOf } from './resources.ts'

const MiB = 2 ** 20
const GiB = 2 ** 30
const big = { cores: 64, availableBytes: 256 * GiB }
const unsaid = { isolation: 'process', workers: null, memoryBytes: null } as const

const options = fc.record({
  isolation: fc.constantFrom('process', 'thread'),
  workers: fc.option(fc.integer({ min: 1, max: 200 })),
  memoryBytes: fc.option(fc.integer({ min: 0, max: 64 * GiB })),
})
const machine = fc.record({
  cores: fc.integer({ min: 1, max: 256 }),
  availableBytes: fc.integer({ min: 0, max: 512 * GiB }),
})

function trySettle(...args: Parameters<typeof settleResources>): Resources | TallymanError {
  try {
    return settleResources(...args)
  } catch (error) {
    if (error instanceof TallymanError) return error
    throw error
  }
}

describe('settleResources', () => {
  test('takes a worker for each core, and 60 % of the memory that is there', () => {
    const { workers, memory } = settleResources(unsaid, big)
    expect(workers).toBe(64)
    expect(memory.totalBytes).toBe(Math.floor(256 * GiB * 0.6))
  })

  test('takes fewer workers than there are cores where the memory is too little for all', () => {
    const { workers } = settleResources(unsaid, { cores: 64, availableBytes: 4 * GiB })
    expect(workers).toBeGreaterThan(4)
    expect(workers).toBeLessThan(64)
  })

  test('gives a worker no more than makes it faster', () => {
    const one = settleResources({ ...unsaid, workers: 1 }, big)
    const two = settleResources({ ...unsaid, workers: 2 }, big)
    expect(one.memory.workerHeapBytes).toBe(two.memory.workerHeapBytes)
    expect(one.memory.workerHeapBytes).toBeLessThan(2 * GiB)
  })

  test('takes the workers and the memory it is told to, whatever the machine has', () => {
    const told = { isolation: 'thread', workers: 7, memoryBytes: 2 * GiB } as const
    const { workers, memory } = settleResources(told, { cores: 1, availableBytes: 0 })
    expect(workers).toBe(7)
    expect(memory.totalBytes).toBe(2 * GiB)
  })

  test('refuses memory that is too little, and says how much would do', () => {
    const error = trySettle({ ...unsaid, workers: 4, memoryBytes: 100 * MiB }, big)
    expect(error).toMatchObject({
      code: 'usage',
      message: 'Memory of 100 MiB is too little for 4 workers: they need 400 MiB.',
      wayOut: 'Say --memory 400M or more, or fewer --workers.',
    })
    expect(trySettle({ ...unsaid, memoryBytes: 0 }, big)).toMatchObject({
      message: 'Memory of 0 MiB is too little for one worker: they need 172 MiB.',
      wayOut: 'Say --memory 172M or more.',
    })
  })

  test('speaks of one worker where a cluster has them', () => {
    const asked = { ...unsaid, workers: 8, memoryBytes: 800 * MiB }
    const on = (master: string) => ({
      ...asked,
      spark: { master, deployMode: 'client', home: null, pack: null, conf: {} } as const,
    })
    expect(trySettle({ ...asked, memoryBytes: 400 * MiB }, big)).toMatchObject({
      message: 'Memory of 400 MiB is too little for 8 workers: they need 704 MiB.',
    })
    expect(trySettle({ ...on('spark://a:7077'), memoryBytes: 400 * MiB }, big)).toMatchObject({
      message: 'Memory of 38 MiB is too little for one worker: they need 76 MiB.',
      wayOut: 'Say --memory 76M or more.',
    })
    expect(trySettle({ ...on('local[8]'), memoryBytes: 400 * MiB }, big)).toMatchObject({
      message: expect.stringContaining('for 8 workers'),
    })
  })

  test('is content with what it asked for', () => {
    fc.assert(
      fc.property(options, machine, (asked, host) => {
        const refused = trySettle(asked, host)
        if (!(refused instanceof TallymanError)) return
        const enough = /--memory (\d+)M/.exec(refused.wayOut ?? '')
        const memoryBytes = Number(enough?.[1]) * MiB
        expect(trySettle({ ...asked, memoryBytes }, host)).not.toBeInstanceOf(TallymanError)
        expect(trySettle({ ...asked, memoryBytes: memoryBytes - 2 * MiB }, host)).toBeInstanceOf(
          TallymanError,
        )
      }),
      { numRuns: 500 },
    )
  })

  test('shares out no more than the whole, and starts no more workers than cores', () => {
    fc.assert(
      fc.property(options, machine, (asked, host) => {
        const settled = trySettle(asked, host)
        if (settled instanceof TallymanError) return
        const { workers, memory } = settled
        expect(workers).toBeGreaterThanOrEqual(1)
        if (asked.workers === null) expect(workers).toBeLessThanOrEqual(host.cores)
        expect(workers * memory.workerHeapBytes).toBeLessThan(memory.totalBytes)
        expect(memory.combineBytesMax).toBeGreaterThan(4 * MiB)
        expect(memory.combineBytesMax + memory.workerHeapBytes).toBeLessThan(memory.totalBytes / workers)
        expect(memory.combineBytesMax).toBeLessThan(memory.workerHeapBytes)
        for (const number of Object.values(memory)) expect(Number.isSafeInteger(number)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})

test('workerBytesOf is what was asked for each worker, and of a whole what each has of it without the coordinator', () => {
  const memoryBytes = bytesOfAll(3, GiB)
  expect(workerBytesOf(settleResources({ isolation: 'process', workers: 3, memoryBytes }, big))).toBe(GiB)
  const local = settleResources({ isolation: 'process', workers: 2, memoryBytes: GiB }, big)
  expect(workerBytesOf(local)).toBe((GiB - 96 * MiB) / 2)
})
