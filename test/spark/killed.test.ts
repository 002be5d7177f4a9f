/** The processes of a run on Spark are killed one after another. Nothing stays behind, and `resume` ends with the digest of a run here. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RunEvent } from '../../src/run/index.ts'
import { type Going, Scene, slow } from '../crash/scene.ts'
import { hasProc, leftBehind, markedProcesses } from '../fixtures/process-tree.ts'
import { hasSpark, sparkEnv } from '../fixtures/spark.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'

let scene: Scene
beforeEach(() => {
  Object.assign(process.env, sparkEnv)
  scene = new Scene()
})
afterEach(() => scene.close())

const isHere = requires('pyspark with Java', hasSpark) && requires('/proc', hasProc)
const patienceMs = 200_000

/** Waits for an attempt of a stage that began after so many events. */
async function meet(stage: RegExp, eventsBefore: number): Promise<void> {
  const begun = (): RunEvent | undefined =>
    scene
      .journal()
      .slice(eventsBefore)
      .find((event) => event.type === 'attempt-started' && stage.test(event.task))
  await until(`an attempt of ${stage}`, begun, patienceMs)
}

describe.skipIf(!isHere)('a run on Spark that is disturbed', { timeout: 900_000 }, () => {
  it('is gone on with after its coordinator was killed, after Spark was, and after Ctrl-C', async () => {
    const first = scene.start('run', slow, 'in', '--split', '1K', '-o', 'out', '--on', 'local[2]')
    await meet(/^map/, 0)
    first.child.kill('SIGKILL')
    await first.ended
    expect(await leftBehind(scene.mark, 60_000)).toEqual([])

    const resume = async (stage: RegExp): Promise<Going> => {
      const before = scene.journal().length
      const going = scene.start('resume', 'last')
      await meet(stage, before)
      return going
    }
    const second = await resume(/^map/)
    const spark = markedProcesses(scene.mark).find(({ command }) => /deploy\.SparkSubmit/.test(command))
    process.kill(spark!.pid, 'SIGKILL')
    const { status, stderr } = await second.ended
    expect(status).toBe(1)
    expect(stderr).toContain('Spark was killed by SIGKILL')
    expect(await leftBehind(scene.mark, 60_000)).toEqual([])

    const third = await resume(/^reduce/)
    third.child.kill('SIGINT')
    expect(await third.ended).toMatchObject({
      status: 130,
      stderr: expect.stringContaining('tallyman resume'),
    })
    expect(await leftBehind(scene.mark, 60_000)).toEqual([])
    scene.expectNothingLeft()

    const last = scene.shop.run('resume', 'last')
    expect(last, last.stderr).toMatchObject({ status: 0 })
    expect(scene.shop.digestOf(last)).toBe(scene.undisturbed())
    scene.expectNothingLeft()
  })
})
