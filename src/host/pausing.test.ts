import { describe, expect, test } from 'vitest'
import { MadeUpMachine } from '../../test/fixtures/load-samples.ts'
import type { LoadSample } from './load.ts'
import { type Crew, shouldPause } from './pausing.ts'

const crew = (working: number, paused: number, changedAtMs = 0): Crew => ({ working, paused, changedAtMs })

/** Two cores, two workers, and one neighbour who computes. */
const crowded = { ownCores: 1.1, othersCores: 0.9 }

describe('shouldPause', () => {
  test('pauses a worker when others lack cores for three seconds, and says why', () => {
    const samples = new MadeUpMachine(2).passAll(3, crowded)
    expect(shouldPause(samples, crew(2, 0))).toEqual({ action: 'pause', reason: 'others use 0.9 of 2 cores' })
    expect(shouldPause(samples.slice(1), crew(2, 0))).toEqual({ action: 'stay' })
  })

  test('does nothing without samples, or with one', () => {
    expect(shouldPause([], crew(2, 1))).toEqual({ action: 'stay' })
    expect(shouldPause([new MadeUpMachine(2).now], crew(2, 1))).toEqual({ action: 'stay' })
  })

  test('never pauses the last worker', () => {
    const samples = new MadeUpMachine(2).passAll(20, { othersCores: 2, othersBlocked: 9, diskStalled: 1 })
    expect(shouldPause(samples, crew(1, 7))).toEqual({ action: 'stay' })
    expect(shouldPause(samples, crew(2, 6)).action).toBe('pause')
  })

  test('takes no notice of its own work: a machine full of it is not crowded', () => {
    const busy = { ownCores: 7.9, ownBlocked: 3, diskStalled: 0.9 }
    expect(shouldPause(new MadeUpMachine(8).passAll(20, busy), crew(8, 0))).toEqual({ action: 'stay' })
    // Not even where it has more workers than there are cores.
    for (const othersCores of [0, 0.4]) {
      const full = { ownCores: 2 - othersCores, othersCores }
      expect(shouldPause(new MadeUpMachine(2).passAll(20, full), crew(4, 0))).toEqual({ action: 'stay' })
    }
  })

  test('stays when the others have what they need beside it', () => {
    const roomy = { ownCores: 4, othersCores: 4 }
    expect(shouldPause(new MadeUpMachine(8).passAll(20, roomy), crew(4, 0))).toEqual({ action: 'stay' })
  })

  test('does not count a change of its own among the reasons', () => {
    const machine = new MadeUpMachine(2)
    const samples = machine.passAll(3, crowded)
    expect(shouldPause(samples, crew(2, 1, machine.now.atMs)).action).toBe('stay')
    samples.push(...machine.passAll(2, crowded).slice(1))
    expect(shouldPause(samples, crew(2, 1, machine.now.atMs - 2000)).action).toBe('stay')
    samples.push(machine.pass(crowded))
    expect(shouldPause(samples, crew(2, 1, machine.now.atMs - 3000)).action).toBe('pause')
  })

  test('is not moved by one busy second in three', () => {
    const machine = new MadeUpMachine(2)
    const samples = [machine.now]
    for (let second = 0; second < 60; second++) {
      samples.push(machine.pass(second % 3 === 0 ? { ownCores: 2 } : crowded))
      expect(shouldPause(samples, crew(2, 0)), `second ${second}`).toEqual({ action: 'stay' })
    }
  })

  test('pauses when others wait for a disk that is slow', () => {
    const slow = { ownCores: 0.2, ownBlocked: 2, othersBlocked: 1, diskStalled: 0.8 }
    expect(shouldPause(new MadeUpMachine(8).passAll(3, slow), crew(4, 0))).toEqual({
      action: 'pause',
      reason: 'others wait for the disk',
    })
    const quick = { ...slow, diskStalled: 0.1 }
    expect(shouldPause(new MadeUpMachine(8).passAll(3, quick), crew(4, 0)).action).toBe('stay')
  })

  test('goes by who waits for the disk where the kernel tells no pressure', () => {
    const machine = (): MadeUpMachine => new MadeUpMachine(8, { hasPressure: false })
    expect(shouldPause(machine().passAll(3, { ownBlocked: 2, othersBlocked: 1 }), crew(4, 0)).action).toBe(
      'pause',
    )
    expect(shouldPause(machine().passAll(3, { ownBlocked: 2 }), crew(4, 0)).action).toBe('stay')
  })

  test('pauses when everything stands still for want of memory', () => {
    const short = { ownCores: 0.2, memoryStopped: 0.3 }
    expect(shouldPause(new MadeUpMachine(8).passAll(3, short), crew(4, 0))).toEqual({
      action: 'pause',
      reason: 'everything stood still for want of memory 30 % of the time',
    })
  })

  test('resumes after ten seconds with an idle core, disk and memory calm', () => {
    const idle = { ownCores: 1, othersCores: 0.1 }
    const samples = new MadeUpMachine(2).passAll(10, idle)
    expect(shouldPause(samples, crew(1, 1))).toEqual({ action: 'resume', reason: '0.9 of 2 cores are idle' })
    expect(shouldPause(samples.slice(1), crew(1, 1)).action).toBe('stay')
    expect(shouldPause(samples, crew(1, 0)).action).toBe('stay')
    for (const trouble of [
      { othersCores: 0.5 },
      { memoryStopped: 0.05 },
      { othersBlocked: 1, diskStalled: 0.2 },
    ]) {
      const uneasy = new MadeUpMachine(2).passAll(10, { ...idle, ...trouble })
      expect(shouldPause(uneasy, crew(1, 1)), JSON.stringify(trouble)).toEqual({ action: 'stay' })
    }
  })

  test('resumes workers that wait for the disk though others compute on most cores', () => {
    const samples = new MadeUpMachine(8).passAll(10, { ownCores: 0.6, othersCores: 6 })
    expect(shouldPause(samples, crew(3, 1)).action).toBe('resume')
  })
})

