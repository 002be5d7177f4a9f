import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { bundleProgram } from '../../test/fixtures/bundled.ts'
import { eventually, startShell } from '../../test/fixtures/shell.ts'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import { requires } from '../../test/requires.ts'
import { RunDirectory } from './directory.ts'
import { holderOf, isHeld, releaseLock, takeLock } from './lock.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

let directories = 0
function newDirectory(): RunDirectory {
  directories += 1
  const path = folder.at(`run-${directories}`)
  mkdirSync(path)
  return new RunDirectory(path)
}

/** Who holds a run by the names of files: `PID-STARTED`. */
function holders(directory: RunDirectory): { pid: number; started: string }[] {
  return readdirSync(directory.lockFolder).map((name) => {
    const [, pid, started] = /^(\d+)-(.*)$/.exec(name) ?? []
    return { pid: Number(pid), started: started ?? '' }
  })
}

function putLock(directory: RunDirectory, name: string): void {
  mkdirSync(directory.lockFolder, { recursive: true })
  writeFileSync(`${directory.lockFolder}/${name}`, '')
}

const own = [{ pid: process.pid, started: expect.any(String) }]

/** A process that takes a run, says so, and goes on living. */
const holderProgram = `
  import { RunDirectory } from './src/run/directory.ts'
  import { takeLock } from './src/run/lock.ts'
  takeLock(new RunDirectory(process.argv[2]))
  console.log('held')
  setInterval(() => undefined, 1000)`

async function startHolder(directory: RunDirectory, before = ''): Promise<{ pid: number; kill(): void }> {
  const file = bundleProgram(holderProgram)
  const shell = startShell(`${before} '${process.execPath}' '${file}' '${directory.path}'`)
  expect(await shell.nextLine()).toBe('held')
  const pid = holders(directory)[0]?.pid ?? 0
  return { pid, kill: () => process.kill(pid, 'SIGKILL') }
}

const hasProc = existsSync('/proc/self/stat')

