import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { bundleProgram } from '../../../test/fixtures/bundled.ts'
import { lockNameOf } from '../../../test/fixtures/lock-name.ts'
import { eventually, startShell } from '../../../test/fixtures/shell.ts'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { requires } from '../../../test/requires.ts'
import { RunDirectory } from './directory.ts'
import { holderOf, isHeld, releaseLock, releaseTarget, takeLock, takeTarget } from './lock.ts'

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
  return readdirSync(directory.lockFolder).flatMap((name) => {
    const [, pid, started] = /^(\d+)-(.*)$/.exec(name) ?? []
    return pid === undefined ? [] : [{ pid: Number(pid), started: started ?? '' }]
  })
}

function putLock(directory: RunDirectory, name: string): void {
  mkdirSync(directory.lockFolder, { recursive: true })
  writeFileSync(`${directory.lockFolder}/${name}`, '')
}

const own = [{ pid: process.pid, started: expect.any(String) }]

/** A process that takes a run, says so, and goes on living. */
const holderProgram = `
  import { RunDirectory } from './src/run/directory/directory.ts'
  import { takeLock } from './src/run/directory/lock.ts'
  takeLock(new RunDirectory(process.argv[2]))
  console.log('held')
  setInterval(() => undefined, 1000)`

interface HolderProcess {
  readonly pid: number
  kill(): void
  /** Ends it by the program it was started with, where its number is that of another namespace. */
  end(): void
}

/** Of who holds it. 0 would be everybody in this process's own group, were it sent a signal. */
function pidOf(directory: RunDirectory): number {
  const [holder] = holders(directory)
  if (holder === undefined) throw new Error('Nobody holds the lock.')
  return holder.pid
}

async function startHolder(directory: RunDirectory, before = ''): Promise<HolderProcess> {
  const file = bundleProgram(holderProgram)
  const shell = startShell(`${before} '${process.execPath}' '${file}' '${directory.path}'`)
  expect(await shell.nextLine()).toBe('held')
  const pid = pidOf(directory)
  return { pid, kill: () => process.kill(pid, 'SIGKILL'), end: () => process.kill(shell.pid, 'SIGKILL') }
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
      const pid = pidOf(directory)
      process.kill(pid, 'SIGKILL')
      const isZombie = (): boolean => /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
      await eventually(isZombie, 'the killed process is a zombie')
      takeLock(directory)
      expect(holders(directory)).toEqual(own)
    },
  )

  test.skipIf(!requires('/proc', hasProc))(
    'waits for a process that is dead while a thread of it is still ending',
    async () => {
      const directory = newDirectory()
      const file = bundleProgram(holderProgram)
      const shell = startShell(`'${process.execPath}' '${file}' '${directory.path}' & exec sleep 60`)
      expect(await shell.nextLine()).toBe('held')
      const pid = pidOf(directory)
      // Stands for that thread: until the last one has ended, what the process has open is open.
      const [proof] = readdirSync(directory.lockFolder).filter((name) => name.startsWith('alive-'))
      const thread = startShell(`exec 3<> '${directory.lockFolder}/${proof}'; echo open; exec sleep 0.2`)
      expect(await thread.nextLine()).toBe('open')
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
      expect(started).toMatch(/^[0-9a-f-]{36}-\d+-\d+$/)
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
      putLock(directory, lockNameOf(shell.pid))
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
      import { RunDirectory } from './src/run/directory/directory.ts'
      import { takeLock } from './src/run/directory/lock.ts'
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

describe('takeTarget', () => {
  /** A process that takes the place of a result, says so, and goes on living. */
  const targetProgram = holderProgram
    .replace("import { RunDirectory } from './src/run/directory/directory.ts'", '')
    .replace('import { takeLock }', 'import { takeTarget }')
    .replace('takeLock(new RunDirectory(process.argv[2]))', 'takeTarget(process.argv[2])')

  test('takes the place of a result beside it, hidden, and leaves nothing', () => {
    const target = folder.at('place', 'result')
    const lock = folder.at('place', '.result.lock')
    mkdirSync(dirname(target))
    takeTarget(target)
    expect(readdirSync(lock).some((name) => name.startsWith(`${process.pid}-`))).toBe(true)
    expect(() => takeTarget(target)).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: `Process ${process.pid}, which is still running, is at work on a result that goes to ${target} as well.`,
        wayOut: expect.stringContaining('name another place with -o'),
      }),
    )
    releaseTarget(target)
    expect(readdirSync(dirname(lock))).toEqual([])
    releaseTarget(target)
    releaseTarget(folder.at('place', 'nowhere', 'result'))
  })

  test('is refused while another process has it, and leaves that its lock; and taken over once it is killed', async () => {
    const target = folder.at('other', 'result')
    mkdirSync(dirname(target))
    const shell = startShell(`'${process.execPath}' '${bundleProgram(targetProgram)}' '${target}'`)
    expect(await shell.nextLine()).toBe('held')
    const lock = folder.at('other', '.result.lock')
    const pid = Number(
      readdirSync(lock)
        .find((name) => /^\d/.test(name))
        ?.split('-')[0],
    )
    expect(() => takeTarget(target)).toThrow(`Process ${pid}, which is still running, is at work on a result`)
    releaseTarget(target)
    expect(readdirSync(lock).some((name) => name.startsWith(`${pid}-`))).toBe(true)
    process.kill(pid, 'SIGKILL')
    await eventually(() => {
      try {
        takeTarget(target)
        return true
      } catch {
        return false
      }
    }, 'the place of the killed process is given')
    releaseTarget(target)
    expect(existsSync(lock)).toBe(false)
  })
})

