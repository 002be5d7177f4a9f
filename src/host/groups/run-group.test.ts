import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { isRoot, ordinaryUser, runProgram } from '../../../test/fixtures/bundled.ts'
import { canMakeGroups, groupName, openTestGroup } from '../../../test/fixtures/control-groups.ts'
import { fileTree } from '../../../test/fixtures/file-tree.ts'
import { eventually, startShell } from '../../../test/fixtures/shell.ts'
import { requires } from '../../../test/requires.ts'
import type { ProcessToken } from '../processes/process-mark.ts'
import { carriersOf, isDead, readProcess } from '../processes/process-tree.ts'
import { type CgroupFiles, membership, systemFiles } from './cgroup.ts'
import { openOwnGroup, openRunGroup } from './run-group.ts'

const mebibyte = 2 ** 20

function isAlive(pid: number): boolean {
  const entry = readProcess(pid)
  return entry !== null && !isDead(entry)
}

/** A token and processes that carry it: they are found wherever they are. */
function newToken(): { readonly environment: Record<string, string>; readonly alive: () => number } {
  const name = `TALLYMAN_TEST_${randomBytes(8).toString('hex')}`
  const token: ProcessToken = `${name}=1`
  return {
    environment: { [name]: '1' },
    alive: () => carriersOf(token).filter((entry) => !isDead(entry)).length,
  }
}

const canTry = requires('the right to make control groups', await canMakeGroups())

describe.skipIf(!canTry)('openRunGroup', () => {
  test('bounds a fork bomb, counts what was refused, and ends all of it', async () => {
    const group = openTestGroup({ processesMax: 20 })
    const { environment, alive } = newToken()
    // Each link wants two more; those that may not fork end.
    const bomb = 'read go; grow() { grow & grow & sleep 60; }; grow'
    const shell = startShell(bomb, environment)
    expect(group.addProcess(shell.pid)).toBeNull()
    shell.child.stdin?.write('go\n')
    await eventually(() => group.events().processRefusals > 0, 'the kernel refuses')
    expect(alive()).toBeLessThanOrEqual(20)
    expect(alive()).toBeGreaterThan(1)
    expect(await group.kill()).toEqual([])
    expect(alive()).toBe(0)
  })

  test('ends what left session and parent with an empty environment, and hops on', async () => {
    const group = openTestGroup({ processesMax: 20 })
    const link = 'sleep 0.001; setsid env -i LINK="$LINK" PATH="$PATH" sh -c "$LINK" & echo $!'
    const shell = startShell(`read go; ${link}`, { LINK: link })
    expect(group.addProcess(shell.pid)).toBeNull()
    shell.child.stdin?.write('go\n')
    for (let hop = 0; hop < 3; hop++) await shell.nextLine()
    expect(await group.kill()).toEqual([])
    expect(await group.close()).toBeNull()
  })

  test('has the kernel end a process that takes more memory than allowed, and only that', async () => {
    const group = openTestGroup({ memoryBytes: 48 * mebibyte })
    const program = `
      process.stdin.once('data', () => { globalThis.held = Buffer.alloc(${128 * mebibyte}, 1); console.log('held') })
      console.log('up')`
    const eater = startShell('exec "$NODE" -e "$PROGRAM"', { NODE: process.execPath, PROGRAM: program })
    const neighbour = startShell('echo up; read x')
    await eater.nextLine()
    await neighbour.nextLine()
    expect(group.addProcess(eater.pid)).toBeNull()
    expect(group.addProcess(neighbour.pid)).toBeNull()
    expect(group.events()).toEqual({ memoryKills: 0, processRefusals: 0 })
    eater.child.stdin?.write('go\n')
    await eater.ended
    expect(eater.child.signalCode).toBe('SIGKILL')
    expect(group.events()).toEqual({ memoryKills: 1, processRefusals: 0 })
    expect(isAlive(neighbour.pid)).toBe(true)
  })

  test('takes over a group that was left behind, with whom is in it, under new limits', async () => {
    const name = groupName()
    const left = openTestGroup({ processesMax: 30, memoryBytes: 512 * mebibyte }, name)
    const shell = startShell('echo up; read x')
    await shell.nextLine()
    expect(left.addProcess(shell.pid)).toBeNull()
    const group = openTestGroup({ processesMax: 5, memoryBytes: 256 * mebibyte }, name)
    expect(await group.kill()).toEqual([])
    expect(isAlive(shell.pid)).toBe(false)
    expect(await group.close()).toBeNull()
  })

  test('can be used again after a kill', async () => {
    const group = openTestGroup({ processesMax: 20 })
    expect(await group.kill()).toEqual([])
    const shell = startShell('read go; (echo forked); read x')
    expect(group.addProcess(shell.pid)).toBeNull()
    shell.child.stdin?.write('go\n')
    expect(await shell.nextLine()).toBe('forked')
  })

  test('is removed by close, with everything in it', async () => {
    const name = groupName()
    const group = openTestGroup({ processesMax: 20, memoryBytes: 64 * mebibyte }, name)
    const shell = startShell('sleep 60 & echo up; wait')
    await shell.nextLine()
    group.addProcess(shell.pid)
    const own = membership(systemFiles)
    const folder = join(systemFiles.root, own.pids === null ? (own.unified ?? '') : `pids${own.pids}`)
    expect(readdirSync(folder)).toContain(`tallyman-${name}`)
    expect(await group.close()).toBeNull()
    expect(readdirSync(folder)).not.toContain(`tallyman-${name}`)
    expect(isAlive(shell.pid)).toBe(false)
  })

  test('says which process it cannot take, and never takes this one for it', async () => {
    const group = openTestGroup({ processesMax: 20 })
    const shell = startShell(':')
    await shell.ended
    await eventually(() => readProcess(shell.pid) === null, 'the shell is gone')
    expect(group.addProcess(shell.pid)).toContain('ESRCH')
    const before = readFileSync('/proc/self/cgroup', 'utf8')
    expect(group.addProcess(0)).toBe('There is no process 0 to move into a control group.')
    expect(readFileSync('/proc/self/cgroup', 'utf8')).toBe(before)
  })

  test('says which limit the kernel does not take', () => {
    const opened = openRunGroup(groupName(), { memoryBytes: null, processesMax: 2 ** 40 })
    expect(opened).toMatchObject({ kind: 'unable', reason: expect.stringContaining('pids.max') })
  })
})

