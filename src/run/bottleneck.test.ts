import { describe, expect, test } from 'vitest'
import { type MachineSecond, MadeUpMachine } from '../../test/fixtures/load-samples.ts'
import type { LoadSample } from '../host/load.ts'
import { type Bottleneck, findBottleneck, type RunSample, sayBottleneck } from './bottleneck.ts'

type Tasks = Pick<RunSample, 'workers' | 'tasksRunning' | 'tasksWaiting'>

const plenty: Tasks = { workers: 8, tasksRunning: 8, tasksWaiting: 100 }

/** Ten equal seconds on eight cores. */
function found(
  second: MachineSecond,
  tasks: Tasks = plenty,
  options: { cores?: number; hasPressure?: boolean } = {},
): Bottleneck | null {
  const machine = new MadeUpMachine(8, options)
  const samples = machine.passAll(10, second).map((sample) => ({ ...sample, ...tasks }))
  return findBottleneck(samples, options.cores ?? 8)
}

describe('findBottleneck', () => {
  test('names the CPU when the workers keep their cores busy', () => {
    expect(found({ ownCores: 7 })).toEqual({ kind: 'cpu', ownCores: 7, cores: 8 })
    // Two workers on eight cores: each has a core to itself, and that is what it lacks.
    expect(found({ ownCores: 1.9 }, { workers: 2, tasksRunning: 2, tasksWaiting: 9 })?.kind).toBe('cpu')
  })

  test('knows that a run may be confined to fewer cores than the machine has', () => {
    expect(found({ ownCores: 1.9 }, plenty, { cores: 2 })?.kind).toBe('cpu')
    expect(found({ ownCores: 1.9 }, plenty, { cores: 8 })?.kind).toBe('unknown')
  })

  test('names the disk, and how fast it reads, when threads wait for it', () => {
    const second = { ownCores: 1.5, diskStalled: 0.9, ownReadBytes: 120e6 }
    expect(found(second)).toEqual({ kind: 'disk', readBytesPerSecond: 120e6 })
  })

  test('goes by idle cores where the kernel tells no pressure', () => {
    const options = { hasPressure: false }
    expect(found({ ownCores: 1.5, diskWaitShare: 0.3 }, plenty, options)?.kind).toBe('disk')
    expect(found({ ownCores: 1.5, diskWaitShare: 0.05 }, plenty, options)?.kind).toBe('unknown')
  })

  test('names the CPU though the disk is waited for now and then', () => {
    expect(found({ ownCores: 7, diskStalled: 0.5 })?.kind).toBe('cpu')
  })

  test('names memory before the disk: what is swapped in and out is read from the disk', () => {
    const second = { ownCores: 1, memoryStopped: 0.4, diskStalled: 0.9 }
    const bottleneck = found(second)
    expect(bottleneck?.kind).toBe('memory')
    expect(bottleneck).toMatchObject({ stalledShare: expect.closeTo(0.4) })
  })

  test('names the others when they have the cores', () => {
    expect(found({ ownCores: 2, othersCores: 6 })).toMatchObject({ kind: 'others', othersCores: 6, cores: 8 })
    expect(found({ ownCores: 2, othersCores: 3 })?.kind).toBe('unknown')
  })

  test('names one big task when the other workers have nothing to do', () => {
    const tail = { workers: 8, tasksRunning: 1, tasksWaiting: 0 }
    expect(found({ ownCores: 1 }, tail)).toEqual({ kind: 'big-task', tasksRunning: 1 })
    expect(found({ ownCores: 1 }, { ...tail, tasksWaiting: 1 })?.kind).toBe('cpu')
    expect(found({ ownCores: 5 }, { ...tail, tasksRunning: 5 })?.kind).toBe('cpu')
    expect(found({ ownCores: 1 }, { ...tail, workers: 1 })?.kind).toBe('cpu')
  })

  test('does not take the last moments of a stage for one big task', () => {
    const machine = new MadeUpMachine(8)
    const busy = machine.passAll(8, { ownCores: 8 }).map((sample) => ({ ...sample, ...plenty }))
    const tail = { workers: 8, tasksRunning: 1, tasksWaiting: 0 }
    const end = machine.passAll(2, { ownCores: 1 }).map((sample) => ({ ...sample, ...tail }))
    expect(findBottleneck([...busy, ...end], 8)?.kind).toBe('cpu')
  })

  test('says nothing of a run that did nothing, or of a single sample', () => {
    const idle = { workers: 8, tasksRunning: 0, tasksWaiting: 0 }
    const one: LoadSample = new MadeUpMachine(8).now
    expect(found({}, idle)).toBeNull()
    expect(findBottleneck([{ ...one, ...plenty }], 8)).toBeNull()
    expect(findBottleneck([], 8)).toBeNull()
  })
})

describe('sayBottleneck', () => {
  test.each<[Bottleneck, string]>([
    [{ kind: 'cpu', ownCores: 1.94, cores: 2 }, "bound by its workers' cores: 1.9 of 2 were used"],
    [{ kind: 'others', othersCores: 5.96, cores: 8 }, 'bound by others, who used 6.0 of 8 cores'],
    [
      { kind: 'disk', readBytesPerSecond: 120e6 },
      'bound by the disk, which gave 120 MB/s: more workers would not help',
    ],
    [{ kind: 'memory', stalledShare: 0.404 }, 'bound by memory: threads waited for it 40 % of the time'],
    [
      { kind: 'big-task', tasksRunning: 1 },
      'bound by 1 long task at the end: most workers had nothing to do',
    ],
    [{ kind: 'unknown' }, 'bound neither by cores, disk nor memory: the job waits for something else'],
  ])('says of %o what was lacking', (bound, said) => {
    expect(sayBottleneck(bound)).toBe(said)
  })
})
