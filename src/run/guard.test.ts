import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type MachineSecond, MadeUpMachine } from '../../test/fixtures/load-samples.ts'
import { until } from '../../test/fixtures/until.ts'
import type { Fault } from '../errors.ts'
import { Guard, type Outlook } from './guard.ts'

const GiB = 2 ** 30

interface Setting {
  readonly cores?: number
  readonly seats?: number
  readonly isPolite?: boolean
  readonly memory?: { readonly totalBytes: number; readonly workerHeapBytes: number }
  /** Free of 100 GiB and a million files; null: they cannot be read. */
  readonly disk?: () => { readonly freeBytes: number; readonly freeFiles: number } | null
}

/** A guard of a made-up run on a made-up machine, and what it has done. */
class Scene {
  readonly said: string[] = []
  readonly done: string[] = []
  readonly faults: Fault[] = []
  readonly asked: (readonly number[])[] = []
  running = 0
  waiting = 0
  freeSeats: number
  crew = { working: 0, paused: 0 }
  heldBytes = GiB
  rooms = 0
  diskLooks = 0
  look: (() => void) | null = null
  readonly guard: Guard
  readonly #machine: MadeUpMachine

  constructor({ cores = 4, seats = 4, isPolite = true, memory, disk }: Setting = {}) {
    this.freeSeats = seats
    this.#machine = new MadeUpMachine(cores)
    const scene = this
    const outlook: Outlook = {
      cores,
      nowMs: () => this.#machine.now.atMs,
      load: (pids) => {
        this.asked.push(pids)
        return this.#machine.now
      },
      memoryBytes: (pids) => {
        expect(pids).toEqual([process.pid, 11, 12])
        return this.heldBytes
      },
      diskSpace: async () => {
        this.diskLooks += 1
        const free = (disk ?? (() => ({ freeBytes: 50 * GiB, freeFiles: 500_000 })))()
        if (free === null) throw new Error('no such place')
        return { totalBytes: 100 * GiB, totalFiles: 1_000_000, ...free }
      },
      every: (ms, call) => {
        expect(ms).toBe(1000)
        this.look = call
        return () => {
          this.look = null
        }
      },
    }
    this.guard = new Guard(
      {
        pool: {
          seats,
          pids: [11, 12],
          get freeSeats() {
            return scene.freeSeats
          },
          get crew() {
            return scene.crew
          },
          pauseOne: () => {
            this.done.push('pause')
            this.crew = { working: this.crew.working - 1, paused: this.crew.paused + 1 }
          },
          resumeOne: () => {
            this.done.push('resume')
            this.crew = { working: this.crew.working + 1, paused: this.crew.paused - 1 }
          },
        },
        directory: '/runs/one',
        isPolite,
        memory: memory ?? { totalBytes: 4 * GiB, workerHeapBytes: GiB },
        tasks: () => ({ running: this.running, waiting: this.waiting }),
        roomFound: () => {
          this.rooms += 1
        },
        say: (message) => this.said.push(message),
        stop: (fault) => this.faults.push(fault),
      },
      outlook,
    )
    this.guard.start()
  }

  /** Seconds pass, with a look at the end of each. */
  pass(seconds: number, second: MachineSecond): void {
    for (let left = seconds; left > 0; left--) {
      this.#machine.pass(second)
      this.look?.()
    }
  }

  /** All workers are at work, each at a task. */
  busy(working: number, waiting = 0): void {
    this.running = working
    this.waiting = waiting
    this.freeSeats -= working
    this.crew = { working, paused: 0 }
  }
}

/** Looks at the disk are waited for by nobody. */
async function settled(): Promise<void> {
  await setImmediate()
}

