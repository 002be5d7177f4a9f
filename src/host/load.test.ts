import { describe, expect, test } from 'vitest'
import { fileTree } from '../../test/fixtures/file-tree.ts'
import { MadeUpMachine } from '../../test/fixtures/load-samples.ts'
import { eventually, startShell } from '../../test/fixtures/shell.ts'
import { loadChange, readLoad } from './load.ts'
import { readProcess } from './processes/process-tree.ts'

const taskStat = (pid: number, state: string): string =>
  `${pid} (node) ${state} 1 1 1 0 -1 0 0 0 0 0 100 20 3 4 20 0 2 0 777 0 0`

const files = {
  stat: 'cpu  1000 200 300 9000 50 6 7 8 900 90\ncpu0 1 1\ncpu1 1 1\nintr 5 6\nprocs_running 3\nprocs_blocked 2\n',
  'pressure/cpu': 'some avg10=9.72 avg60=8.97 avg300=8.37 total=5000\n',
  'pressure/io':
    'some avg10=0.19 avg60=0.19 avg300=0.36 total=6662394\nfull avg10=0.09 avg60=0.14 avg300=0.32 total=5994644\n',
  '7/stat': taskStat(7, 'S'),
  '7/io': 'rchar: 99\nread_bytes: 4096\ncancelled_write_bytes: 1\n',
  '7/task/7/stat': taskStat(7, 'S'),
  '7/task/8/stat': taskStat(8, 'D'),
  '9/stat': taskStat(9, 'R'),
}

describe('readLoad', () => {
  test('reads everybody and ourselves', () => {
    expect(readLoad([7, 9, 11], 42, fileTree(files))).toEqual({
      atMs: 42,
      cores: 2,
      busyMs: 15_210,
      diskWaitMs: 500,
      runnable: 3,
      blocked: 2,
      cpuPressure: { someMs: 5, fullMs: 0 },
      diskPressure: { someMs: 6662.394, fullMs: 5994.644 },
      memoryPressure: null,
      own: { cpuMs: 2540, readBytes: 4096, blocked: 1 },
    })
  })

  test('sees what a child of ours computes, also after it has ended', async () => {
    const pids = [process.pid]
    const before = readLoad(pids, performance.now())
    const program =
      'for (let u = 0; u < 250_000; { user: u } = process.cpuUsage()) for (let i = 0; i < 1e6; i++); console.log("done")'
    const shell = startShell('"$NODE" -e "$PROGRAM"', { NODE: process.execPath, PROGRAM: program })
    await shell.nextLine()
    shell.child.stdin?.end()
    await shell.ended
    await eventually(() => readProcess(shell.pid) === null, 'the child has been waited for')
    const after = readLoad(pids, performance.now())
    expect(after.own.cpuMs - before.own.cpuMs).toBeGreaterThan(200)
    expect(after.busyMs - before.busyMs).toBeGreaterThan(200)
    expect(after.cores).toBeGreaterThan(0)
    expect(after.runnable).toBeGreaterThan(0)
    const { ownCores, busyShare } = loadChange(before, after)
    expect(ownCores).toBeGreaterThan(0)
    expect(busyShare).toBeGreaterThan(0)
  })
})

describe('loadChange', () => {
  test('turns totals into shares and rates', () => {
    const machine = new MadeUpMachine(4)
    const before = machine.now
    const after = machine.pass({
      ownCores: 1,
      othersCores: 2,
      diskStalled: 0.5,
      memoryStopped: 0.25,
      diskWaitShare: 0.1,
      ownReadBytes: 5000,
    })
    expect(loadChange(before, after)).toEqual({
      seconds: 1,
      ownCores: 1,
      othersCores: 2,
      busyShare: 0.75,
      diskStalledShare: 0.5,
      memoryStalledShare: 0.25,
      memoryStoppedShare: 0.25,
      diskWaitShare: 0.1,
      ownReadBytesPerSecond: 5000,
    })
  })

  test('takes a total that fell for one that stood still', () => {
    const machine = new MadeUpMachine(4)
    const before = machine.pass({ ownCores: 3, ownReadBytes: 9 })
    const after = machine.pass({ othersCores: 1 })
    const own = { cpuMs: 0, readBytes: 0, blocked: 0 }
    expect(loadChange(before, { ...after, own })).toMatchObject({
      ownCores: 0,
      othersCores: 1,
      ownReadBytesPerSecond: 0,
    })
  })

  test('knows no shares where the kernel tells no pressure, and survives two samples at once', () => {
    const machine = new MadeUpMachine(4, { hasPressure: false })
    const change = loadChange(machine.now, machine.now)
    expect(change).toMatchObject({ diskStalledShare: null, memoryStalledShare: null, ownCores: 0 })
  })
})
