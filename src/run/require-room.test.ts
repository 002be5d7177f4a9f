import { describe, expect, test } from 'vitest'
import { requireRoom } from './require-room.ts'

const none = { openFilesMax: null, addressBytesMax: null, threads: [] }
const threads = (threadsMax: number, threadsNow: number) => ({
  ...none,
  threads: [
    { of: 'the machine', threadsMax: 1_000_000, threadsNow: 100 },
    { of: 'this user (ulimit -u)', threadsMax, threadsNow },
  ],
})

describe('requireRoom', () => {
  test('asks for nothing where there are no limits, and for what is here', () => {
    requireRoom(100_000, none)
    requireRoom(1)
  })

  test('asks for 96 open files and 8 for each worker', () => {
    requireRoom(4, { ...none, openFilesMax: 128 })
    expect(() => requireRoom(4, { ...none, openFilesMax: 127 })).toThrow(
      expect.objectContaining({
        code: 'limit-reached',
        message: 'A process may have 127 files open here, too few for a run with 4 workers.',
        wayOut: 'Allow 128 or more: ulimit -n 128',
      }),
    )
  })

  test('asks for 3 GiB of addresses', () => {
    requireRoom(4, { ...none, addressBytesMax: 3 * 2 ** 30 })
    expect(() => requireRoom(4, { ...none, addressBytesMax: 3 * 2 ** 30 - 1 })).toThrow(
      expect.objectContaining({
        code: 'limit-reached',
        message:
          'A process may have 3071 MiB of addresses here, too few for a run, which takes more of them than of memory.',
        wayOut: 'Bound its memory with --memory instead: ulimit -v unlimited',
      }),
    )
  })

  test('asks for 12 threads for each worker, and says how many workers there may be', () => {
    requireRoom(4, threads(148, 100))
    expect(() => requireRoom(4, threads(147, 100))).toThrow(
      expect.objectContaining({
        code: 'limit-reached',
        message: '4 workers do not fit: this user (ulimit -u) may have 147 threads and has 100.',
        wayOut: 'Say --workers 3, or end other processes.',
      }),
    )
    expect(() => requireRoom(1, threads(111, 100))).toThrow(
      expect.objectContaining({ wayOut: 'End other processes first.' }),
    )
  })
})
