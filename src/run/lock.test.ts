import { spawn } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { bundleProgram } from '../../test/fixtures/bundled.ts'
import { eventually, startShell } from '../../test/fixtures/shell.ts'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import { requires } from '../../test/requires.ts'
import { RunDirectory } from './directory.ts'
import { isHeld, releaseLock, takeLock } from './lock.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

let directories = 0
function newDirectory(): RunDirectory {
  directories += 1
  const path = folder.at(`run-${directories}`)
  mkdirSync(path)
  return new RunDirectory(path)
}

function hasLock(directory: RunDirectory): boolean {
  return lstatSync(directory.lockFile, { throwIfNoEntry: false }) !== undefined
}

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
  const { pid } = JSON.parse(readlinkSync(directory.lockFile))
  return { pid, kill: () => process.kill(pid, 'SIGKILL') }
}

const hasProc = existsSync('/proc/self/stat')

describe('takeLock', () => {
  test('takes a run that nobody holds, and lets go of it', () => {
    const directory = newDirectory()
    expect(isHeld(directory)).toBe(false)
    takeLock(directory)
    expect(isHeld(directory)).toBe(true)
    expect(JSON.parse(readlinkSync(directory.lockFile))).toMatchObject({ pid: process.pid })
    releaseLock(directory)
    expect(isHeld(directory)).toBe(false)
    expect(hasLock(directory)).toBe(false)
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
    expect(JSON.parse(readlinkSync(directory.lockFile))).toMatchObject({ pid })
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
    expect(JSON.parse(readlinkSync(directory.lockFile))).toMatchObject({ pid: process.pid })
  })

  test.skipIf(!requires('/proc', hasProc))(
    'takes over from a process that is dead but was not waited for',
    async () => {
      const directory = newDirectory()
      const file = bundleProgram(holderProgram)
      // The shell becomes a program that never waits for its children.
      const shell = startShell(`'${process.execPath}' '${file}' '${directory.path}' & exec sleep 60`)
      expect(await shell.nextLine()).toBe('held')
      const { pid } = JSON.parse(readlinkSync(directory.lockFile))
      process.kill(pid, 'SIGKILL')
      const isZombie = (): boolean => /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
      await eventually(isZombie, 'the killed process is a zombie')
      takeLock(directory)
      expect(JSON.parse(readlinkSync(directory.lockFile))).toMatchObject({ pid: process.pid })
    },
  )

  test.skipIf(!requires('/proc', hasProc))(
    'takes over from a process whose number another one has now',
    () => {
      const directory = newDirectory()
      takeLock(directory)
      const own = JSON.parse(readlinkSync(directory.lockFile))
      releaseLock(directory)
      expect(own.started).toMatch(/^[0-9a-f-]{36}\/\d+$/)
      for (const started of [`${own.started}0`, own.started.replace(/^[^/]+/, 'another-boot'), '']) {
        symlinkSync(JSON.stringify({ pid: process.pid, started }), directory.lockFile)
        expect(isHeld(directory)).toBe(false)
        takeLock(directory)
        expect(JSON.parse(readlinkSync(directory.lockFile))).toEqual(own)
        releaseLock(directory)
      }
    },
  )

  test('takes a run whose lock nobody can have written', () => {
    const directory = newDirectory()
    writeFileSync(directory.lockFile, '')
    takeLock(directory)
    releaseLock(directory)
    symlinkSync('elsewhere', directory.lockFile)
    takeLock(directory)
    expect(isHeld(directory)).toBe(true)
  })

  test('lets one of many processes have a run whose holder is gone', async () => {
    const stale = JSON.stringify({ pid: 4_194_304, started: 'another-boot/1' })
    const contested = Array.from({ length: 150 }, () => {
      const directory = newDirectory()
      symlinkSync(stale, directory.lockFile)
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