describe('shouldPause, in a loop with a scheduler that prefers the others', () => {
  /** CPU that others get: what they want, but for what nice workers wrest from them when cores are short. */
  function othersGet(cores: number, working: number, wanted: number): number {
    const crowding = Math.max(0, working + wanted - cores)
    return Math.max(0, Math.min(wanted, cores) - 0.1 * Math.min(crowding, working))
  }

  function play(
    cores: number,
    wants: readonly number[],
  ): { readonly crews: readonly Crew[]; readonly changes: number } {
    const machine = new MadeUpMachine(cores)
    const samples: LoadSample[] = [machine.now]
    const crews: Crew[] = []
    let [now, changes] = [crew(cores, 0), 0]
    for (const wanted of wants) {
      const othersCores = othersGet(cores, now.working, wanted)
      samples.push(machine.pass({ othersCores, ownCores: Math.min(now.working, cores - othersCores) }))
      const { action } = shouldPause(samples, now)
      if (action !== 'stay') {
        const step = action === 'pause' ? 1 : -1
        now = crew(now.working - step, now.paused + step, machine.now.atMs)
        changes++
      }
      crews.push(now)
    }
    return { crews, changes }
  }

  test('leaves steady neighbours their cores, and takes them back when they are gone', () => {
    for (const [cores, wanted] of [
      [2, 1],
      [8, 3],
      [8, 8],
      [16, 5],
      [80, 60],
    ] as const) {
      const { crews } = play(cores, [...Array(400).fill(wanted), ...Array(1000).fill(0)])
      expect(crews[399]?.working, `${cores} cores, ${wanted} wanted`).toBe(Math.max(1, cores - wanted))
      expect(crews.at(-1)?.working).toBe(cores)
    }
  })

  test('settles for every steady demand, and does not swing', () => {
    for (let tenths = 0; tenths <= 90; tenths++) {
      const { changes, crews } = play(8, Array(600).fill(tenths / 10))
      expect(changes, `${tenths / 10} cores wanted`).toBeLessThanOrEqual(7)
      expect(crews.at(-1)).toEqual(crews[200])
    }
  })

  test('always leaves a worker at work, whatever the others do', () => {
    for (let seed = 1; seed <= 20; seed++) {
      let state = seed
      const wants = Array.from({ length: 500 }, () => {
        state = (state * 48_271) % 2_147_483_647
        return (state % 100) / 10
      })
      const { crews } = play(4, wants)
      for (const { working, paused } of crews) {
        expect(working, `seed ${seed}`).toBeGreaterThanOrEqual(1)
        expect(working + paused, `seed ${seed}`).toBe(4)
        expect(paused, `seed ${seed}`).toBeGreaterThanOrEqual(0)
      }
    }
  })
})
