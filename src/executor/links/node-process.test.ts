import { describe, expect, it } from 'vitest'
import { heapDeath, howItEnded } from './node-process.ts'

describe('howItEnded', () => {
  it.each<[number | null, NodeJS.Signals | null, string, string]>([
    [0, null, 'was ended by the job itself: process.exit(0)', 'job-exited'],
    [127, null, 'was ended by the job itself: process.exit(127)', 'job-exited'],
    [134, null, 'ended with exit code 134', 'worker-died'],
    [null, 'SIGKILL', 'was killed by SIGKILL: by someone, or by the system for want of memory', 'killed'],
    [null, 'SIGTERM', 'was killed by SIGTERM', 'killed'],
    [null, 'SIGHUP', 'was killed by SIGHUP', 'killed'],
    [null, 'SIGSEGV', 'crashed with SIGSEGV', 'worker-died'],
    [null, 'SIGABRT', 'crashed with SIGABRT', 'worker-died'],
  ])('says of exit code %o and signal %o: %s', (exitCode, signal, how, code) => {
    expect(howItEnded(exitCode, signal)).toEqual({ how, code })
  })
})

describe('heapDeath', () => {
  it('is known by what Node says last', () => {
    const lastWords = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'
    expect(heapDeath(lastWords)).toEqual({ how: 'ran out of heap', code: 'out-of-memory', lastWords })
    expect(heapDeath('out of luck')).toBeNull()
  })
})
