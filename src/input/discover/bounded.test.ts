import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { mapBounded } from './bounded.ts'

describe('mapBounded', () => {
  it('gives results in the order of the items, whichever is done first, with so many under way at most', async () => {
    let underWay = 0
    let most = 0
    const results = await mapBounded([5, 1, 3, 2, 4], 2, async (item) => {
      underWay += 1
      most = Math.max(most, underWay)
      await sleep(item)
      underWay -= 1
      return item * 10
    })
    expect([results, most]).toEqual([[50, 10, 30, 20, 40], 2])
    expect(await mapBounded([], 2, async () => 1)).toEqual([])
    expect(await mapBounded([7], 16, async (item) => item)).toEqual([7])
  })

  it('begins nothing more once one has failed, and waits for what is under way', async () => {
    const begun: number[] = []
    const ended: number[] = []
    const failing = mapBounded([1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item)
      await sleep(item === 1 ? 1 : 10)
      ended.push(item)
      if (item === 1) throw new RangeError('the first')
      if (item === 2) throw new RangeError('a later one')
    })
    await expect(failing).rejects.toThrow('the first')
    expect([begun, ended]).toEqual([
      [1, 2],
      [1, 2],
    ])
  })
})
