import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AttemptProgress } from '../attempt.ts'
import { Stillness } from './stillness.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function far(records: number, readBytes = 0): AttemptProgress {
  return { records, rejected: 0, groups: 0, readBytes, bytes: readBytes }
}

/** How long it is said to have stood still, at each look of so many seconds. */
function looks(stillness: Stillness, seconds: number, each: (second: number) => void): number[] {
  const said: number[] = []
  const timer = stillness.watch(4400, (stillMs) => said.push(Math.round(stillMs / 1000)))
  for (let second = 1; second <= seconds; second++) {
    each(second)
    vi.advanceTimersByTime(1000)
  }
  clearInterval(timer)
  return said
}

describe('Stillness', () => {
  it('is told of what says nothing, from the end of the time allowed on', () => {
    expect(looks(new Stillness(), 6, () => undefined)).toEqual([5, 6])
  })

  it('is none as long as records, groups or bytes grow', () => {
    const stillness = new Stillness()
    expect(looks(stillness, 8, (second) => stillness.hear(far(second)))).toEqual([])
    expect(looks(stillness, 8, (second) => stillness.hear(far(0, second)))).toEqual([])
  })

  it('goes on where the same is said again', () => {
    const stillness = new Stillness()
    expect(looks(stillness, 6, () => stillness.hear(far(7, 7)))).toEqual([5, 6])
  })

  it('does not count the time of a pause', () => {
    const stillness = new Stillness()
    expect(
      looks(stillness, 10, (second) => {
        if (second === 2) stillness.pause(true)
        if (second === 6) stillness.pause(false)
      }),
    ).toEqual([5, 6])
    expect(stillness.isPaused).toBe(false)
  })
})