describe('takeLock', () => {
  test('takes a run that nobody holds, and lets go of it', () => {
    const directory = newDirectory()
    expect(isHeld(directory)).toBe(false)
    takeLock(directory)
    expect(isHeld(directory)).toBe(true)
    expect(holders(directory)).toEqual(own)
    releaseLock(directory)
    expect(isHeld(directory)).toBe(false)
    expect(holders(directory)).toEqual([])
    releaseLock(directory)
  })

  test('refuses a run that a living process holds, and names the process', async () => {
    const directory = newDirectory()
    const { pid } = await startHolder(directory)
    expect(isHeld(directory)).toBe(true)
    expect(() => takeLock(directory)).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: `Run ${directory.path} is held by process ${pid}, which is still running.`,
      }),
    )
    expect(holders(directory)).toMatchObject([{ pid }])
  })

  test('refuses a run that this process holds already', () => {
    const directory = newDirectory()
    takeLock(directory)
    expect(() => takeLock(directory)).toThrow(/is held by process/)
    expect(isHeld(directory)).toBe(true)
  })

  test('takes over from a process that was killed', async () => {
    const directory = newDirectory()
    const holder = await startHolder(directory)
    holder.kill()
    await eventually(() => !isHeld(directory), 'the killed process is gone')
    takeLock(directory)
    expect(holders(directory)).toEqual(own)
  })

  test.skipIf(!requires('/proc', hasProc))(
    'takes over from a process that is dead but was not waited for',
    async () => {
      const directory = newDirectory()
      const file = bundleProgram(holderProgram)
      // The shell becomes a program that never waits for its children.
      const shell = startShell(`'${process.execPath}' '${file}' '${directory.path}' & exec sleep 60`)
      expect(await shell.nextLine()).toBe('held')
      const pid = holders(directory)[0]?.pid ?? 0
      process.kill(pid, 'SIGKILL')
      const isZombie = (): boolean => /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
      await eventually(isZombie, 'the killed process is a zombie')
      takeLock(directory)
      expect(holders(directory)).toEqual(own)
    },
  )

  test.skipIf(!requires('/proc', hasProc))(
    'takes over from a process whose number another one has now',
    () => {
      const directory = newDirectory()
      takeLock(directory)
      const [self] = holders(directory)
      const started = self?.started ?? ''
      releaseLock(directory)
      expect(started).toMatch(/^[0-9a-f-]{36}-\d+$/)
      for (const other of [`${started}0`, started.replace(/^.{8}/, '00000000'), '']) {
        putLock(directory, `${process.pid}-${other}`)
        expect(isHeld(directory)).toBe(false)
        takeLock(directory)
        expect(holders(directory)).toEqual([self])
        releaseLock(directory)
      }
    },
  )

  test.skipIf(!requires('/proc', hasProc))(
    'refuses a run that a living process tries to take and does not give up',
    async () => {
      const directory = newDirectory()
      const shell = startShell('sleep 60')
      const stat = readFileSync(`/proc/${shell.pid}/stat`, 'utf8')
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
      putLock(directory, `${shell.pid}-${boot}-${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`)
      expect(isHeld(directory)).toBe(true)
      expect(() => takeLock(directory)).toThrow(`is held by process ${shell.pid}`)
      expect(holders(directory)).toMatchObject([{ pid: shell.pid }])
    },
  )

  test('passes over files that no process of ours can have made', () => {
    const directory = newDirectory()
    for (const name of ['.nfs0001', 'notes.txt', '12']) putLock(directory, name)
    takeLock(directory)
    expect(isHeld(directory)).toBe(true)
    releaseLock(directory)
    expect(isHeld(directory)).toBe(false)
  })

  test('lets one of many processes have a run whose holder is gone', async () => {
    const contested = Array.from({ length: 100 }, () => {
      const directory = newDirectory()
      putLock(directory, '4194304-another-boot-1')
      return directory
    })
    const file = bundleProgram(`
      import { existsSync } from 'node:fs'
      import { RunDirectory } from './src/run/directory.ts'
      import { takeLock } from './src/run/lock.ts'
      const [, , go, ...paths] = process.argv
      console.log('ready')
      while (!existsSync(go)) {}
      const taken = []
      for (const path of paths) {
        try {
          takeLock(new RunDirectory(path))
          taken.push(path)
        } catch (error) {
          if (error.code !== 'usage') throw error
        }
      }
      console.log(JSON.stringify(taken))
      setInterval(() => undefined, 1000)`)
    const go = folder.at('go')
    const racers = [1, 2, 3, 4].map(() => startRacer([file, go, ...contested.map(({ path }) => path)]))
    await Promise.all(racers.map(({ next }) => next()))
    writeFileSync(go, '')
    const taken = await Promise.all(
      racers.map(async ({ next }): Promise<string[]> => JSON.parse(await next())),
    )
    expect(taken.flat().sort()).toEqual(contested.map(({ path }) => path).sort())
  })
})

describe('holderOf', () => {
  test('is the process that has a run, and nobody who only tries to take it, or is gone', async () => {
    const directory = newDirectory()
    expect(holderOf(directory)).toBeNull()
    const holder = await startHolder(directory)
    expect(holderOf(directory)).toBe(holder.pid)
    holder.kill()
    await eventually(() => holderOf(directory) === null, 'the killed process is gone')
    takeLock(directory)
    expect(holderOf(directory)).toBe(process.pid)
    const [name = ''] = readdirSync(directory.lockFolder)
    writeFileSync(`${directory.lockFolder}/${name}`, '')
    expect([isHeld(directory), holderOf(directory)]).toEqual([true, null])
    releaseLock(directory)
  })
})

/** A Node process, and the lines it prints; it is killed when the test is over. */
function startRacer(args: readonly string[]): { next(): Promise<string> } {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return {
    next: async () => {
      await eventually(() => text.includes('\n') || child.exitCode !== null, 'a process has said something')
      const end = text.indexOf('\n')
      const line = text.slice(0, end)
      text = text.slice(end + 1)
      return line
    },
  }
}
