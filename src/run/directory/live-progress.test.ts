import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type TempFolder, tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { until } from '../../../test/fixtures/until.ts'
import type { ProgressEvent, RunEvent } from '../journal/events.ts'
import { RunDirectory } from './directory.ts'
import { LiveProgress, readLiveProgress } from './live-progress.ts'

let folder: TempFolder
let directory: RunDirectory
let live: LiveProgress | null
beforeEach(() => {
  folder = tempFolder()
  directory = new RunDirectory(folder.path)
  mkdirSync(directory.logFolder)
  live = null
})
afterEach(() => {
  live?.end()
  folder.remove()
})

const started: RunEvent = { type: 'attempt-started', at: 1, task: 'map-00000', attempt: 1, seat: 0 }
const progress: ProgressEvent = {
  type: 'progress',
  at: 2,
  task: 'map-00000',
  attempt: 1,
  readBytes: 1,
  bytes: 2,
  records: 3,
  rejected: 0,
  groups: 0,
}
const note = { type: 'note', at: 3, message: 'A worker is paused.' } as const
const run = () => ({
  directory,
  workers: [{ seat: 0, pid: 77 }],
  bottleneck: () => ({ kind: 'unknown' }) as const,
})

test('LiveProgress writes how far attempts are, what was said, and who is at work, and removes that at the end', () => {
  live = new LiveProgress(run(), 0)
  for (const event of [started, note, progress]) live.observe(event)
  expect(readLiveProgress(directory)).toMatchObject({
    format: 'tallyman progress',
    version: 1,
    at: expect.any(Number),
    attempts: [progress],
    note,
    workers: [{ seat: 0, pid: 77 }],
    bottleneck: { kind: 'unknown' },
  })
  live.end()
  expect([existsSync(directory.progressFile), readLiveProgress(directory)]).toEqual([false, null])
  live.end()
})

test('LiveProgress writes no more often than asked, and also when nobody tells it anything', async () => {
  live = new LiveProgress(run(), 1100)
  for (const event of [started, progress, note]) live.observe(event)
  expect(readLiveProgress(directory)).toBeNull()
  const written = await until('the file', () => readLiveProgress(directory))
  expect(written).toMatchObject({ attempts: [progress], note })
})

test('LiveProgress lets a run go on whose folder takes nothing', () => {
  rmSync(directory.logFolder, { recursive: true })
  live = new LiveProgress(run(), 0)
  live.observe(started)
  expect(readLiveProgress(directory)).toBeNull()
})

test('readLiveProgress reads nothing of another kind or version', () => {
  for (const text of [
    '',
    '{}',
    '{"format":"tallyman progress","version":2}',
    '{"format":"other","version":1}',
  ]) {
    writeFileSync(directory.progressFile, text)
    expect(readLiveProgress(directory)).toBeNull()
  }
})
