import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { type CgroupLimits, readCgroupLimits } from './cgroup.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

const MiB = 2 ** 20
const GiB = 2 ** 30
const unlimited: CgroupLimits = { cpus: null, memoryBytes: null, memoryUsedBytes: 0 }

let trees = 0
/** Puts up a tree as /sys/fs/cgroup has it, and a membership as /proc/self/cgroup says it; the kernel ends each file with a newline. */
function limitsOf(
  membership: readonly string[],
  files: Readonly<Record<string, string | number | readonly string[]>>,
): CgroupLimits {
  trees += 1
  const root = folder.at(`tree-${trees}`)
  mkdirSync(root)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(`${root}/${name}`), { recursive: true })
    writeFileSync(`${root}/${name}`, `${Array.isArray(content) ? content.join('\n') : content}\n`)
  }
  const file = `${root}.membership`
  writeFileSync(file, membership.map((line) => `${line}\n`).join(''))
  return readCgroupLimits({ membership: file, root })
}

describe('readCgroupLimits, version 2', () => {
  const service = '0::/user.slice/user-1000.slice/run.service'
  const group = 'user.slice/user-1000.slice/run.service'

  test('reads processor and memory of the group', () => {
    expect(
      limitsOf([service], {
        [`${group}/cpu.max`]: '250000 100000',
        [`${group}/memory.max`]: 4 * GiB,
        [`${group}/memory.current`]: GiB,
        [`${group}/memory.stat`]: ['anon 5', `inactive_file ${256 * MiB}`, 'slab 7'],
      }),
    ).toEqual({ cpus: 2.5, memoryBytes: 4 * GiB, memoryUsedBytes: 768 * MiB })
  })

  test('says null where there is no limit', () => {
    expect(
      limitsOf([service], { [`${group}/cpu.max`]: 'max 100000', [`${group}/memory.max`]: 'max' }),
    ).toEqual(unlimited)
  })

  test('takes the tightest of a group and those above it', () => {
    const { cpus, memoryBytes, memoryUsedBytes } = limitsOf([service], {
      [`${group}/cpu.max`]: '800000 100000',
      [`${group}/memory.max`]: 2 * GiB,
      [`${group}/memory.current`]: 100 * MiB,
      'user.slice/user-1000.slice/cpu.max': '150000 50000',
      'user.slice/user-1000.slice/memory.max': 8 * GiB,
      'user.slice/user-1000.slice/memory.current': 7 * GiB,
      'user.slice/cpu.max': 'max 100000',
      'user.slice/memory.max': 'max',
    })
    expect(cpus).toBe(3)
    // 1 GiB is left in the user's slice, and more in the service.
    expect([memoryBytes, memoryUsedBytes]).toEqual([8 * GiB, 7 * GiB])
  })

  test('reads no group beside its own', () => {
    expect(
      limitsOf([service], {
        'user.slice/user-1001.slice/memory.max': MiB,
        'system.slice/cpu.max': '1000 100000',
        'user.slice/user-1000.slice/run.service.d/memory.max': MiB,
      }),
    ).toEqual(unlimited)
  })

  test('reads the root in a container, whose membership is "/" or a path outside', () => {
    const files = { 'cpu.max': '50000 100000', 'memory.max': GiB, 'memory.current': 10 * MiB }
    const inside = { cpus: 0.5, memoryBytes: GiB, memoryUsedBytes: 10 * MiB }
    expect(limitsOf(['0::/'], files)).toEqual(inside)
    expect(limitsOf(['0::/../../machine.slice/libpod-0a1b.scope/container'], files)).toEqual(inside)
  })

  test('takes a group whose name has a colon', () => {
    expect(limitsOf(['0::/a:b/c'], { 'a:b/c/memory.max': GiB }).memoryBytes).toBe(GiB)
  })

  test('does not count memory as used that was only read from files', () => {
    const used = limitsOf([service], {
      [`${group}/memory.max`]: GiB,
      [`${group}/memory.current`]: 100 * MiB,
      [`${group}/memory.stat`]: [`inactive_file ${200 * MiB}`],
    }).memoryUsedBytes
    expect(used).toBe(0)
  })
})

