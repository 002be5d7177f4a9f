/** A run is asked to stop in the middle. Nothing stays behind, and `resume` finishes it with the digest of an undisturbed one. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hasProc, leftBehind } from '../fixtures/process-tree.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'
import { obedient, Scene } from './scene.ts'

let scene: Scene
beforeEach(() => {
  scene = new Scene()
})
afterEach(() => scene.close())

describe.skipIf(!requires('/proc', hasProc))('a run that is asked to stop', { timeout: 180_000 }, () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'ends with 130 at %s in the map stage, and resume finishes it',
    async (signal) => {
      const { child, ended } = scene.startSlow('-o', 'out')
      await scene.meetInMap()
      child.kill(signal)
      const { status, stderr } = await ended
      expect(status).toBe(130)
      expect(stderr).toMatch(/^Interrupted: \d of 8 /m)
      expect(stderr).toContain('tallyman resume')
      expect(await leftBehind(scene.mark)).toEqual([])
      scene.expectNothingLeft()
      expect(readdirSync(scene.shop.folder)).not.toContain('out')
      expect(scene.shop.run('runs').stdout).toContain('interrupted')
      scene.expectResumed()
      expect(readdirSync(join(scene.shop.folder, 'out'))).toContain('manifest.json')
    },
  )

  it('ends in the reduce stage, with every map task kept', async () => {
    const { child, ended } = scene.startSlowAlone()
    await scene.meetInReduce()
    child.kill('SIGINT')
    expect((await ended).status).toBe(130)
    scene.expectNothingLeft()
    scene.expectResumed()
  })

  it('ends while it writes the result, and takes the half away', async () => {
    const { child, ended } = scene.startLarge()
    await scene.meetInResult()
    child.kill('SIGINT')
    const { status } = await ended
    // It may have been done just then.
    if (status === 130) scene.expectResumed(obedient)
    else expect(status).toBe(0)
    scene.expectNothingLeft()
    expect(scene.besideTarget()).toEqual([])
  })

  it.each(['process', 'thread'])(
    'ends workers that are in an endless loop, with --isolation %s',
    async (isolation) => {
      const begun = join(scene.shop.folder, 'begun')
      scene.shop.write('loop/a.txt', `!touch ${begun}\n!loop\n`)
      const { child, ended } = scene.start('run', obedient, 'loop', '--isolation', isolation)
      await until('the loop', () => existsSync(begun))
      child.kill('SIGINT')
      expect((await ended).status).toBe(130)
      scene.expectNothingLeft()
    },
  )

  it('ends before there is a plan, and leaves no run', async () => {
    const begun = join(scene.shop.folder, 'begun')
    scene.shop.write(
      'waiting.job.ts',
      `import { writeFileSync } from 'node:fs'
      writeFileSync(${JSON.stringify(begun)}, '')
      await new Promise((resolve) => setTimeout(resolve, 100_000))
      export default 1`,
    )
    const { child, ended } = scene.start('run', 'waiting.job.ts', 'in')
    await until('the job to be loaded', () => existsSync(begun))
    child.kill('SIGINT')
    expect((await ended).status).toBe(130)
    expect(scene.shop.runs()).toEqual([])
  })

  it.each([0, 1, 10])('leaves nothing when it is asked again, here %i ms later', async (laterMs) => {
    const { child, ended } = scene.startSlow('-o', 'out')
    await scene.meetInMap()
    child.kill('SIGINT')
    if (laterMs > 0) await sleep(laterMs)
    child.kill('SIGTERM')
    expect((await ended).status).toBe(130)
    expect(await leftBehind(scene.mark)).toEqual([])
    scene.expectNothingLeft()
    scene.expectResumed()
  })

  it('ends at once when it is asked three times, and can still be resumed', async () => {
    const { child, ended } = scene.startSlow('-o', 'out')
    await scene.meetInMap()
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) child.kill(signal)
    expect((await ended).status).toBe(130)
    expect(await leftBehind(scene.mark)).toEqual([])
    expect(scene.shop.run('runs').stdout).toMatch(/interrupted|cut off/)
    scene.expectResumed()
  })

  it('can be stopped and resumed again and again', async () => {
    let going = scene.startSlowAlone()
    for (let round = 1; round <= 3; round++) {
      const done = round * 2 - 1
      await until('some more tasks', () => scene.tasksOf('map-committed').length >= done)
      going.child.kill('SIGINT')
      expect((await going.ended).status).toBe(130)
      if (round < 3) going = scene.start('resume', 'last')
    }
    scene.expectResumed()
    const committed = scene.tasksOf('map-committed')
    expect(new Set(committed).size).toBe(committed.length)
  })
})