describe('Guard', () => {
  test('looks at the processes of the run, and its own, until it is stopped', () => {
    const scene = new Scene()
    scene.pass(2, {})
    expect(scene.asked).toEqual([
      [process.pid, 11, 12],
      [process.pid, 11, 12],
    ])
    scene.guard.stop()
    scene.guard.stop()
    expect(scene.look).toBeNull()
  })

  test('pauses a worker while others need the cores, and lets it go on when they do not; says why', () => {
    const scene = new Scene()
    scene.busy(4)
    scene.pass(3, { ownCores: 2, othersCores: 2 })
    expect(scene.done).toEqual([])
    scene.pass(1, { ownCores: 2, othersCores: 2 })
    expect(scene.done).toEqual(['pause'])
    expect(scene.said).toEqual(['A worker is paused: others use 2.0 of 4 cores.'])
    // What was before it was paused says nothing about how it is now.
    scene.pass(2, { ownCores: 2, othersCores: 2 })
    expect(scene.done).toEqual(['pause'])
    scene.pass(11, { ownCores: 1 })
    expect(scene.done).toEqual(['pause', 'resume'])
    expect(scene.said[1]).toBe('A worker goes on: 3.0 of 4 cores are idle.')
  })

  test('pauses nobody in a run that need not be polite', () => {
    const scene = new Scene({ isPolite: false })
    scene.busy(4)
    scene.pass(20, { ownCores: 2, othersCores: 2 })
    expect([scene.done, scene.said]).toEqual([[], []])
  })

  test('lets the last worker go on, however busy others are', () => {
    const scene = new Scene()
    scene.busy(1)
    scene.crew = { working: 0, paused: 1 }
    scene.pass(1, { othersCores: 4 })
    expect(scene.done).toEqual(['resume'])
    expect(scene.said).toEqual(['A worker goes on: it has the last task.'])
  })

  test('leaves a worker paused while another one is at work', () => {
    const scene = new Scene()
    scene.busy(2)
    scene.crew = { working: 1, paused: 1 }
    scene.pass(5, { ownCores: 1, othersCores: 3 })
    scene.crew = { working: 0, paused: 0 }
    scene.pass(1, { othersCores: 4 })
    expect(scene.done).toEqual([])
  })

  describe('begins with two workers a core', () => {
    test('and no more than there are', () => {
      expect(new Scene({ cores: 2, seats: 10 }).guard.freeSeats).toBe(4)
      expect(new Scene({ cores: 2, seats: 3 }).guard.freeSeats).toBe(3)
      const scene = new Scene({ cores: 2, seats: 10 })
      scene.busy(3)
      expect(scene.guard.freeSeats).toBe(1)
      scene.busy(3)
      expect(scene.guard.freeSeats).toBe(0)
    })

    test('and twice as many when all have been at work for a while and cores have nothing to do', () => {
      const scene = new Scene({ cores: 2, seats: 10 })
      scene.busy(4, 50)
      scene.pass(2, { ownCores: 0.3 })
      expect([scene.guard.freeSeats, scene.rooms]).toEqual([0, 0])
      scene.pass(1, { ownCores: 0.3 })
      expect([scene.guard.freeSeats, scene.rooms]).toEqual([4, 1])
      scene.busy(4, 50)
      scene.pass(2, { ownCores: 0.3 })
      expect([scene.guard.freeSeats, scene.rooms]).toEqual([0, 1])
      scene.pass(1, { ownCores: 0.3 })
      // No more than there are.
      expect([scene.guard.freeSeats, scene.rooms]).toEqual([2, 2])
      scene.busy(2, 50)
      scene.pass(10, { ownCores: 0.3 })
      expect([scene.guard.freeSeats, scene.rooms, scene.said]).toEqual([0, 2, []])
    })

    test('anew for whoever was not busy all the time', () => {
      const scene = new Scene({ cores: 2, seats: 10 })
      scene.busy(4, 50)
      scene.pass(2, { ownCores: 0.3 })
      scene.waiting = 0
      scene.pass(1, { ownCores: 0.3 })
      scene.waiting = 50
      scene.pass(2, { ownCores: 0.3 })
      expect(scene.guard.freeSeats).toBe(0)
      scene.pass(1, { ownCores: 0.3 })
      expect(scene.guard.freeSeats).toBe(4)
      scene.freeSeats += 1
      scene.pass(5, { ownCores: 0.3 })
      expect(scene.guard.freeSeats).toBe(5)
    })

    test('and more as soon as the cores have nothing to do any more, whatever was before', () => {
      const scene = new Scene({ cores: 2, seats: 10 })
      scene.busy(4, 50)
      scene.pass(20, { ownCores: 2 })
      expect(scene.guard.freeSeats).toBe(0)
      scene.pass(4, { ownCores: 0.1 })
      expect(scene.guard.freeSeats).toBe(4)
    })

    test('and no more while they keep the cores busy, which it says once', () => {
      const scene = new Scene({ cores: 2, seats: 10 })
      scene.busy(4, 50)
      scene.pass(20, { ownCores: 2 })
      expect([scene.guard.freeSeats, scene.rooms]).toEqual([0, 0])
      expect(scene.said).toEqual([
        "No more than 4 of 10 workers are started: bound by its workers' cores: 2.0 of 2 were used.",
      ])
    })
  })

  describe('has room for an attempt that need not be', () => {
    /** Two of four workers have nothing to do, and nothing waits. */
    function idle(setting: Setting = {}): Scene {
      const scene = new Scene(setting)
      scene.busy(2)
      return scene
    }

    test('where a worker is idle, and says so at every look', () => {
      const scene = idle()
      expect(scene.guard.hasRoom).toBe(false)
      scene.pass(1, { ownCores: 2 })
      expect([scene.guard.hasRoom, scene.rooms]).toEqual([true, 1])
      scene.guard.takeRoom()
      expect(scene.guard.hasRoom).toBe(false)
      scene.pass(1, { ownCores: 2 })
      expect([scene.guard.hasRoom, scene.rooms]).toEqual([true, 2])
    })

    test.each<[string, (scene: Scene) => void]>([
      ['a task waits', (scene) => (scene.waiting = 1)],
      ['no task runs', (scene) => (scene.running = 0)],
      ['no worker is idle', (scene) => (scene.freeSeats = 0)],
      ['its heap would be too much', (scene) => (scene.heldBytes = 3 * GiB + 1)],
      ['a worker is paused', (scene) => (scene.crew = { working: 1, paused: 1 })],
    ])('not where %s', (_, change) => {
      const scene = idle()
      change(scene)
      scene.pass(1, { ownCores: 2 })
      expect([scene.guard.hasRoom, scene.rooms]).toEqual([false, 0])
    })

    test('where others use so much that one worker more has just what it wants', () => {
      const scene = idle()
      scene.pass(4, { ownCores: 3, othersCores: 0.9 })
      expect(scene.guard.hasRoom).toBe(true)
    })

    test('where its heap just fits', () => {
      const scene = idle()
      scene.heldBytes = 3 * GiB
      scene.pass(1, {})
      expect(scene.guard.hasRoom).toBe(true)
    })

    test('not where others would then be short of a core, unless it need not be polite', () => {
      for (const isPolite of [true, false]) {
        const scene = idle({ isPolite })
        // Two and a half cores are left: two workers have what they want, and three had not.
        scene.pass(4, { ownCores: 2.4, othersCores: 1.6 })
        expect([scene.done, scene.guard.hasRoom]).toEqual([[], !isPolite])
      }
    })
  })

  describe('ends the run', () => {
    test('when the disk has less than others need, and says how much there is', async () => {
      for (const [freeBytes, freeFiles, left] of [
        [900 * 2 ** 20, 500_000, '900 MiB'],
        [50 * GiB, 9999, '9999 files'],
      ] as const) {
        const scene = new Scene({ disk: () => ({ freeBytes, freeFiles }) })
        await settled()
        expect(scene.faults).toEqual([
          {
            code: 'disk-full',
            message: `The disk of /runs/one has room for ${left} more; the run ends before it takes the rest.`,
            wayOut:
              'Free some space (`tallyman clean` shows what runs hold), or set TALLYMAN_HOME to another disk, then resume.',
          },
        ])
      }
    })

    test('not when there is just enough, or when the disk cannot be read', async () => {
      for (const disk of [() => ({ freeBytes: 1e9, freeFiles: 10_000 }), () => null]) {
        const scene = new Scene({ disk })
        await settled()
        expect([scene.faults, scene.diskLooks]).toEqual([[], 1])
      }
    })

    test('also when the disk is filled later: it is looked at every other second', async () => {
      let freeBytes = 50 * GiB
      const scene = new Scene({ disk: () => ({ freeBytes, freeFiles: 500_000 }) })
      await settled()
      scene.pass(1, {})
      expect(scene.diskLooks).toBe(1)
      scene.pass(1, {})
      expect(scene.diskLooks).toBe(2)
      freeBytes = 0
      scene.pass(1, {})
      await settled()
      expect(scene.faults).toEqual([])
      scene.pass(1, {})
      await settled()
      expect(scene.faults).toMatchObject([{ code: 'disk-full' }])
    })
  })

  describe('says what bounded the run', () => {
    test('by what it was like all the time, where a task ran', () => {
      const scene = new Scene()
      expect(scene.guard.bottleneck()).toBeNull()
      scene.busy(4, 10)
      scene.pass(1, { ownCores: 4 })
      expect(scene.guard.bottleneck()).toBeNull()
      scene.pass(3, { ownCores: 4 })
      expect(scene.guard.bottleneck()).toEqual({ kind: 'cpu', ownCores: 4, cores: 4 })
    })

    test('by the workers that there are, where those are fewer than cores', () => {
      const scene = new Scene({ cores: 8, seats: 2 })
      scene.busy(2, 10)
      scene.pass(3, { ownCores: 2 })
      expect(scene.guard.bottleneck()).toEqual({ kind: 'cpu', ownCores: 2, cores: 2 })
    })

    test('by the last ten minutes', () => {
      const scene = new Scene({ isPolite: false })
      scene.busy(4, 10)
      scene.pass(601, { ownCores: 4 })
      scene.pass(598, {})
      // The last second of those before is still there.
      expect(scene.guard.bottleneck()).toEqual({ kind: 'unknown' })
      scene.pass(2, { ownCores: 4 })
      scene.pass(597, { ownCores: 4 })
      expect(scene.guard.bottleneck()).toMatchObject({ kind: 'cpu' })
    })
  })

  test('sees this machine, a second after the other, until it is stopped', async () => {
    let asked = 0
    let rooms = 0
    const guard = new Guard({
      pool: {
        seats: 2,
        freeSeats: 1,
        pids: [],
        crew: { working: 1, paused: 0 },
        pauseOne: () => undefined,
        resumeOne: () => undefined,
      },
      directory: '/nowhere/at/all',
      isPolite: false,
      memory: { totalBytes: 2 ** 50, workerHeapBytes: 1 },
      tasks: () => {
        asked += 1
        return { running: 1, waiting: 0 }
      },
      roomFound: () => {
        rooms += 1
      },
      say: () => undefined,
      stop: () => undefined,
    })
    guard.start()
    await until('two looks', () => asked === 2)
    guard.stop()
    expect(rooms).toBe(2)
    expect(guard.bottleneck()?.kind).toMatch(/^(cpu|others|disk|memory|big-task|unknown)$/)
    await sleep(1200)
    expect(asked).toBe(2)
  })
})
