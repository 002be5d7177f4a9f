import { mkdirSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { mapReport, reduceReport } from '../../../test/fixtures/plans.ts'
import { type TempFolder, tempFolder } from '../../../test/fixtures/temp-folder.ts'
import type { Fault } from '../../errors.ts'
import { deathFile } from '../../executor/index.ts'
import type { RunEvent } from '../journal/events.ts'
import { RunDirectory } from './directory.ts'
import { findDeath, type LogSource, listLogs, readLog } from './logs.ts'

const fault: Fault = { code: 'worker-died', message: 'The worker died.' }

let folder: TempFolder
let directory: RunDirectory
beforeEach(() => {
  folder = tempFolder()
  directory = new RunDirectory(folder.path)
  mkdirSync(directory.logFolder)
})
afterEach(() => folder.remove())

function write(...names: readonly string[]): void {
  for (const name of names) writeFileSync(folder.at('logs', name), `printed to ${name}\n`)
}

function started(task: string, attempt = 1): RunEvent {
  return { type: 'attempt-started', at: 1, task, attempt, seat: 0 }
}

function failed(task: string, attempt = 1): RunEvent {
  return { type: 'attempt-failed', at: 2, task, attempt, fault, charged: true }
}

function list(events: readonly RunEvent[], isHeld = false): Pick<LogSource, 'of' | 'how' | 'why'>[] {
  return listLogs(directory, { events, isHeld }).map(({ of, how, why }) => ({ of, how, why }))
}

/** How the attempts ended that have printed something. */
function hows(events: readonly RunEvent[], isHeld = false): Record<string, LogSource['how']> {
  return Object.fromEntries(list(events, isHeld).map(({ of, how }) => [of, how]))
}

describe('listLogs', () => {
  test('has those of no attempt first, then those of attempts by task and number, and nothing else', () => {
    write('worker-1.log', 'threads.log', 'worker-10.log', 'worker-0.log', 'spark.log')
    write('reduce-00000.1.log', 'map-00001.10.log', 'map-00001.9.log', 'map-00000.2.log', 'map-100000.1.log')
    write('run.log', 'progress.json', 'map-00000.2.death.json', 'worker-x.log', 'map-00000.log')
    write('my-worker-0.log', 'worker-0.log.old', 'old-map-00000.1.log', 'map-00000.1.log.old')
    expect(list([]).map(({ of }) => of)).toEqual([
      'spark',
      'threads',
      'worker-0',
      'worker-1',
      'worker-10',
      'map-00000.2',
      'map-00001.9',
      'map-00001.10',
      'map-100000.1',
      'reduce-00000.1',
    ])
    const [spark] = listLogs(directory, { events: [], isHeld: false })
    expect(spark).toEqual({ of: 'spark', how: null, why: null, file: folder.at('logs', 'spark.log') })
    expect(listLogs(directory, { events: [], isHeld: false }).at(-1)?.file).toBe(
      folder.at('logs', 'reduce-00000.1.log'),
    )
  })

  test('has none where nothing was printed, or there is no folder', () => {
    expect(list([started('map-00000')])).toEqual([])
    expect(listLogs(new RunDirectory(folder.at('nowhere')), { events: [], isHeld: false })).toEqual([])
  })

  test('has those that failed and printed nothing, too, and says why', () => {
    const damaged: RunEvent = {
      type: 'inputs-damaged',
      at: 3,
      task: 'map-00001',
      attempt: 1,
      splits: [{ ordinal: 1, fault: { code: 'input-damaged', message: 'It ends early.' } }],
    }
    expect(list([started('map-00000'), failed('map-00000'), started('map-00001'), damaged])).toEqual([
      { of: 'map-00000.1', how: 'failed', why: 'The worker died.' },
      { of: 'map-00001.1', how: 'failed', why: 'It ends early.' },
    ])
  })

  test('says how each attempt ended', () => {
    write('map-00000.1.log', 'map-00000.2.log', 'map-00001.1.log', 'map-00002.1.log', 'reduce-00000.1.log')
    const events: RunEvent[] = [
      started('map-00000', 1),
      started('map-00000', 2),
      { type: 'map-committed', at: 2, task: 'map-00000', attempt: 1, report: mapReport([]) },
      { type: 'attempt-superseded', at: 3, task: 'map-00000', attempt: 2 },
      started('map-00001'),
      started('reduce-00000'),
      { type: 'reduce-committed', at: 3, task: 'reduce-00000', attempt: 1, report: reduceReport() },
    ]
    const ended = {
      'map-00000.1': 'done',
      'map-00000.2': 'given-up',
      'map-00002.1': 'given-up',
      'reduce-00000.1': 'done',
    }
    expect(hows(events, true)).toEqual({ ...ended, 'map-00001.1': 'running' })
    // Nobody is at work on the run any more.
    expect(hows(events)).toEqual({ ...ended, 'map-00001.1': 'given-up' })
  })

  test.each<RunEvent>([
    { type: 'interrupted', at: 5 },
    { type: 'failed', at: 5, fault },
    { type: 'resumed', at: 5, accept: [], badRecords: { kind: 'count', count: 0 } },
  ])('takes what was running for given up once the run has $type, and nothing else', (end) => {
    write('map-00000.1.log', 'map-00001.1.log', 'map-00002.1.log')
    const events = [
      started('map-00000'),
      failed('map-00000'),
      started('map-00001'),
      end,
      started('map-00002'),
    ]
    expect(list(events, true)).toEqual([
      { of: 'map-00000.1', how: 'failed', why: 'The worker died.' },
      { of: 'map-00001.1', how: 'given-up', why: null },
      { of: 'map-00002.1', how: 'running', why: null },
    ])
  })
})

describe('findDeath', () => {
  test('finds what is left of an attempt that failed', () => {
    const file = deathFile(directory.logFolder, 'map-00000.1')
    const record = { format: 'tallyman death', version: 1, fault }
    writeFileSync(file, JSON.stringify(record))
    expect(findDeath(directory, { of: 'map-00000.1', how: 'failed' })).toEqual({ file, record })
    expect(findDeath(directory, { of: 'map-00000.1', how: 'done' })).toBeNull()
    expect(findDeath(directory, { of: 'map-00000.2', how: 'failed' })).toBeNull()
  })
})

describe('readLog', () => {
  test('reads what was printed, and nothing where nothing was', () => {
    write('map-00000.1.log')
    expect(readLog(folder.at('logs', 'map-00000.1.log'))).toMatchObject({
      text: 'printed to map-00000.1.log\n',
      droppedBytes: 0,
    })
    expect(readLog(folder.at('logs', 'none.log'))).toEqual({ text: '', headLength: 0, droppedBytes: 0 })
    expect(() => readLog(folder.path)).toThrow(/EISDIR/)
  })
})