describe('takeLock where the system is not as usual', () => {
  afterEach(() => void vi.unstubAllEnvs())

  /** Puts another program into the place of that which makes named pipes: called as `mkfifo -m 622 PATH`. */
  function putMkfifo(script: string): void {
    const bin = folder.at(`bin-${directories}`)
    mkdirSync(bin)
    writeFileSync(`${bin}/mkfifo`, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    vi.stubEnv('PATH', `${bin}:${process.env.PATH}`)
  }

  test.each([
    ['no named pipe can be made', 'exit 1'],
    ['a named pipe is gone as soon as it is made', 'exit 0'],
  ])('goes by process numbers alone where %s', (_, script) => {
    const directory = newDirectory()
    putMkfifo(script)
    takeLock(directory)
    expect(readdirSync(directory.lockFolder)).toHaveLength(1)
    expect(isHeld(directory)).toBe(true)
    expect(() => takeLock(directory)).toThrow(/is held by process/)
    releaseLock(directory)
    expect(isHeld(directory)).toBe(false)
  })

  test.skipIf(!requires('/proc', hasProc))(
    'takes a process of another container for there, of which nothing can be found out',
    () => {
      const directory = newDirectory()
      const name = lockNameOf(process.pid).replace(/-\d+-(\d+)$/, '-1-$1')
      putLock(directory, name)
      expect(isHeld(directory)).toBe(true)
      expect(() => takeLock(directory)).toThrow(
        `is held by process ${process.pid} of another container, which is still running.`,
      )
    },
  )

  test('makes the folder again that another process has removed meanwhile', () => {
    const directory = newDirectory()
    putMkfifo(`[ -e '${directory.path}/once' ] || rm -r "$(dirname "$3")"; : > '${directory.path}/once'`)
    takeLock(directory)
    expect(holders(directory)).toEqual(own)
    releaseLock(directory)
  })

  test('says so in the end where the folder goes away again and again', () => {
    const directory = newDirectory()
    putMkfifo('rm -r "$(dirname "$3")"')
    expect(() => takeLock(directory)).toThrow(
      expect.objectContaining({
        code: 'io',
        message: `The folder ${directory.lockFolder} could not be made: it goes away as soon as it is made.`,
      }),
    )
  })

  test('gives on what the system says of a lock folder that is a file', () => {
    const directory = newDirectory()
    writeFileSync(directory.lockFolder, '')
    expect(() => takeLock(directory)).toThrow('ENOTDIR')
    expect(() => isHeld(directory)).toThrow('ENOTDIR')
  })
})

const canUnshare = spawnSync('unshare', ['--fork', '--pid', '--mount-proc', 'true']).status === 0
const hiding = 'mount --make-rprivate / && mount -t proc -o hidepid=2 proc /proc'
const canHide =
  canUnshare && spawnSync('unshare', ['--mount', '--fork', '--pid', 'sh', '-c', hiding]).status === 0

describe.skipIf(!requires('unshare, and the right to make namespaces', canUnshare))(
  'takeLock between containers, which do not see the processes of each other',
  () => {
    const apart = 'exec unshare --fork --pid --mount-proc --kill-child'

    test('refuses what a process of another one holds, and says that it is elsewhere', async () => {
      const directory = newDirectory()
      await startHolder(directory, apart)
      expect(isHeld(directory)).toBe(true)
      expect(holderOf(directory)).toMatchObject({ isElsewhere: true })
      expect(() => takeLock(directory)).toThrow(
        /is held by process \d+ of another container, which is still running/,
      )
    })

    test('takes over as soon as that process is killed, without a hand', async () => {
      const directory = newDirectory()
      const holder = await startHolder(directory, apart)
      expect(isHeld(directory)).toBe(true)
      holder.end()
      await eventually(() => !isHeld(directory), 'the killed process is gone')
      takeLock(directory)
      expect(holders(directory)).toEqual(own)
      expect(readdirSync(directory.lockFolder)).toHaveLength(2)
      releaseLock(directory)
      expect(readdirSync(directory.lockFolder)).toEqual([])
    })

    test('is refused to one that looks from within, and given once this process lets go', async () => {
      const directory = newDirectory()
      takeLock(directory)
      const file = bundleProgram(holderProgram)
      const attempt = () =>
        spawnSync(
          'unshare',
          ['--fork', '--pid', '--mount-proc', '--kill-child', process.execPath, file, directory.path],
          {
            encoding: 'utf8',
            timeout: 3000,
            killSignal: 'SIGKILL',
          },
        )
      expect(attempt().stderr).toContain('of another container, which is still running')
      releaseLock(directory)
      expect(attempt().stdout).toBe('held\n')
    })
  },
)

describe.skipIf(!requires('unshare, and the right to mount /proc with hidepid', canHide))(
  'takeLock where /proc does not show the processes of others',
  () => {
    test('refuses what another user holds, and takes over once that is gone', async () => {
      const directory = newDirectory()
      mkdirSync(directory.lockFolder)
      for (const path of [dirname(directory.path), directory.path, directory.lockFolder])
        chmodSync(path, 0o777)
      const file = bundleProgram(holderProgram)
      const asker = bundleProgram(`
        import { RunDirectory } from './src/run/directory/directory.ts'
        import { takeLock } from './src/run/directory/lock.ts'
        try {
          takeLock(new RunDirectory(process.argv[2]))
          console.log('taken')
        } catch (error) {
          console.log(error.message)
        }`)
      for (const program of [file, asker]) {
        chmodSync(dirname(program), 0o755)
        chmodSync(program, 0o644)
      }
      const as = (uid: number) => `setpriv --reuid ${uid} --clear-groups`
      const node = `'${process.execPath}'`
      const line = [
        hiding,
        `${as(5678)} ${node} '${file}' '${directory.path}' > '${directory.path}/said' & pid=$!`,
        `for look in $(seq 200); do [ -s '${directory.path}/said' ] && break; sleep 0.05; done`,
        `${as(5679)} ${node} '${asker}' '${directory.path}'`,
        'kill -9 $pid; wait $pid',
        `${as(5679)} ${node} '${asker}' '${directory.path}'`,
      ].join('\n')
      const { stdout } = spawnSync('unshare', ['--mount', '--fork', '--pid', 'sh', '-c', line], {
        encoding: 'utf8',
        timeout: 30_000,
        killSignal: 'SIGKILL',
      })
      expect(stdout).toMatch(/is held by process \d+, which is still running\.\ntaken\n$/)
    })
  },
)

describe('holderOf', () => {
  test('is the process that has a run, and nobody who only tries to take it, or is gone', async () => {
    const directory = newDirectory()
    expect(holderOf(directory)).toBeNull()
    const holder = await startHolder(directory)
    expect(holderOf(directory)).toEqual({ pid: holder.pid, isElsewhere: false })
    holder.kill()
    await eventually(() => holderOf(directory) === null, 'the killed process is gone')
    takeLock(directory)
    expect(holderOf(directory)).toEqual({ pid: process.pid, isElsewhere: false })
    const name = readdirSync(directory.lockFolder).find((one) => /^\d/.test(one)) ?? ''
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
