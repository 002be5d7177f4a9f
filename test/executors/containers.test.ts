import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { engineHere, hasEngine } from '../fixtures/engine.ts'
import { killQuietly, leftBehind, markedProcesses, processesOf } from '../fixtures/process-tree.ts'
import { Workshop } from '../fixtures/program.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'
import { testExecutor } from './executor-suite.ts'
import { mapAttempt, perform, Workplace } from './workplace.ts'

describe.skipIf(!requires('a container engine', hasEngine))('with an engine', () => {
  testExecutor('container')

  // Such a zone has no name that the container could be told.
  it('has the time zone of its run, given by its rules as well', () => {
    const shop = new Workshop()
    try {
      shop.write('in.txt', 'a\n')
      shop.job('hour.job.ts', 'emit(new Date(0).getHours())')
      const digests = ['process', 'container'].map((isolation) => {
        const args = ['run', 'hour.job.ts', 'in.txt', '--isolation', isolation, '--no-reuse']
        return shop.digestOf(shop.runIn({ env: { TZ: 'KST-9' } }, ...args))
      })
      expect(digests[1]).toBe(digests[0])
    } finally {
      shop.remove()
    }
  })

  // The client of Docker is none that makes them: its daemon goes on.
  describe.runIf(engineHere?.kind === 'podman')("a container whose engine's client is killed", () => {
    let place: Workplace
    beforeEach(() => {
      place = new Workplace('container')
    })
    afterEach(async () => {
      const { mark } = place
      await place.close()
      expect(await leftBehind(mark)).toEqual([])
    })

    // While Podman creates one, it has not noted that it is there: neither it nor its run may wait for each other.
    it.each([0, 15, 30, 60, 90])('%i ms after it has begun to make it is ended', async (afterMs) => {
      const pool = await place.openPool()
      const outcome = perform(pool, mapAttempt('map-00000.1', [place.write('a.txt', ['!sleep 300', 'a'])]))
      const client = await until('the client', () =>
        markedProcesses(place.mark).find(({ command }) => command.includes('tallyman.run=')),
      )
      const label = /tallyman\.run=(\w+)/.exec(client.command)?.[1] ?? 'no label'
      const monitors = () => processesOf('conmon').filter(({ command }) => command.includes(label))
      await until('the container', () => monitors().length > 0)
      await new Promise((resolve) => setTimeout(resolve, afterMs))
      killQuietly(client.pid)
      await outcome
      const again = mapAttempt('map-00000.2', [place.write('b.txt', ['a'])])
      expect(await perform(pool, again)).toMatchObject({ kind: 'done' })
      await pool.stop()
      await until('nothing to be left', () => monitors().length === 0)
    })
  })
})
