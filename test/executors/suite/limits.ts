/** What becomes of attempts in a control group: where none can be made, these cases are skipped with that reason. */
import { describe, expect, it } from 'vitest'
import { canMakeGroups } from '../../fixtures/control-groups.ts'
import { ownNap, sleepers } from '../../fixtures/process-tree.ts'
import { until } from '../../fixtures/until.ts'
import { requires } from '../../requires.ts'
import { mapAttempt, perform } from '../workplace.ts'
import type { Place } from './place.ts'

const MiB = 2 ** 20
const canMake = await canMakeGroups()

/** Loose enough for Node itself. */
const group = { memoryBytes: 400 * MiB, processesMax: 200 }

export function testGroup(place: () => Place): void {
  describe.skipIf(!requires('the right to make control groups', canMake))('that the kernel limits', () => {
    it('ends an attempt whose memory grows between two looks of the watchdog', async () => {
      const pool = await place().openPool({ group })
      const attempt = mapAttempt('map-00000.1', [place().write('grabs.txt', ['a', '!grab 1000', 'b'])])
      expect(await perform(pool, attempt)).toMatchObject({
        kind: 'failed',
        fault: { code: 'memory-limit', message: expect.stringContaining('was ended by the kernel') },
      })
      const again = mapAttempt('map-00000.2', [place().write('grabs.txt', ['a', 'b'])])
      expect(await perform(pool, again)).toMatchObject({ kind: 'done', workMs: expect.any(Number) })
    })

    it('does not take one that somebody has killed for one that held too much', async () => {
      const pool = await place().openPool({ group })
      const attempt = mapAttempt('map-00000.1', [place().write('dies.txt', ['!kill SIGKILL'])])
      expect(await perform(pool, attempt)).toMatchObject({ kind: 'failed', fault: { code: 'killed' } })
    })

    it('ends what has shaken off everything else', async () => {
      const pool = await place().openPool({ group })
      const note = place().path('escaped')
      const nap = ownNap()
      const attempt = mapAttempt('map-00000.1', [place().write('escapes.txt', [`!escape ${note} ${nap}`])])
      expect(await perform(pool, attempt)).toMatchObject({ kind: 'done' })
      await until('the program to begin', () => sleepers(nap).length > 0)
      await pool.stop()
      await until('it to be gone', () => sleepers(nap).length === 0)
    })
  })
}