describe.skipIf(!requires('the right to become another user', isRoot))(
  'openRunGroup, for an ordinary user',
  () => {
    /** Opens a group, moves a child into it that forks; returns what came of it. */
    const program = `
    import { spawnSync, spawn } from 'node:child_process'
    import { openRunGroup } from './src/host/groups/run-group.ts'
    const opened = openRunGroup('user', { processesMax: 1, memoryBytes: 64 * 2 ** 20 })
    if (opened.kind === 'unable') console.log(JSON.stringify(opened))
    else {
      const child = spawn('sh', ['-c', 'read go; (echo forked); echo after'], { stdio: ['pipe', 'pipe', 'ignore'] })
      const added = opened.group.addProcess(child.pid)
      child.stdin.end('go\\n')
      let said = ''
      for await (const chunk of child.stdout) said += chunk
      console.log(JSON.stringify({ added, said, closed: await opened.group.close() }))
    }`

    test('says why it can not, and what root can do', () => {
      const opened = runProgram(program, { user: ordinaryUser })
      expect(opened).toMatchObject({ kind: 'unable', reason: expect.stringMatching(/EACCES|may not limit/) })
    })

    const isVersion1 = membership(systemFiles).pids !== null && membership(systemFiles).memory !== null
    test.skipIf(!requires('control groups of version 1', isVersion1 && canTry))(
      'makes groups in what root has handed over',
      () => {
        for (const controller of ['pids', 'memory']) {
          const folder = join(systemFiles.root, controller, `u${ordinaryUser.uid}`)
          mkdirSync(folder)
          onTestFinished(() => rmdirSync(folder))
          for (const path of ['.', ...readdirSync(folder)])
            chownSync(join(folder, path), ordinaryUser.uid, ordinaryUser.gid)
        }
        expect(runProgram(program, { user: ordinaryUser })).toEqual({ added: null, said: '', closed: null })
      },
    )
  },
)

