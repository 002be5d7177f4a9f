import { type ChildProcess, spawn } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Engine } from '../../host/index.ts'
import { RunDirectory } from '../directory/directory.ts'
import { releaseLock, takeLock } from '../directory/lock.ts'
import { forgetContainers, noteContainers, sweepContainers } from './container-note.ts'

const engine: Engine = { kind: 'podman', version: '4.3.1', isRootless: true, command: ['podman'] }

test('a process that goes on with a run notes its containers beside those that an earlier one may have left, and strikes its own alone', () => {
  const path = mkdtempSync(join(tmpdir(), 'tallyman-note-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  const directory = new RunDirectory(path)
  const labels = (): string[] =>
    readFileSync(directory.containersFile, 'utf8').match(/(?<="label":")\w+/g) ?? []
  noteContainers(directory, engine, 'one')
  noteContainers(directory, engine, 'two')
  expect(labels()).toEqual(['one', 'two'])
  forgetContainers(directory)
  expect(labels()).toEqual(['one'])
  forgetContainers(directory)
  expect(existsSync(directory.containersFile)).toBe(false)
})

describe('sweepContainers', () => {
  interface Place {
    readonly runs: string
    /** What the engine was asked. */
    asked(): string[]
    run(id: string, ...labels: readonly string[]): RunDirectory
  }

  /**
   * A folder of runs beside a made-up Podman, which is all there is on the PATH.
   *
   * @param answer what it does when it is to list containers: lines of a shell, `$*` is what it was asked
   */
  function place(answer: string | null): Place {
    const path = mkdtempSync(join(tmpdir(), 'tallyman-sweep-'))
    const environment = { ...process.env }
    onTestFinished(() => {
      Object.assign(process.env, environment)
      delete process.env.TALLYMAN_ENGINE_WAIT
      rmSync(path, { recursive: true })
    })
    const [bin, runs, notes] = ['bin', 'runs', 'asked'].map((name) => join(path, name)) as [
      string,
      string,
      string,
    ]
    for (const folder of [bin, runs]) mkdirSync(folder)
    writeFileSync(notes, '')
    if (answer !== null)
      writeFileSync(
        join(bin, 'podman'),
        `#!/bin/sh\necho "$*" >> ${notes}\ncase "$*" in *--version) echo podman version 4.3.1;; *ps*) ${answer};; esac\n`,
        { mode: 0o755 },
      )
    process.env.PATH = bin
    return {
      runs,
      asked: () => readFileSync(notes, 'utf8').split('\n').slice(0, -1),
      run: (id, ...labels) => {
        const directory = new RunDirectory(join(runs, id))
        mkdirSync(directory.path)
        for (const label of labels) noteContainers(directory, engine, label)
        return directory
      },
    }
  }

  const silent = (): never => {
    throw new Error('There was nothing to say.')
  }

  test('removes the containers of runs whose process is gone, and strikes what was noted', async () => {
    const { runs, asked, run } = place('echo id-1; echo id-2')
    const left = run('a', 'one', 'two')
    const never = run('b')
    const held = run('c', 'three')
    takeLock(held)
    onTestFinished(() => releaseLock(held))
    expect(await sweepContainers(runs, silent)).toBe(4)
    expect([left, never, held].map(({ containersFile }) => existsSync(containersFile))).toEqual([
      false,
      false,
      true,
    ])
    const commands = asked().filter((line) => !line.endsWith('--version'))
    expect(commands.map((line) => line.replace(/^--runtime runc /, ''))).toEqual([
      'ps --all --quiet --filter label=tallyman.run=one',
      'rm --force --volumes --time 0 id-1 id-2',
      'ps --all --quiet --filter label=tallyman.run=two',
      'rm --force --volumes --time 0 id-1 id-2',
    ])
    expect(await sweepContainers(join(runs, 'nowhere'), silent)).toBe(0)
  })

  test('leaves to the next time what cannot be removed now, and goes on with others', async () => {
    const { runs, run } = place('case "$*" in *=two) exit 1;; *) echo id-1;; esac')
    const [first, second] = [run('a', 'one', 'two', 'three'), run('b', 'four')]
    expect(await sweepContainers(runs, silent)).toBe(1)
    expect(readFileSync(first.containersFile, 'utf8')).toBe('{"engine":"podman","label":"two"}\n')
    expect(existsSync(second.containersFile)).toBe(false)
  })

  test('leaves all to the next time where there is no engine', async () => {
    const { runs, run } = place(null)
    const directory = run('a', 'one')
    expect(await sweepContainers(runs, silent)).toBe(0)
    expect(existsSync(directory.containersFile)).toBe(true)
  })

  test('says so once where the engine hangs, and asks it nothing more', async () => {
    const { runs, asked, run } = place('exec /bin/sleep 60')
    run('a', 'one')
    run('b', 'two')
    process.env.TALLYMAN_ENGINE_WAIT = '1'
    const said: string[] = []
    expect(await sweepContainers(runs, (message) => said.push(message))).toBe(0)
    expect(said).toEqual([
      expect.stringMatching(
        /^Containers of run [ab] may be left: .* was not through after 1 s, and was ended/,
      ),
    ])
    expect(asked().filter((line) => line.includes('ps --all')).length).toBe(1)
  })

  test('looks until no client of the engine is there that may still make one, and leaves what it would make to the next time', async () => {
    const { runs, asked, run } = place(':')
    const directory = run('a', 'one')
    const client = startClient('one')
    process.env.TALLYMAN_ENGINE_WAIT = '0.5'
    const said: string[] = []
    expect(await sweepContainers(runs, (message) => said.push(message))).toBe(0)
    expect(said).toEqual([
      expect.stringMatching(
        /^Containers of run a may be left: podman is still starting .*pgrep -af tallyman\.run=one\)\.$/,
      ),
    ])
    expect(existsSync(directory.containersFile)).toBe(true)

    delete process.env.TALLYMAN_ENGINE_WAIT
    const before = asked().length
    setTimeout(() => client.kill('SIGKILL'), 300)
    expect(await sweepContainers(runs, silent)).toBe(0)
    expect(existsSync(directory.containersFile)).toBe(false)
    expect(
      asked()
        .slice(before)
        .filter((line) => line.includes('ps --all')).length,
    ).toBeGreaterThan(1)
  })

  /** A process that was started with the words of a client that starts a container of this label. */
  function startClient(label: string): ChildProcess {
    const waits = 'setTimeout(() => {}, 60000)'
    const client = spawn(process.execPath, ['-e', waits, 'run', '--label', `tallyman.run=${label}`])
    onTestFinished(() => void client.kill('SIGKILL'))
    return client
  }

  test('passes over lines that its process did not come to the end of, or that name no engine', async () => {
    const { runs, asked, run } = place('echo id-1')
    const directory = run('a', 'one')
    appendFileSync(
      directory.containersFile,
      '{"engine":"other","label":"x"}\n{"engine":"podman"}\n{"engine":"pod',
    )
    expect((statSync(directory.containersFile).mode & 0o777).toString(8)).toBe('600')
    expect(await sweepContainers(runs, silent)).toBe(1)
    expect(existsSync(directory.containersFile)).toBe(false)
    expect(asked().filter((line) => line.includes('label=')).length).toBe(1)
  })
})

test('passes over what its process was killed at while it noted it, and engines that nobody knows', () => {
  const path = mkdtempSync(join(tmpdir(), 'tallyman-note-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  const directory = new RunDirectory(path)
  const whole = '{"engine":"podman","label":"one"}\n'
  const others = ['{"engine":"none","label":"two"}', '{"engine":"podman","label":3}', '{"engine":"pod']
  writeFileSync(directory.containersFile, `${whole}${others.join('\n')}`)
  noteContainers(directory, engine, 'four')
  expect(readFileSync(directory.containersFile, 'utf8')).toBe(`${whole}{"engine":"podman","label":"four"}\n`)
})