describe('readCgroupLimits, version 1', () => {
  const membership = [
    '12:pids:/user.slice/user-1000.slice',
    '11:memory:/user.slice',
    '4:cpu,cpuacct:/user.slice',
    '1:name=systemd:/user.slice/user-1000.slice/session-1.scope',
  ]

  test('reads each controller under its own mount', () => {
    expect(
      limitsOf(membership, {
        'cpu,cpuacct/user.slice/cpu.cfs_quota_us': 400000,
        'cpu,cpuacct/user.slice/cpu.cfs_period_us': 100000,
        'memory/user.slice/memory.limit_in_bytes': 8 * GiB,
        'memory/user.slice/memory.usage_in_bytes': 3 * GiB,
        'memory/user.slice/memory.stat': ['inactive_file 1', `total_inactive_file ${GiB}`],
        'pids/user.slice/user-1000.slice/pids.max': 100,
      }),
    ).toEqual({ cpus: 4, memoryBytes: 8 * GiB, memoryUsedBytes: 2 * GiB })
  })

  test('says null for what version 1 writes where there is no limit', () => {
    expect(
      limitsOf(membership, {
        'cpu/user.slice/cpu.cfs_quota_us': -1,
        'cpu/user.slice/cpu.cfs_period_us': 100000,
        'memory/user.slice/memory.limit_in_bytes': '9223372036854771712',
        'memory/user.slice/memory.usage_in_bytes': GiB,
      }),
    ).toEqual(unlimited)
  })

  test('takes a limit of the root, and of groups above', () => {
    const files = {
      'cpu/cpu.cfs_quota_us': 100000,
      'cpu/cpu.cfs_period_us': 100000,
      'cpu/user.slice/cpu.cfs_quota_us': 300000,
      'cpu/user.slice/cpu.cfs_period_us': 100000,
      'memory/memory.limit_in_bytes': 2 * GiB,
      'memory/memory.usage_in_bytes': GiB,
    }
    expect(limitsOf(membership, files)).toEqual({ cpus: 1, memoryBytes: 2 * GiB, memoryUsedBytes: GiB })
  })

  test('reads the root in a container that sees only its own group', () => {
    const docker = '/docker/0a1b2c3d'
    expect(
      limitsOf([`9:memory:${docker}`, `3:cpu,cpuacct:${docker}`, `0::${docker}`], {
        'cpu,cpuacct/cpu.cfs_quota_us': 150000,
        'cpu,cpuacct/cpu.cfs_period_us': 100000,
        'memory/memory.limit_in_bytes': GiB,
        'memory/memory.usage_in_bytes': 5 * MiB,
      }),
    ).toEqual({ cpus: 1.5, memoryBytes: GiB, memoryUsedBytes: 5 * MiB })
  })
})

describe('readCgroupLimits, hybrid', () => {
  test('reads version 1 for what it has, and version 2 under "unified"', () => {
    const membership = ['5:memory:/job', '4:cpu,cpuacct:/job', '0::/job/task']
    expect(
      limitsOf(membership, {
        'memory/job/memory.limit_in_bytes': 3 * GiB,
        'memory/job/memory.usage_in_bytes': GiB,
        'cpu,cpuacct/job/cpu.cfs_quota_us': 600000,
        'cpu,cpuacct/job/cpu.cfs_period_us': 100000,
        'unified/job/cpu.max': '200000 100000',
      }),
    ).toEqual({ cpus: 2, memoryBytes: 3 * GiB, memoryUsedBytes: GiB })
  })
})

describe('readCgroupLimits', () => {
  test('says null of everything where there are no control groups', () => {
    expect(readCgroupLimits({ membership: folder.at('nothing'), root: folder.at('nowhere') })).toEqual(
      unlimited,
    )
    expect(limitsOf([], {})).toEqual(unlimited)
  })

  test('passes over files that hold something else', () => {
    const files = { 'memory.max': '', 'memory.current': 'x', 'cpu/cpu.cfs_quota_us': '1e5' }
    expect(limitsOf(['0::/', '1:cpu:/'], files)).toEqual(unlimited)
  })

  test('takes the tightest limit wherever in a tree it stands', () => {
    const limit = fc.integer({ min: MiB, max: 64 * GiB })
    const levels = fc.array(fc.record({ limit: fc.option(limit), used: fc.nat({ max: MiB }) }), {
      minLength: 1,
      maxLength: 5,
    })
    fc.assert(
      fc.property(levels, (tree) => {
        const files: Record<string, string | number> = {}
        tree.forEach(({ limit, used }, depth) => {
          const group = 'g/'.repeat(depth)
          files[`${group}memory.max`] = limit ?? 'max'
          files[`${group}memory.current`] = used
        })
        const { memoryBytes, memoryUsedBytes } = limitsOf([`0::/${'g/'.repeat(tree.length - 1)}`], files)
        const room = tree.flatMap(({ limit, used }) => (limit === null ? [] : [limit - used]))
        if (room.length === 0) expect(memoryBytes).toBeNull()
        else expect((memoryBytes ?? 0) - memoryUsedBytes).toBe(Math.min(...room))
      }),
      { numRuns: 50 },
    )
  })
})
