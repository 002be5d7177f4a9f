import { describe, expect, it } from 'vitest'
import { startShell } from '../../../test/fixtures/shell.ts'
import type { Fault } from '../../errors.ts'
import { Watchdog, type Watched } from './watchdog.ts'

/** A shell that holds so many others, as a worker. */
async function startWorker(others: number): Promise<{ worker: Watched; ended: Fault[]; noted: number[] }> {
  const shell = startShell(`for i in $(seq ${others}); do sleep 60 & done; echo up; read stop`)
  await shell.nextLine()
  const ended: Fault[] = []
  const noted: number[] = []
  const worker: Watched = {
    pid: shell.pid,
    token: 'TALLYMAN_TEST_NOBODY=1',
    note: (bytes) => void noted.push(bytes),
    remember: () => undefined,
    end: (fault) => void ended.push(fault),
  }
  return { worker, ended, noted }
}

const plenty = { memoryBytes: 2 ** 50, processesMax: 64 }

describe('Watchdog', () => {
  it('ends a worker that has started more processes than it may, and no other', async () => {
    const [few, many] = [await startWorker(1), await startWorker(3)]
    const dog = new Watchdog({ ...plenty, processesMax: 2 })
    dog.look([])
    dog.look([few.worker, many.worker])
    expect(few.ended).toEqual([])
    expect(many.ended).toMatchObject([
      {
        code: 'process-limit',
        message: expect.stringContaining('started 3 processes, more than the 2 it may'),
      },
    ])
  })

  it('ends the worker that holds most where all hold more than the run may', async () => {
    const [small, large] = [await startWorker(0), await startWorker(4)]
    new Watchdog(plenty).look([small.worker, large.worker])
    expect([small.ended, large.ended]).toEqual([[], []])
    // This process holds it beside them, and is counted with them.
    const held = Buffer.alloc(96 * 2 ** 20, 1)
    const dog = new Watchdog({ ...plenty, memoryBytes: 2 ** 20 })
    dog.look([small.worker, large.worker])
    expect(small.ended).toEqual([])
    expect(large.ended).toMatchObject([
      { code: 'memory-limit', message: expect.stringContaining(' of the 1 MiB it may') },
    ])
    expect(held.at(-1)).toBe(1)
    expect(large.noted[0]).toBeGreaterThan(small.noted[0]!)
  })
})
