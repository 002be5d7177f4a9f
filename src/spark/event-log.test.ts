import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EventLog } from './event-log.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-event-log-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const file = (): string => join(folder, 'app-1.inprogress')

function write(...events: readonly object[]): void {
  appendFileSync(file(), events.map((event) => `${JSON.stringify(event)}\n`).join(''))
}

function job(
  group: string,
  ...stages: readonly (readonly [id: number, parents: readonly number[]])[]
): object {
  return {
    Event: 'SparkListenerJobStart',
    'Stage Infos': stages.map(([id, parents]) => ({ 'Stage ID': id, 'Parent IDs': parents })),
    Properties: { 'spark.jobGroup.id': group },
  }
}

function task(event: 'Start' | 'End', stage: number, id: number, partition: number, reason?: object): object {
  return {
    Event: `SparkListenerTask${event}`,
    'Stage ID': stage,
    'Task Info': {
      'Task ID': id,
      Index: 0,
      'Partition ID': partition,
      'Executor ID': '1',
      Host: 'h',
      Speculative: false,
    },
    ...(reason === undefined ? {} : { 'Task End Reason': reason }),
  }
}

describe('EventLog', () => {
  it('tells map tasks from reduce tasks by what their stage reads, and from what only brings replies', () => {
    const log = new EventLog(folder)
    expect(log.take()).toEqual([])
    write(job('tallyman map', [0, []], [1, [0]]), task('Start', 0, 10, 3), task('Start', 1, 11, 16))
    expect(log.take()).toMatchObject([
      { kind: 'task-started', stage: 'map', index: 3, id: 10, executor: '1' },
    ])
    write(job('tallyman reduce', [2, []], [3, [2]]), task('Start', 3, 12, 5), task('Start', 2, 13, 1))
    expect(log.take()).toMatchObject([
      { stage: 'reduce', index: 5, id: 12 },
      { stage: 'map', index: 1, id: 13 },
    ])
    expect(log.take()).toEqual([])
  })

  it('goes on in a line that was half there', () => {
    const log = new EventLog(folder)
    write(job('tallyman map', [0, []]))
    const line = JSON.stringify(task('Start', 0, 1, 0))
    appendFileSync(file(), line.slice(0, 20))
    expect(log.take()).toEqual([])
    appendFileSync(file(), `${line.slice(20)}\n`)
    expect(log.take()).toHaveLength(1)
    write({ Event: 'SparkListenerJobEnd' })
    log.take()
    expect(log.jobsEnded).toBe(1)
  })

  it.each([
    [{ Reason: 'Success' }, { how: 'done' }],
    [{ Reason: 'TaskKilled', 'Kill Reason': 'another attempt succeeded' }, { how: 'not-needed' }],
    [
      { Reason: 'ExceptionFailure', 'Class Name': 'A', Description: 'b' },
      { how: 'raised', text: 'A: b' },
    ],
    [
      { Reason: 'ExecutorLostFailure', 'Loss Reason': 'gone' },
      { how: 'executor-lost', text: 'gone' },
    ],
    [
      { Reason: 'Resubmitted' },
      { how: 'executor-lost', text: 'its executor was lost with what it had written' },
    ],
    [
      { Reason: 'FetchFailed', Message: 'no' },
      { how: 'fetch-failed', text: 'no' },
    ],
    [{ Reason: 'TaskResultLost' }, { how: 'other', text: '{"Reason":"TaskResultLost"}' }],
  ])('knows the end %j', (reason, end) => {
    const log = new EventLog(folder)
    write(job('tallyman map', [0, []]), task('End', 0, 1, 0, reason))
    expect(log.take()).toMatchObject([{ kind: 'task-ended', id: 1, host: 'h', end }])
  })

  it('tells of executors that come and go', () => {
    const log = new EventLog(folder)
    write(
      {
        Event: 'SparkListenerExecutorAdded',
        'Executor ID': '7',
        'Executor Info': { Host: 'h', 'Total Cores': 4 },
      },
      { Event: 'SparkListenerExecutorRemoved', 'Executor ID': '7', 'Removed Reason': 'worker lost' },
    )
    expect(log.take()).toEqual([
      { kind: 'executor-added', executor: '7', host: 'h', cores: 4 },
      { kind: 'executor-removed', executor: '7', reason: 'worker lost' },
    ])
  })
})
