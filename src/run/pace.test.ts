import { describe, expect, test } from 'vitest'
import { howFar, Pace, timeLeft } from './pace.ts'

describe('Pace', () => {
  test('has no rate in the first second, nor where nothing was read', () => {
    const pace = new Pace(10_000, 500)
    expect(pace.rates(10_999, 900)).toBeNull()
    expect(new Pace(10_000, 500).rates(11_000, 500)).toBeNull()
    expect(pace.rates(11_000, 1500)).toMatchObject({ whole: 1000 })
  })

  test('counts what was read in this session', () => {
    const pace = new Pace(0, 1_000_000)
    pace.rates(0, 1_000_000)
    expect(pace.rates(2000, 1_000_500)).toEqual({ recent: 250, whole: 250 })
  })

  test('has the rate of the last fifteen seconds beside that of the session', () => {
    const pace = new Pace(0, 0)
    pace.rates(0, 0)
    pace.rates(10_000, 1000)
    expect(pace.rates(15_000, 3000)).toEqual({ recent: 200, whole: 200 })
    // What is older than fifteen seconds does not count: since the tenth second 2,500 bytes were read.
    expect(pace.rates(20_000, 3500)).toEqual({ recent: 250, whole: 175 })
  })

  test('has a rate of the session while nothing is read any more, and goes by two moments however far apart they are', () => {
    const pace = new Pace(0, 0)
    pace.rates(0, 0)
    pace.rates(1000, 1000)
    expect(pace.rates(101_000, 1000)).toEqual({ recent: 0, whole: 1000 / 101 })
    expect(pace.rates(301_000, 2000)).toEqual({ recent: 5, whole: 2000 / 301 })
  })
})

describe('howFar', () => {
  const rates = { recent: 100, whole: 50 }
  const far = (readBytes: number, isOpen: boolean, inputBytes = 1000) =>
    howFar({ inputBytes, readBytes, isOpen }, rates)

  test('is what is read, in whole percent, and the time for the rest', () => {
    expect(far(509, true)).toEqual({ percent: 50, leftMs: timeLeft(491, rates) })
    expect(far(999, true)).toEqual({ percent: 99, leftMs: timeLeft(1, rates) })
    expect(howFar({ inputBytes: 1000, readBytes: 509, isOpen: true }, null)).toEqual({
      percent: 50,
      leftMs: null,
    })
  })

  test('is never all as long as a task is open, with no time that could be told', () => {
    expect(far(1000, true)).toEqual({ percent: 99, leftMs: null })
    // A line at the border of two ranges is read twice.
    expect(far(1001, true)).toEqual({ percent: 99, leftMs: null })
    expect(far(0, true, 0)).toEqual({ percent: 99, leftMs: null })
  })

  test('is all once no task is', () => {
    expect(far(1000, false)).toEqual({ percent: 100, leftMs: null })
    expect(far(0, false, 0)).toEqual({ percent: 100, leftMs: null })
  })
})

describe('timeLeft', () => {
  test('lies between what both rates come to', () => {
    expect(timeLeft(1000, { recent: 100, whole: 50 })).toEqual([10_000, 20_000])
    expect(timeLeft(1000, { recent: 50, whole: 100 })).toEqual([10_000, 20_000])
  })

  test('goes by the one rate where the other is nothing', () => {
    expect(timeLeft(1000, { recent: 0, whole: 50 })).toEqual([20_000, 20_000])
    expect(timeLeft(1000, { recent: 50, whole: 0 })).toEqual([20_000, 20_000])
  })
})
