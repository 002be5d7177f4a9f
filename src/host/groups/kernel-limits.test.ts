import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isRoot, ordinaryUser, runProgram } from '../../../test/fixtures/bundled.ts'
import { canMakeGroups } from '../../../test/fixtures/control-groups.ts'
import { fileTree } from '../../../test/fixtures/file-tree.ts'
import { requires } from '../../../test/requires.ts'
import { probeKernelLimits } from './kernel-limits.ts'

const canTry = requires('the right to make control groups', await canMakeGroups())

describe('probeKernelLimits', () => {
  test.skipIf(!canTry)('finds that the kernel holds both limits', async () => {
    expect(await probeKernelLimits()).toEqual({ processes: { holds: true }, memory: { holds: true } })
  })

  test.skipIf(!requires('the right to become another user', isRoot))('tells an ordinary user why not', () => {
    const limits = runProgram(
      `import { probeKernelLimits } from './src/host/groups/kernel-limits.ts'
       console.log(JSON.stringify(await probeKernelLimits()))`,
      { user: ordinaryUser },
    )
    const unable = { holds: false, reason: expect.stringMatching(/EACCES|may not limit/) }
    expect(limits).toEqual({ processes: unable, memory: unable })
  })

  test('does not believe groups that take every limit and hold none', async () => {
    const probe = (name: string): string => `cgroup/a/tallyman-probe-${process.pid}-${name}`
    const root = fileTree({
      membership: '0::/a\n',
      'cgroup/a/cgroup.procs': `${process.pid}\n`,
      'cgroup/a/cgroup.controllers': 'memory pids\n',
      'cgroup/a/cgroup.subtree_control': 'memory pids\n',
      [`${probe('processes')}/pids.max`]: '',
      [`${probe('processes')}/cgroup.procs`]: '',
      [`${probe('memory')}/memory.max`]: '',
      [`${probe('memory')}/cgroup.procs`]: '',
    })
    const files = { membership: join(root, 'membership'), root: join(root, 'cgroup') }
    const limits = await probeKernelLimits(files)
    expect(limits.memory).toEqual({
      holds: false,
      reason: 'The limit of memory was taken, but is not held: held.',
    })
    expect(limits.processes).toEqual({ holds: false, reason: expect.stringContaining('is not held') })
  })
})
