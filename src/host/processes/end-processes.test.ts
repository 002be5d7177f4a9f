import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { isRoot, ordinaryUser, runProgram } from '../../../test/fixtures/bundled.ts'
import { eventually, startShell } from '../../../test/fixtures/shell.ts'
import { requires } from '../../../test/requires.ts'
import { endProcesses } from './end-processes.ts'
import type { ProcessToken } from './process-mark.ts'
import { carriersOf, descendantsOf, isDead, type ProcessEntry, readProcess } from './process-tree.ts'

function isAlive(pid: number): boolean {
  const entry = readProcess(pid)
  return entry !== null && !isDead(entry)
}

function entryOf(pid: number): ProcessEntry {
  const entry = readProcess(pid)
  if (entry === null) throw new Error(`Process ${pid} is gone.`)
  return entry
}

/** A name and value no other test run has. */
function newToken(): { readonly token: ProcessToken; readonly environment: Record<string, string> } {
  const name = `TALLYMAN_TEST_${randomBytes(8).toString('hex')}`
  return { token: `${name}=1`, environment: { [name]: '1' } }
}

const aliveCarriers = (token: ProcessToken): ProcessEntry[] =>
  carriersOf(token).filter((entry) => !isDead(entry))

describe('endProcesses', () => {
  test('ends a child that went to a session of its own with an empty environment', async () => {
    const shell = startShell('setsid env -i /bin/sh -c "echo \\$\\$; exec /bin/sleep 60" & wait')
    const detached = Number(await shell.nextLine())
    expect(entryOf(detached).sid).toBe(detached)
    expect(await endProcesses([entryOf(shell.pid)])).toEqual([])
    expect([shell.pid, detached].filter(isAlive)).toEqual([])
  })

  test('ends an orphan by its process group', async () => {
    const shell = startShell('(sh -c "echo \\$\\$; exec sleep 60" &) ; read x')
    const orphan = Number(await shell.nextLine())
    await eventually(() => entryOf(orphan).ppid !== shell.pid, 'the child is an orphan')
    expect(await endProcesses([entryOf(shell.pid)])).toEqual([])
    expect(isAlive(orphan)).toBe(false)
  })

  test('ends an orphan whose group leader is gone', async () => {
    const shell = startShell('(sh -c "echo \\$\\$; exec sleep 60" &) ; read x')
    const orphan = Number(await shell.nextLine())
    const root = entryOf(shell.pid)
    shell.child.kill('SIGKILL')
    await shell.ended
    expect(isAlive(orphan)).toBe(true)
    expect(await endProcesses([root])).toEqual([])
    expect(isAlive(orphan)).toBe(false)
  })

  test('ends by the token alone what left group, session and parent', async () => {
    const { token, environment } = newToken()
    const shell = startShell('(setsid sh -c "echo \\$\\$; exec sleep 60" &) ; read x', environment)
    const lost = Number(await shell.nextLine())
    shell.child.kill('SIGKILL')
    await shell.ended
    // One that is just becoming another program has no environment.
    await eventually(() => aliveCarriers(token).length > 0, 'it has its environment')
    expect(aliveCarriers(token).map(({ pid }) => pid)).toEqual([lost])
    expect(await endProcesses([], { token })).toEqual([])
    expect(isAlive(lost)).toBe(false)
  })

  test('ends a fork bomb while it grows', async () => {
    const { token, environment } = newToken()
    const bomb =
      'grow() { [ "$1" = 0 ] || { grow $(($1-1)) & grow $(($1-1)) & } ; sleep 60; }; echo up; grow 8'
    const shell = startShell(bomb, environment)
    await shell.nextLine()
    await eventually(() => descendantsOf(shell.pid).length > 10, 'the bomb has gone off')
    expect(await endProcesses([entryOf(shell.pid)])).toEqual([])
    expect(aliveCarriers(token)).toEqual([])
  })

  test('catches a process that goes on in a new session and exits, again and again', async () => {
    const { token, environment } = newToken()
    const endFile = join(mkdtempSync(join(tmpdir(), 'tallyman-chain-')), 'end')
    onTestFinished(() => rmSync(dirname(endFile), { recursive: true, force: true }))
    // Each link lives for a millisecond or two; the chain ends by itself after 4000, and says so.
    const link = 'if [ "$LEFT" = 0 ]; then echo >"$END_FILE"; else LEFT=$((LEFT-1)) setsid sh -c "$LINK" & fi'
    const shell = startShell(link, { ...environment, LINK: link, LEFT: '4000', END_FILE: endFile })
    await shell.ended
    expect(await endProcesses([], { token })).toEqual([])
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(aliveCarriers(token)).toEqual([])
    expect(existsSync(endFile)).toBe(false)
  })

  test('does not touch a process that only has the pid', async () => {
    const shell = startShell('echo up; read x')
    await shell.nextLine()
    const { pid, startTicks } = entryOf(shell.pid)
    expect(await endProcesses([{ pid, startTicks: startTicks - 1 }])).toEqual([])
    expect(entryOf(pid).state).not.toBe('T')
    expect(isAlive(pid)).toBe(true)
  })

  test('does not touch a brother', async () => {
    const victim = startShell('echo up; read x')
    const brother = startShell('echo up; sleep 60 & wait')
    await victim.nextLine()
    await brother.nextLine()
    expect(await endProcesses([entryOf(victim.pid)])).toEqual([])
    expect(isAlive(victim.pid)).toBe(false)
    expect(isAlive(brother.pid)).toBe(true)
  })

  test('never counts process 1 or this one among its roots', async () => {
    const child = startShell('echo up; read x')
    await child.nextLine()
    // No round: nothing is signalled, it only says whom it would have.
    const roots = [entryOf(1), entryOf(process.pid), { pid: 0, startTicks: 0 }]
    expect(await endProcesses(roots, { roundsMax: 0 })).toEqual([])
    expect(await endProcesses([entryOf(child.pid)], { roundsMax: 0 })).toMatchObject([{ pid: child.pid }])
    expect(isAlive(child.pid)).toBe(true)
  })

  test('is done at once with a process that has ended', async () => {
    const shell = startShell('echo up; read x')
    await shell.nextLine()
    const root = entryOf(shell.pid)
    shell.child.kill('SIGKILL')
    await shell.ended
    expect(await endProcesses([root, root])).toEqual([])
  })

  test.skipIf(!requires('the right to become another user', isRoot))(
    'returns a process of another user, and ends the rest',
    async () => {
      const { token, environment } = newToken()
      const shell = startShell('echo up; read x', environment)
      await shell.nextLine()
      const left = runProgram(
        `import { spawn } from 'node:child_process'
         import { once } from 'node:events'
         import { endProcesses } from './src/host/processes/end-processes.ts'
         import { readProcess } from './src/host/processes/process-tree.ts'
         const child = spawn('sleep', ['60'])
         const roots = [readProcess(child.pid), readProcess(${shell.pid})]
         const left = await endProcesses(roots, { token: '${token}' })
         console.log(JSON.stringify(left.map(({ pid }) => pid)))
         if (child.signalCode === null) await once(child, 'exit')`,
        { user: ordinaryUser },
      )
      expect(left).toEqual([shell.pid])
      expect(isAlive(shell.pid)).toBe(true)
    },
  )
})
