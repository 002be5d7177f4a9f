/** The processes of a run on Spark are killed one after another. Nothing stays behind, and `resume` ends with the digest of a run here. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Going, Scene } from '../crash/scene.ts'
import { hasProc, leftBehind, markedProcesses } from '../fixtures/process-tree.ts'
import { hasSpark, sparkEnv, sparkSubmitOf } from '../fixtures/spark.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'

const misfortunes = fileURLToPath(new URL('../fixtures/jobs/misfortunes.job.ts', import.meta.url))

let scene: Scene
beforeEach(() => {
  Object.assign(process.env, sparkEnv)
  scene = new Scene()
})
afterEach(() => scene.close())

const isHere = requires('pyspark with Java', hasSpark) && requires('/proc', hasProc)

/** The options of a job that sleeps once for each of its notes that is not there. */
function notesIn(folder: string): string[] {
  mkdirSync(join(scene.shop.folder, folder))
  return ['-p', `notes=${join(scene.shop.folder, folder)}`]
}

/** Waits until the task sleeps, and sees to it that the next attempt at it sleeps again. */
async function meetAsleep(stage: 'map' | 'reduce'): Promise<void> {
  const note = join(scene.shop.folder, 'notes', `${stage}-sleeps`)
  await until(`a ${stage} task to sleep`, () => existsSync(note), 200_000)
  rmSync(note)
}

async function expectGone(): Promise<void> {
  expect(await leftBehind(scene.mark, 60_000)).toEqual([])
}

/** Folders in which Spark holds on the disk what goes through its shuffle. */
function heldBySpark(): string[] {
  for (;;) {
    try {
      return readdirSync(scene.shop.folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.includes('blockmgr-'),
      )
    } catch (error) {
      // A folder was renamed or removed while it was looked through, as those of attempts are: it is looked through again.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
  }
}

describe.skipIf(!isHere)('a run on Spark that is disturbed', { timeout: 900_000 }, () => {
  it('is gone on with after its coordinator was killed, with what looks after Spark or without, and after Spark was', async () => {
    for (const [at, line] of ['a', 'map once sleeps', 'reduce sleeps', 'b'].entries())
      scene.shop.write(`sleepy/${at}.txt`, `${line}\n`)
    const local = notesIn('no-trouble')
    for (const stage of ['map', 'reduce']) scene.shop.write(`no-trouble/${stage}-sleeps`, '')
    const home = { env: { TALLYMAN_HOME: join(scene.shop.folder, 'home-2') } }
    const undisturbed = scene.shop.digestOf(
      scene.shop.runIn(home, 'run', misfortunes, 'sleepy', ...local, '--impolite'),
    )

    const on = [
      '--on',
      'local[2]',
      '-o',
      'out',
      '--spark-conf',
      'spark.tallyman.silentSeconds=10',
      '--impolite',
    ]
    const first = scene.start('run', misfortunes, 'sleepy', ...notesIn('notes'), ...on)
    await meetAsleep('map')
    first.child.kill('SIGKILL')
    await first.ended
    await expectGone()

    const resume = (): Going => scene.start('resume', 'last')
    const second = resume()
    await meetAsleep('map')
    expect(heldBySpark()).not.toEqual([])
    process.kill(sparkSubmitOf(scene.mark), 'SIGKILL')
    const { status, stderr } = await second.ended
    expect(status).toBe(1)
    expect(stderr).toContain('Spark was killed by SIGKILL')
    await expectGone()
    expect(heldBySpark()).toEqual([])

    scene.shop.write('notes/map-sleeps', '')
    // With what waits for its end, so that only Spark's driver is left to find that nobody is there any more.
    const third = resume()
    await meetAsleep('reduce')
    const waits = markedProcesses(scene.mark).filter(({ command }) => /^(\/bin\/)?sh /.test(command))
    expect(waits.length).toBeGreaterThan(0)
    for (const { pid } of waits) process.kill(pid, 'SIGKILL')
    third.child.kill('SIGKILL')
    await third.ended
    await expectGone()

    scene.shop.write('notes/reduce-sleeps', '')
    const last = scene.shop.run('resume', 'last')
    expect(last, last.stderr).toMatchObject({ status: 0 })
    expect(last.stderr).toMatch(/\d+ of \d+ partitions are reduced and are used; the map tasks run again/)
    expect(scene.shop.digestOf(last)).toBe(undisturbed)
    scene.expectNothingLeft()
    expect(existsSync(join(scene.shop.folder, 'out', 'manifest.json'))).toBe(true)
  })
})
