import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import { createRunDirectory, type RunDirectory } from './directory/directory.ts'
import { openWorkers, type WorkerNeeds } from './workers.ts'

const needs: WorkerNeeds = {
  isolation: 'process',
  workers: 3,
  memory: { totalBytes: 2 ** 30, workerHeapBytes: 2 ** 28, combineBytesMax: 2 ** 26 },
  taskTimeoutMs: 1000,
  isPolite: true,
  jobName: 'words.job.ts',
  params: {},
  cwd: '/',
  base: null,
  inputs: [],
}

function made(): RunDirectory {
  const folder = tempFolder()
  onTestFinished(() => folder.remove())
  return createRunDirectory(folder.path, { job: 'words.job.ts', cwd: '/', now: new Date(0) })
}

test('openWorkers has a seat for each worker, and starts none yet', async () => {
  const directory = made()
  const before = readdirSync(directory.path).toSorted()
  const pool = openWorkers(directory, needs)
  expect([pool.seats, pool.freeSeats, pool.workers]).toEqual([3, 3, []])
  expect(readdirSync(directory.path).toSorted()).toEqual(before)
  await pool.stop()
})

test('openWorkers notes which containers will be its own, each time others', () => {
  const directory = made()
  const engine = { kind: 'podman', version: '4.3.1', isRootless: true, command: ['false'] } as const
  for (const times of [1, 2]) {
    openWorkers(directory, {
      ...needs,
      isolation: 'container',
      base: { engine, image: { name: 'none', node: '/node' } },
    })
    const labels = readFileSync(directory.containersFile, 'utf8').match(/(?<="label":")[0-9a-f]{16}(?=")/g)
    expect(new Set(labels).size).toBe(times)
  }
  expect(existsSync(directory.bundleFile)).toBe(false)
})
