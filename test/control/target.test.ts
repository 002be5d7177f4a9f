/** Two runs whose results go to the same place. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hasProc } from '../fixtures/process-tree.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'
import { HeldRun } from './held-run.ts'

let held: HeldRun
beforeEach(() => {
  held = new HeldRun()
})
afterEach(() => held.close())

const lockFolder = '.out.lock'

describe.skipIf(!requires('/proc', hasProc))('-o', { timeout: 180_000 }, () => {
  const locks = (): string[] => readdirSync(held.shop.folder).filter((name) => name === lockFolder)

  it('refuses a place that another run is at work on, also from another home and by another path', async () => {
    const first = held.start(...held.args('-o', 'out'))
    await held.meet('a')
    expect(locks()).toEqual([lockFolder])
    const env = { TALLYMAN_HOME: join(held.shop.folder, 'home-2') }
    const second = held.shop.runIn({ env }, ...held.args('-o', 'in/../out'))
    expect([second.status, second.stdout]).toEqual([2, ''])
    expect(second.stderr).toBe(
      `Error: Process ${first.pid}, which is still running, is at work on a result that goes to ${join(held.shop.folder, 'out')} as well.\n` +
        'Wait for its end, or name another place with -o; `tallyman runs` lists it, `tallyman attach` follows it and `tallyman stop` ends it.\n',
    )
    expect(readdirSync(join(env.TALLYMAN_HOME, 'runs'))).toEqual([])
    // What is refused takes nothing from the one that is at work.
    expect(locks()).toEqual([lockFolder])
    held.letGo()
    expect((await first.ended).status).toBe(0)
    expect(locks()).toEqual([])
    expect(held.shop.runIn({ env }, ...held.args('-o', 'out')).status).toBe(0)
  })

  it('is free again when the run that had it was killed, and the run that goes on takes it', async () => {
    const first = held.start(...held.args('-o', 'out'))
    await held.meet('a')
    first.kill('SIGKILL')
    await first.ended
    const env = { TALLYMAN_HOME: join(held.shop.folder, 'home-2') }
    const other = held.start(...held.args('-o', 'out'))
    const isTaken = (): boolean =>
      readdirSync(join(held.shop.folder, lockFolder)).some((name) => name.startsWith(`${other.pid}-`))
    await until('the other run to take the place', isTaken)
    expect(held.shop.run('resume', held.id)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`Process ${other.pid}, which is still running`),
    })
    held.letGo()
    expect((await other.ended).status).toBe(0)
    const resumed = held.shop.run('resume', held.id)
    expect([resumed.status, held.shop.digestOf(resumed)]).toEqual([0, held.undisturbed()])
    expect(held.shop.runIn({ env }, ...held.args('-o', 'out')).status).toBe(0)
    expect(locks()).toEqual([])
  })

  it('names a folder that is not there, or takes none', () => {
    const { status, stderr } = held.shop.run(...held.args('-o', 'nowhere/out'))
    expect(status).toBe(2)
    expect(stderr).toContain('does not exist')
    expect(held.shop.run(...held.args('-o', '/proc/out'))).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^Error: The folder \/proc\/\.out\.lock could not be made: .*\nName a place in a folder where you may make others\.\n$/,
      ),
    })
  })
})
