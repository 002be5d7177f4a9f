/** How a pool is stopped, whatever its workers are at. */
import { statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { leftBehind } from '../../fixtures/process-tree.ts'
import { until } from '../../fixtures/until.ts'
import { mapAttempt, perform } from '../workplace.ts'
import type { Place } from './place.ts'

const MiB = 2 ** 20

export function testStopping(place: () => Place): void {
  describe('stop', () => {
    it('starts no worker any more, though one was about to be replaced', async () => {
      const pool = await place().openPool()
      await pool.load()
      const attempt = mapAttempt('map-00000.1', [place().write('a.txt', ['a'])])
      const { outcome } = pool.run(attempt, () => undefined, { heapBytes: 48 * MiB })
      await pool.stop()
      expect(await outcome).toMatchObject({ kind: 'failed' })
      expect(await leftBehind(place().mark)).toEqual([])
    })

    it.each(['!wait', '!sleep 60000', '!loop', '!block 60'])(
      'ends an attempt that is at "%s" as failed, at once',
      async (order) => {
        const pool = await place().openPool({ seats: 2 })
        const begun = place().path('begun')
        const outcome = perform(
          pool,
          mapAttempt('map-00000.1', [place().write('long.txt', [`!touch ${begun}`, order])]),
        )
        await until('the attempt to begin', () => statSync(begun, { throwIfNoEntry: false }))
        await pool.stop()
        expect(await outcome).toMatchObject({ kind: 'failed' })
        expect(await leftBehind(place().mark)).toEqual([])
      },
    )

    it('ends a worker that is still loading its job', async () => {
      const pool = await place().openPool()
      const loading = pool.load()
      const refused = expect(loading).rejects.toThrow()
      await pool.stop()
      await refused
    })

    it('is safe before anything was started, more than once, and twice at once', async () => {
      const pool = await place().openPool({ seats: 2 })
      await pool.stop()
      const other = await place().openPool({ seats: 2 })
      const outcome = perform(other, mapAttempt('map-00000.1', [place().write('long.txt', ['!wait'])]))
      await Promise.all([other.stop(), other.stop()])
      await other.stop()
      expect(await outcome).toMatchObject({ kind: 'failed' })
      expect(() => other.run(mapAttempt('map-00000.2', []), () => undefined)).toThrow('after it was stopped')
    })
  })
}
