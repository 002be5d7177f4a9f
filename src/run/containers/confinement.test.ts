import { describe, expect, test } from 'vitest'
import type { Confinement } from '../../executor/index.ts'
import { noteOf, sayConfinement } from './confinement.ts'
import { requireContainers } from './container-base.ts'

const held: Confinement = {
  engine: 'podman',
  engineVersion: '4.3.1',
  isRootless: true,
  image: 'tallyman-worker',
  node: '20.20.2',
  memoryBytes: 512e6,
  memoryBy: 'kernel',
  processesMax: 1040,
  processesBy: 'kernel',
  cpus: 2,
  cpusBy: 'kernel',
}

describe('sayConfinement', () => {
  test('says what containers are held to, and by what', () => {
    expect(sayConfinement(held)).toBe(
      'Each container of rootless podman 4.3.1 is held to 512 MB of memory by the kernel, 1,040 processes and threads by the kernel, and 2 cores by the kernel.',
    )
    const loose = {
      ...held,
      isRootless: false,
      memoryBy: 'watchdog',
      processesBy: 'ulimit',
      cpusBy: 'niceness',
    } as const
    expect(sayConfinement(loose)).toBe(
      'Each container of podman 4.3.1 is held to 512 MB of memory by the watchdog, 1,040 processes and threads by a limit of its user (nproc) and the watchdog, and 2 cores only by their niceness.',
    )
  })

  test('has words for everything that may hold to a limit', () => {
    expect(sayConfinement({ ...held, memoryBy: 'run-group', cpusBy: 'nothing' })).toMatch(
      /of memory by the kernel, all workers together, .* and 2 cores by nothing\.$/,
    )
  })
})

describe('noteOf', () => {
  test('says nothing where there are no containers, or the kernel holds to all of it', () => {
    expect([noteOf(null), noteOf(held)]).toEqual([null, null])
  })

  test.each([
    { memoryBy: 'watchdog' },
    { memoryBy: 'run-group' },
    { processesBy: 'ulimit' },
    { processesBy: 'run-group' },
    { cpusBy: 'niceness' },
  ] as const)('says so where it does not: %o', (change) => {
    const confinement: Confinement = { ...held, ...change }
    expect(noteOf(confinement)).toBe(
      `Limits of containers that podman was asked for do not all hold here. ${sayConfinement(confinement)}`,
    )
  })
})

describe('requireContainers', () => {
  test('needs no engine for workers that are no containers, and takes no image for them', async () => {
    expect(await requireContainers({ isolation: 'process', image: null })).toBeNull()
    await expect(requireContainers({ isolation: 'thread', image: 'node:20' })).rejects.toMatchObject({
      code: 'usage',
      message: 'Option --image is for containers, and workers are of kind thread.',
      wayOut: 'Add --isolation container, or leave it out.',
    })
  })
})
