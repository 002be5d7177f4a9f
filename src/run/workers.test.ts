import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import { createRunDirectory, type RunDirectory } from './directory/directory.ts'
import { packageRoot } from './package.ts'
import { groupLimits, openWorkers, poolOptions, type WorkerNeeds } from './workers.ts'

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

const image = { name: 'worker', node: '/usr/bin/node' }

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
    openWorkers(directory, { ...needs, isolation: 'container', base: { engine, image } })
    const labels = readFileSync(directory.containersFile, 'utf8').match(/(?<="label":")[0-9a-f]{16}(?=")/g)
    expect(new Set(labels).size).toBe(times)
  }
  expect(existsSync(directory.bundleFile)).toBe(false)
})

test('poolOptions says what workers load, and what they are held to', () => {
  const directory = made()
  expect(poolOptions(directory, { ...needs, params: { from: 'x' } }, 'ab12')).toEqual({
    seats: 3,
    order: {
      bundleFile: directory.bundleFile,
      jobName: 'words.job.ts',
      runDirectory: directory.path,
      params: { from: 'x' },
    },
    heapBytes: 2 ** 28,
    taskTimeoutMs: 1000,
    // To start a program may take longer than a record may.
    loadTimeoutMs: 30_000,
    limits: { memoryBytes: 2 ** 30, processesMax: 64 },
    settings: {
      cwd: '/',
      logDirectory: directory.logFolder,
      tokenName: 'TALLYMAN_RUN_ab12',
      isPolite: true,
      memoryBytes: 2 ** 30,
      container: null,
    },
  })
  expect(poolOptions(directory, { ...needs, taskTimeoutMs: 600_000 }, 'ab12').loadTimeoutMs).toBe(600_000)
})

test('poolOptions lets containers read tallyman, the job, what others wrote and the inputs, and write in one place alone', () => {
  const directory = made()
  const engine = { kind: 'podman', version: '4.3.1', isRootless: true, command: ['podman'] } as const
  const base = { engine, image }
  const inputs = ['/data/a.txt', Buffer.from('/data/b.txt')]
  expect(poolOptions(directory, { ...needs, base, inputs }, 'ab12').settings.container).toEqual({
    engine,
    image,
    label: 'ab12',
    readable: [
      `${packageRoot}dist`,
      `${packageRoot}package.json`,
      directory.jobFolder,
      directory.absolute('node_modules'),
      directory.absolute('committed'),
      ...inputs,
    ],
    writable: [directory.attemptsFolder],
    memoryBytes: null,
    processesMax: 65 * 16,
  })
})

test('groupLimits leave the kernel room above what the watchdog allows', () => {
  expect(groupLimits(needs)).toEqual({ memoryBytes: 1.25 * 2 ** 30 + 2 ** 28, processesMax: 3 * 65 * 16 })
})
