/** Runs that go on by themselves. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hasProc, killQuietly, markedWorkers } from '../fixtures/process-tree.ts'
import { program } from '../fixtures/program.ts'
import { hasTmux, Screen } from '../fixtures/screen.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'
import { HeldRun } from './held-run.ts'

let held: HeldRun
beforeEach(() => {
  held = new HeldRun()
})
afterEach(() => held.close())

/** Session and terminal of a process: fields 6 and 7 of proc(5), stat. */
function sessionOf(pid: number): { readonly session: number; readonly terminal: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [, , , session, terminal] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { session: Number(session), terminal: Number(terminal) }
}

describe.skipIf(!requires('/proc', hasProc))('--detach', { timeout: 180_000 }, () => {
  it('returns with the id while the run goes on, in a session of its own, its words in run.log', async () => {
    const { status, stdout, stderr } = held.shop.run(...held.args('--detach', '-o', 'out'))
    const { id } = held
    const log = `home/runs/${id}/logs/run.log`
    expect([status, stdout]).toEqual([0, `${id}\n`])
    expect(stderr).toBe(
      `Run ${id}: 5 files, 79 B, 9 map tasks, 1 worker process.\n` +
        `It goes on by itself as process ${held.holder()}, and writes what it says to ${log}.\n` +
        `Next: tallyman attach ${id} follows it, tallyman stop ${id} ends it.\n`,
    )
    await held.meet('a')
    expect(held.status()).toBe('running')
    expect(sessionOf(held.holder())).toEqual({ session: held.holder(), terminal: 0 })
    for (const { pid } of markedWorkers(held.mark))
      expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('TALLYMAN_DETACHED')
    held.expectComplete()
    expect(existsSync(join(held.shop.folder, 'out', 'manifest.json'))).toBe(true)
    expect(held.log()).toMatch(/^Run \S+: 5 files, .*\n(?:.*\n)*Complete: (?:.*\n)*digest sha256:\w+\n$/)
  })

  it('ends as the run does that cannot begin, and leaves nothing', () => {
    held.shop.write('throws.job.ts', `throw new Error('at import')`)
    held.letGo()
    held.shop.run(...held.args('-o', 'taken', '-q'))
    held.shop.write('other.job.ts', readFileSync(join(held.shop.folder, 'held.job.ts')))
    const [runs, kept] = [held.shop.runs(), readdirSync(held.shop.folder)]
    for (const args of [
      ['throws.job.ts', 'in'],
      ['other.job.ts', 'in', '-o', 'taken'],
      ['held.job.ts', 'nowhere', '--json'],
    ]) {
      const detached = held.shop.run('run', ...args, '--detach')
      expect(detached).toEqual(held.shop.run('run', ...args))
      expect(detached.status).toBeGreaterThan(0)
      expect(detached.stderr).toMatch(/^Error: /)
    }
    for (const more of [['-o', '-'], ['--dry-run']])
      expect(held.shop.run(...held.args('--detach', ...more))).toMatchObject({ status: 2, stdout: '' })
    expect(held.shop.run('resume', 'no/where', '--detach').status).toBe(2)
    expect([held.shop.runs(), readdirSync(held.shop.folder)]).toEqual([runs, kept])
  })

  it('shows why the process of the run broke down before it had begun', () => {
    held.shop.write(
      'break.cjs',
      `if (process.env.TALLYMAN_DETACHED) { console.error('broken: \u001b[2J'); process.exit(7) }`,
    )
    const env = { NODE_OPTIONS: `--require ${join(held.shop.folder, 'break.cjs')}` }
    const { status, stdout, stderr } = held.shop.runIn({ env }, ...held.args('--detach'))
    expect([status, stdout, stderr]).toEqual([1, '', 'broken: \\u001b[2J\n'])
    expect(held.shop.runs()).toEqual([])
  })

  it('stops the run at Ctrl-C while it has not begun, and leaves nothing', async () => {
    writeFileSync(join(held.shop.folder, 'hold-loading'), '')
    const starter = held.start(...held.args('--detach'))
    await held.meet('loading')
    starter.kill('SIGINT')
    expect(await starter.ended).toEqual({
      status: 130,
      stdout: '',
      stderr: 'Interrupted before a record was read.\n',
    })
    expect(held.shop.runs()).toEqual([])
  })

  it.each(['SIGHUP', 'SIGKILL'] as const)(
    'goes on when its starter is ended by %s before it has begun',
    async (signal) => {
      writeFileSync(join(held.shop.folder, 'hold-loading'), '')
      const starter = held.start(...held.args('--detach'))
      await held.meet('loading')
      starter.kill(signal)
      await starter.ended
      held.letGo('loading')
      await until('the run to have begun', () => existsSync(join(held.directory, 'logs', 'run.log')))
      held.expectComplete()
      expect(held.shop.runs().map((path) => path.endsWith('.log'))).toEqual([false])
    },
  )

  it('leaves no worker when its process is killed, and resume --detach finishes the run', async () => {
    const id = held.detach()
    await held.meet('a')
    killQuietly(held.holder())
    await until('its workers to be gone', () => markedWorkers(held.mark).length === 0)
    expect(held.status()).toBe('cut-off')
    const { status, stdout } = held.shop.run('resume', id, '--detach', '--json')
    expect([status, JSON.parse(stdout)]).toEqual([
      0,
      {
        run: id,
        directory: held.directory,
        status: 'running',
        pid: held.holder(),
        log: join(held.directory, 'logs', 'run.log'),
      },
    ])
    expect(held.shop.run('resume', id, '--detach')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`is held by process ${held.holder()}`),
    })
    held.expectComplete()
    expect(held.shop.run('resume', id, '--detach').status).toBe(0)
  })
})

