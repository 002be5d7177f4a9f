import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fileTree } from '../../../test/fixtures/file-tree.ts'
import { eventually, startShell } from '../../../test/fixtures/shell.ts'
import type { ProcessToken } from './process-mark.ts'
import { carriersOf, descendantsOf, isDead, listProcesses, readProcess } from './process-tree.ts'

describe('listProcesses', () => {
  test('lists this process as the system knows it', () => {
    const processes = listProcesses()
    const own = processes.find(({ pid }) => pid === process.pid)
    expect(own).toMatchObject({ ppid: process.ppid, uid: process.getuid?.(), state: 'R' })
    expect(own?.threads).toBeGreaterThan(1)
    expect(own?.cpuTicks).toBeGreaterThan(0)
    expect(processes.map(({ pid }) => pid)).toContain(process.ppid)
  })

  test('tells group and session of a process that leads its own', async () => {
    const shell = startShell('setsid sleep 60 & sleep 60 & echo $!; wait')
    const sleeper = Number(await shell.nextLine())
    expect(readProcess(shell.pid)).toMatchObject({ pgid: shell.pid, sid: shell.pid, ppid: process.pid })
    expect(readProcess(sleeper)).toMatchObject({ pgid: shell.pid, sid: shell.pid, ppid: shell.pid })
    const leaders = (): number[] =>
      descendantsOf(shell.pid).flatMap(({ pid, sid }) => (pid === sid ? [pid] : []))
    await eventually(() => leaders().length === 1, 'the detached sleep has its own session')
    for (const leader of leaders()) process.kill(leader, 'SIGKILL')
  })

  test('keeps a start time that does not change, and later processes start later', async () => {
    const first = startShell('echo up; read stop')
    await first.nextLine()
    const before = readProcess(first.pid)
    const second = startShell('echo up; read stop')
    await second.nextLine()
    expect(readProcess(first.pid)?.startTicks).toBe(before?.startTicks)
    expect(readProcess(second.pid)?.startTicks).toBeGreaterThanOrEqual(before?.startTicks ?? 0)
  })

  test('reads the fields behind a name that looks like fields', async () => {
    const folder = fileTree()
    const name = ') R 1 1 (x'
    symlinkSync('/bin/sleep', join(folder, name))
    const shell = startShell('echo up; exec "$PROGRAM" 60', { PROGRAM: join(folder, name) })
    await shell.nextLine()
    await eventually(() => readProcess(shell.pid)?.comm !== 'sh', 'the shell has become the sleep')
    expect(readProcess(shell.pid)).toMatchObject({ comm: name, ppid: process.pid, pgid: shell.pid })
  })

  test('is not confused by what else is in the folder, nor by a process that vanishes', () => {
    const proc = fileTree({
      uptime: '1 1',
      'sys/x': '',
      '7/stat': '7 (a (b) c) S 3 4 5 0 -1 0 0 0 0 0 1 2 3 4 20 0 9 0 777 0 0',
    })
    mkdirSync(join(proc, '8'))
    expect(listProcesses(proc)).toEqual([
      expect.objectContaining({
        pid: 7,
        comm: 'a (b) c',
        state: 'S',
        ppid: 3,
        pgid: 4,
        sid: 5,
        cpuTicks: 10,
        threads: 9,
        startTicks: 777,
      }),
    ])
  })

  test('throws where there is no process table, rather than say that nobody is there', () => {
    expect(() => listProcesses(join(fileTree(), 'none'))).toThrow('ENOENT')
  })
})

describe('isDead', () => {
  test('is true for a process nobody has waited for', async () => {
    const shell = startShell('sh -c "echo \\$\\$" & exec sleep 60')
    const child = Number(await shell.nextLine())
    await eventually(() => readProcess(child)?.state === 'Z', 'the child is dead')
    const entry = readProcess(child)
    expect(entry !== null && isDead(entry)).toBe(true)
    expect(isDead(readProcess(process.pid)!)).toBe(false)
  })

  test('is false while threads outlive the first', () => {
    const proc = fileTree({ '7/stat': '7 (x) Z 3 4 5 0 -1 0 0 0 0 0 1 2 3 4 20 0 3 0 777 0 0' })
    expect(isDead(readProcess(7, proc)!)).toBe(false)
  })
})

describe('descendantsOf', () => {
  test('finds children and theirs, parents first, and not the process itself', async () => {
    const shell = startShell('sh -c "sh -c \\"echo deep; read x; :\\"; :"; :')
    await shell.nextLine()
    const found = descendantsOf(shell.pid)
    expect(found).toHaveLength(2)
    expect(found[0]?.ppid).toBe(shell.pid)
    expect(found[1]?.ppid).toBe(found[0]?.pid)
    expect(descendantsOf(process.pid).map(({ pid }) => pid)).toContain(shell.pid)
  })
})

describe('carriersOf', () => {
  const name = `TALLYMAN_TEST_${process.pid}`

  test('finds a child that left group, session and parent', async () => {
    const shell = startShell('(setsid sh -c "echo \\$\\$; exec sleep 60" &) ; read x', { [name]: '1' })
    const lost = Number(await shell.nextLine())
    await eventually(() => readProcess(lost)?.ppid !== shell.pid, 'the child has lost its parent')
    expect(readProcess(lost)?.sid).toBe(lost)
    // While it becomes another program it has no environment.
    const pids = (): number[] => carriersOf(`${name}=1`).map(({ pid }) => pid)
    await eventually(() => pids().includes(lost), 'it has its environment')
    expect(pids()).toEqual(expect.arrayContaining([shell.pid, lost]))
    expect(descendantsOf(shell.pid).map(({ pid }) => pid)).not.toContain(lost)
    process.kill(lost, 'SIGKILL')
  })

  test('takes only the whole variable', async () => {
    const shell = startShell('echo up; read x', { [name]: 'ab', [`X${name}`]: 'c' })
    await shell.nextLine()
    const pids = (token: ProcessToken): number[] => carriersOf(token).map(({ pid }) => pid)
    expect(pids(`${name}=ab`)).toContain(shell.pid)
    for (const token of [`${name}=a`, `${name}=b`, `${name}=c`, `${name}=abc`] as const)
      expect(pids(token), token).not.toContain(shell.pid)
  })
})
