/** The coordinator is killed with kill -9. Its workers end with it, and `resume` finishes its run with the digest of an undisturbed one. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Random } from '../../examples/twitter/scale-model/random.ts'
import { hasProc, leftBehind, markedProcesses } from '../fixtures/process-tree.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'
import { type Going, obedient, Scene, slow } from './scene.ts'

const seed = process.env.TALLYMAN_SEED ?? 'twelve'

let scene: Scene
beforeEach(() => {
  scene = new Scene()
})
afterEach(() => scene.close())

async function kill({ child, ended }: Going): Promise<void> {
  child.kill('SIGKILL')
  await ended
  expect(await leftBehind(scene.mark)).toEqual([])
}

const isReady = requires('/proc', hasProc)

describe.skipIf(!isReady)('a run whose coordinator is killed', { timeout: 180_000 }, () => {
  it.each(['process', 'thread'])('takes its workers with it, with --isolation %s', async (isolation) => {
    const going = scene.startSlow('--isolation', isolation, '-o', 'out')
    await scene.meetInMap()
    expect(markedProcesses(scene.mark).length).toBeGreaterThan(1)
    await kill(going)
    expect(scene.shop.run('runs').stdout).toContain('cut off')
    expect(readdirSync(scene.shop.folder)).not.toContain('out')
    scene.expectResumed()
    expect(scene.shop.run('runs').stdout).toContain('complete')
  })

  it.each(['process', 'thread'])(
    'takes workers with it that are in an endless loop, and what they have started, with --isolation %s',
    async (isolation) => {
      const begun = join(scene.shop.folder, 'begun')
      scene.shop.write('loop/a.txt', `!start-child 1000\n!touch ${begun}\n!loop\n`)
      const going = scene.start('run', obedient, 'loop', '--isolation', isolation)
      await until('the loop', () => existsSync(begun))
      await kill(going)
    },
  )

  it('in the reduce stage has every map task kept', async () => {
    const going = scene.startSlowAlone()
    await scene.meetInReduce()
    await kill(going)
    scene.expectResumed()
  })

  it('while it writes the result leaves nothing that looks like one, and resume removes the half', async () => {
    const going = scene.startLarge()
    await scene.meetInResult()
    await kill(going)
    expect(scene.besideTarget()).toEqual([`.out.${basename(scene.shop.runs()[0] ?? '')}.new`])
    expect(readdirSync(scene.shop.folder)).not.toContain('out')
    scene.expectResumed(obedient)
    expect(scene.besideTarget()).toEqual([])
  })

  it('while it writes the result among its inputs leaves nothing that the same command reads, and that removes it', async () => {
    const going = scene.startLarge('in/out')
    await scene.meetInResult('in')
    await kill(going)
    expect(scene.besideTarget('in')).toHaveLength(1)
    const again = scene.startLarge('in/out')
    expect(await again.ended).toMatchObject({ status: 0 })
    expect(scene.besideTarget('in')).toEqual([])
    const manifest = readFileSync(join(scene.shop.folder, 'in', 'out', 'manifest.json'), 'utf8')
    expect(JSON.parse(manifest).digest).toBe(scene.undisturbed(obedient))
  })

  it(`at random moments, again and again, comes to the same digest (seed ${seed})`, async () => {
    const random = new Random(seed, 'kill')
    const isComplete = (): boolean => scene.journal().some(({ type }) => type === 'result-committed')
    for (let round = 0; round < 6 && !isComplete(); round++) {
      const isPlanned = scene.journal().length > 0
      const going = isPlanned ? scene.start('resume', 'last') : scene.startSlow()
      await sleep(random.between(100, 1200))
      await kill(going)
    }
    const isPlanned = scene.journal().length > 0
    const last = isPlanned ? ['resume', 'last'] : ['run', slow, 'in']
    const ended = scene.shop.run(...(isComplete() ? ['show', 'last', '--json'] : last))
    expect(ended.stdout).toContain(scene.undisturbed())
    const committed = scene.tasksOf('map-committed')
    expect(new Set(committed).size).toBe(committed.length)
  })
})