describe('openRunGroup, on other machines', () => {
  const limits = { memoryBytes: 2 ** 20, processesMax: 10 }

  function machine(cgroup: string, files: Readonly<Record<string, string>>): CgroupFiles {
    const root = fileTree({ membership: cgroup, 'cgroup/placeholder': '', ...files })
    return { membership: join(root, 'membership'), root: join(root, 'cgroup') }
  }

  const reasonOn = (files: CgroupFiles): string => {
    const opened = openRunGroup('x', limits, files)
    return opened.kind === 'unable' ? opened.reason : 'opened'
  }

  test('are refused where no control groups are mounted', () => {
    expect(reasonOn(machine('0::/\n', {}))).toContain('does not show a control group')
    expect(reasonOn(machine('', {}))).toContain('does not show a control group')
    expect(reasonOn(machine('3:pids:/a\n0::/\n', {}))).toContain('does not show the control group /a')
  })

  test('are not taken for ours when this process is not listed in them', () => {
    const files = machine('0::/a\n', {
      'cgroup/a/cgroup.procs': '1\n',
      'cgroup/a/cgroup.controllers': 'pids memory\n',
    })
    expect(reasonOn(files)).toContain('does not show a control group that this process is in')
  })

  test('are refused by version 2 where a controller was not handed down, with the way out', () => {
    const files = machine('0::/a\n', {
      'cgroup/a/cgroup.procs': `1\n${process.pid}\n`,
      'cgroup/a/cgroup.controllers': 'cpu memory\n',
    })
    expect(reasonOn(files)).toMatch(/may not limit processes: .*systemd-run --user --scope -p Delegate=yes/)
  })

  test('ask version 2 to hand down what it does not yet', () => {
    const files = machine('0::/a\n', {
      'cgroup/a/cgroup.procs': `${process.pid}\n`,
      'cgroup/a/cgroup.controllers': 'cpu memory pids\n',
      'cgroup/a/cgroup.subtree_control': 'memory\n',
    })
    // These are mere files, so the group that is made has no file for its limit, and that is found out.
    expect(reasonOn(files)).toContain('pids.max: ENOENT')
    expect(readFileSync(join(files.root, 'a/cgroup.subtree_control'), 'utf8')).toBe('+pids')
  })

  test('are not believed when they do not give back what they were given', () => {
    const files = machine('0::/a\n', {
      'cgroup/a/cgroup.procs': `${process.pid}\n`,
      'cgroup/a/cgroup.controllers': 'memory pids\n',
      'cgroup/a/cgroup.subtree_control': 'memory pids\n',
      'cgroup/a/tallyman-x/cgroup.procs': '',
    })
    const file = join(files.root, 'a/tallyman-x/pids.max')
    symlinkSync('/dev/null', file)
    expect(reasonOn(files)).toBe(`10 was written to ${file}, yet it says nothing.`)
  })

  test('want a name that is one', () => {
    expect(() => openRunGroup('a/b', limits)).toThrow('"a/b" is no name of a control group.')
  })
})

describe.skipIf(!canTry)('openOwnGroup', () => {
  const limits = { memoryBytes: 2 ** 30, processesMax: 100 }

  test('ends what a coordinator that was killed has left in its group, and removes it', async () => {
    const lost = runProgram(
      `import { spawn } from 'node:child_process'
       import { writeSync } from 'node:fs'
       import { openOwnGroup } from './src/host/groups/run-group.ts'
       const group = openOwnGroup(${JSON.stringify(limits)})
       const { pid } = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' })
       writeSync(1, JSON.stringify({ owner: process.pid, pid, refused: group.addProcess(pid) }))
       process.kill(process.pid, 'SIGKILL')`,
      { before: ['sh', '-c', '"$@"; true', 'sh'] },
    ) as { readonly owner: number; readonly pid: number; readonly refused: null }
    expect(lost.refused).toBeNull()
    const groupsOfLost = (): string[] =>
      ['memory', 'pids', ''].flatMap((controller) => {
        const path =
          membership(systemFiles)[controller === '' ? 'unified' : (controller as 'memory' | 'pids')]
        if (path === null) return []
        const folder = join(systemFiles.root, controller, path)
        return existsSync(folder)
          ? readdirSync(folder).filter((name) => name.startsWith(`tallyman-${lost.owner}-`))
          : []
      })
    expect(groupsOfLost()).not.toEqual([])
    expect(isAlive(lost.pid)).toBe(true)
    await eventually(() => {
      void openOwnGroup(limits)?.close()
      return groupsOfLost().length === 0
    }, 'the group is removed')
    expect(isAlive(lost.pid)).toBe(false)
  })

  test('leaves the groups of those that live alone', async () => {
    const first = openOwnGroup(limits)
    const second = openOwnGroup(limits)
    onTestFinished(async () => {
      await first?.close()
      await second?.close()
    })
    const shell = startShell('sleep 1000', {})
    expect(first?.addProcess(shell.pid)).toBeNull()
    expect(isAlive(shell.pid)).toBe(true)
  })

  test('is null where no group can be made', () => {
    const files: CgroupFiles = { ...systemFiles, root: '/nowhere' }
    expect(openOwnGroup(limits, files)).toBeNull()
  })
})
