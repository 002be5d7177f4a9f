import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { leftBehind } from '../fixtures/process-tree.ts'
import { testExecutor } from './executor-suite.ts'
import { mapAttempt, mapReportOf, perform, Workplace } from './workplace.ts'

testExecutor('thread')

describe('a job in a thread', () => {
  let place: Workplace
  beforeEach(() => {
    place = new Workplace('thread')
  })
  afterEach(async () => {
    const { mark } = place
    await place.close()
    expect(await leftBehind(mark)).toEqual([])
  })

  it.each(['!post', '!post-text'])(
    'that posts something of its own loses its attempt, and no other: %s',
    async (said) => {
      const pool = await place.openPool({ seats: 2 })
      const calm = place.write('calm.txt', ['!sleep 400', 'b'])
      const bystander = perform(pool, mapAttempt('map-00001.1', [calm]))
      const attempt = mapAttempt('map-00000.1', [place.write('deadly.txt', [said])])
      expect(await perform(pool, attempt)).toMatchObject({
        kind: 'failed',
        fault: { code: 'protocol-broken', message: 'The worker said something unknown: null.' },
      })
      expect(mapReportOf(await bystander).emitted).toBe(2)
    },
  )
})