describe.skipIf(!requires('tmux', hasTmux))('a terminal that is closed', { timeout: 180_000 }, () => {
  function screen(line: string): Screen {
    const env = {
      PATH: `${join(program, '..')}:${process.env.PATH}`,
      TALLYMAN_HOME: join(held.shop.folder, 'home'),
      LC_ALL: 'C.UTF-8',
    }
    return new Screen(line, { columns: 100, rows: 30, cwd: held.shop.folder, env })
  }

  const run = (): string => `tallyman ${held.args('--detach').join(' ')}`

  it('leaves a detached run alone, which ends with the digest of an undisturbed one', async () => {
    const terminal = screen(run())
    await terminal.shows(/^END 0$/m)
    await held.meet('a')
    const holder = held.holder()
    terminal.hangUp()
    held.letGo('a')
    await held.meet('b')
    expect(held.holder()).toBe(holder)
    held.expectComplete()
  })

  it('ends an attach in it and not the run, as Ctrl-C does; attach shows how far the run is', async () => {
    const terminal = screen(`${run()}; clear; tallyman attach; echo "LEFT $?"; tallyman attach`)
    await held.meet('a')
    await terminal.shows(/^map +\d+ % (?:[━─]+|·) .*(?:so far|left|to finish)$/m)
    terminal.keys('C-c')
    const after = await terminal.shows(/^LEFT 130\s+map +\d+ % [━─·]/m)
    expect(after).toMatch(/^Detached; run \S+ goes on\./m)
    terminal.hangUp()
    held.letGo('a')
    await held.meet('b')
    expect(held.status()).toBe('running')
    held.expectComplete()
  })

  it('interrupts a run in it that is not detached, which can be resumed', async () => {
    const terminal = screen(`tallyman ${held.args().join(' ')}`)
    await held.meet('a')
    terminal.hangUp()
    await until('the run to end', () => held.journal().at(-1)?.type === 'interrupted')
    held.letGo()
    const resumed = held.shop.run('resume', 'last')
    expect(held.shop.digestOf(resumed)).toBe(held.undisturbed())
  })
})
