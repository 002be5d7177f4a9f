import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { isRoot, ordinaryUser, runProgram } from '../../test/fixtures/bundled.ts'
import { fileTree } from '../../test/fixtures/file-tree.ts'
import { requires } from '../../test/requires.ts'
import { readLimits, roomForProcesses } from './limits.ts'

const limits = `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max processes             512                  600                  processes
Max open files            1024                 524288               files
`
const stat = (uid: string, threads: number): string =>
  `${uid} (x) S 1 1 1 0 -1 0 0 0 0 0 1 2 3 4 20 0 ${threads} 0 777 0 0`
const status = (uid: number, capabilities: string): string =>
  `Name:\tnode\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\nCapEff:\t${capabilities}\n`
const everybody = '         0          0 4294967295\n'
const none = '0000000000000000'

/** The machine of the man whose 366 processes met a limit of 512, told in files. */
function machine(changes: Readonly<Record<string, string>> = {}): { proc: string; cgroup: string } {
  const uid = process.getuid?.() ?? 0
  const root = fileTree({
    'proc/self/limits': limits,
    'proc/self/status': status(uid, none),
    // Of a container, so that root has no privilege there.
    'proc/self/uid_map': '0 100000 65536\n',
    'proc/self/cgroup': '8:pids:/user/a\n0::/\n',
    'proc/7/stat': stat('7', 100),
    'proc/8/stat': stat('8', 12),
    'proc/loadavg': '1.05 0.97 0.99 2/1234 5678\n',
    'proc/sys/kernel/threads-max': '192730\n',
    'proc/sys/kernel/pid_max': '32768\n',
    'cgroup/pids/user/pids.max': 'max\n',
    'cgroup/pids/user/pids.current': '300\n',
    'cgroup/pids/user/a/pids.max': '500\n',
    'cgroup/pids/user/a/pids.current': '150\n',
    ...changes,
  })
  return { proc: `${root}/proc`, cgroup: `${root}/cgroup` }
}

describe('readLimits', () => {
  test('reads what bounds a user, a group and a machine, and what is taken', () => {
    const folders = machine()
    expect(readLimits(folders)).toEqual({
      openFilesMax: 1024,
      addressBytesMax: null,
      threads: [
        { of: 'this user (ulimit -u)', threadsMax: 512, threadsNow: 112 },
        {
          of: `the control group ${folders.cgroup}/pids/user/a (pids.max)`,
          threadsMax: 500,
          threadsNow: 150,
        },
        { of: 'the machine (kernel.threads-max)', threadsMax: 192730, threadsNow: 1234 },
        { of: 'the machine (kernel.pid_max)', threadsMax: 32768, threadsNow: 1234 },
      ],
    })
  })

  test('reads version 2 groups', () => {
    const { threads } = readLimits(
      machine({
        'proc/self/cgroup': '0::/user.slice\n',
        'cgroup/user.slice/pids.max': '33\n',
        'cgroup/user.slice/pids.current': '3\n',
      }),
    )
    expect(threads).toContainEqual(expect.objectContaining({ threadsMax: 33, threadsNow: 3 }))
  })

  test.each([
    ['root of the machine', { 'proc/self/uid_map': everybody, 'proc/self/status': status(0, none) }],
    [
      'whoever may exceed limits',
      { 'proc/self/uid_map': everybody, 'proc/self/status': status(1000, '0000000001000000') },
    ],
    [
      'nobody where there is none',
      { 'proc/self/limits': limits.replace(/512 {17}/, 'unlimited           ') },
    ],
  ])('does not hold the limit of a user against %s', (_, changes) => {
    const { threads } = readLimits(machine(changes))
    expect(threads.map(({ of }) => of)).not.toContain('this user (ulimit -u)')
    expect(threads).toHaveLength(3)
  })

  test('reads this machine as its kernel shows it', () => {
    const { openFilesMax, threads } = readLimits()
    const shown = /Max open files\s+(\S+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    expect(openFilesMax).toBe(Number(shown))
    const pidMax = Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8'))
    const machine = threads.find(({ of }) => of === 'the machine (kernel.pid_max)')
    expect(machine?.threadsMax).toBe(pidMax)
    expect(machine?.threadsNow).toBeGreaterThan(10)
  })
})

describe('roomForProcesses', () => {
  test('divides what the tightest limit leaves by the threads of each', () => {
    const read = readLimits(machine())
    expect(roomForProcesses(12, read)).toEqual({ processes: 29, boundBy: read.threads[1] })
    expect(roomForProcesses(1, read).processes).toBe(350)
  })

  test('leaves no room where more is taken than allowed', () => {
    const read = readLimits(machine({ 'cgroup/pids/user/a/pids.current': '501\n' }))
    expect(roomForProcesses(1, read).processes).toBe(0)
  })

  test('has no end where nothing bounds it', () => {
    expect(roomForProcesses(1, { openFilesMax: null, addressBytesMax: null, threads: [] })).toEqual({
      processes: Number.POSITIVE_INFINITY,
      boundBy: null,
    })
  })

  const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0
  test.skipIf(!requires('the right to become another user, and prlimit', isRoot && hasPrlimit))(
    'is what the kernel allows an ordinary user',
    () => {
      const { room, started } = runProgram(
        `import { spawn } from 'node:child_process'
         import { roomForProcesses } from './src/host/limits.ts'
         const room = roomForProcesses(1)
         const started = []
         for (let refused = false; !refused && started.length < 100; ) {
           const child = spawn('sleep', ['60'])
           child.on('error', () => {})
           if (child.pid === undefined) refused = true
           else started.push(child)
         }
         for (const child of started) child.kill('SIGKILL')
         console.log(JSON.stringify({ room, started: started.length }))`,
        { user: ordinaryUser, before: ['prlimit', '--nproc=40:40'] },
      ) as { room: ReturnType<typeof roomForProcesses>; started: number }
      expect(room.boundBy).toMatchObject({ of: 'this user (ulimit -u)', threadsMax: 40 })
      expect(room.processes).toBeGreaterThan(10)
      expect(started).toBe(room.processes)
    },
  )
})
