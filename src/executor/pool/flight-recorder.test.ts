import { writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import type { Attempt } from '../attempt.ts'
import { deathFile } from '../log-files.ts'
import { type DeathRecord, FlightRecorder, readDeath, writeDeath } from './flight-recorder.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

const attempt: Attempt = {
  id: 'reduce-00000.1',
  directory: 'attempts/reduce-00000.1',
  work: { kind: 'reduce', spills: [], recordsExpected: 0 },
}
const fault = { code: 'killed', message: 'It was killed.' } as const

function recordOf(recorder: FlightRecorder): DeathRecord {
  return recorder.record({ attempt, fault, seat: 0, stderr: '', directory: folder.at('none') })
}

describe('FlightRecorder', () => {
  const recorder = new FlightRecorder({ memoryBytes: 1, processesMax: 1, taskTimeoutMs: 1 })

  it('has nothing of an attempt for which there was no worker', () => {
    recorder.begin()
    recorder.board(null, 7)
    recorder.look(5)
    expect(recordOf(recorder)).toMatchObject({
      worker: { pid: null },
      memory: [],
      openFiles: null,
      limits: { heapBytes: 7, system: {} },
    })
  })

  it('keeps looks from all of a long attempt, and no more than are read', () => {
    recorder.begin()
    recorder.board(process.pid, 7)
    for (let look = 1; look <= 1000; look++) recorder.look(look)
    const { memory } = recordOf(recorder)
    expect(memory.length).toBeGreaterThan(100)
    expect(memory.length).toBeLessThanOrEqual(240)
    expect(memory[0]?.bytes).toBe(1)
    expect(memory.at(-1)?.bytes).toBeGreaterThan(990)
    const gaps = memory.slice(1).map(({ bytes }, index) => bytes - memory[index]!.bytes)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(8)
  })

  it('takes nothing for told of a process that is gone', () => {
    recorder.begin()
    // No process has this number: it is above what Linux gives.
    recorder.board(2 ** 22 + 1, 7)
    recorder.look(0)
    expect(recordOf(recorder)).toMatchObject({ memory: [], openFiles: null })
  })
})

describe('readDeath', () => {
  it('reads what was written, and knows where nothing was', () => {
    const recorder = new FlightRecorder({ memoryBytes: 1, processesMax: 1, taskTimeoutMs: 1 })
    recorder.begin()
    writeDeath(folder.path, recordOf(recorder))
    expect(readDeath(folder.path, attempt.id)).toMatchObject({ attempt, fault })
    expect(readDeath(folder.path, 'map-00000.1')).toBeNull()
    writeFileSync(folder.at('file'), '')
    expect(() => readDeath(folder.at('file'), attempt.id)).toThrow('ENOTDIR')
  })

  it('is not there where the disk takes none, which ends nothing', () => {
    writeDeath(
      folder.at('nowhere'),
      recordOf(new FlightRecorder({ memoryBytes: 1, processesMax: 1, taskTimeoutMs: 1 })),
    )
    expect(readDeath(folder.at('nowhere'), attempt.id)).toBeNull()
    expect(deathFile('/l', 'a')).toBe('/l/a.death.json')
  })
})
