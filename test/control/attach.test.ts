/** Runs that are followed by other processes. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hasProc, killQuietly } from '../fixtures/process-tree.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'
import { HeldRun } from './held-run.ts'

let held: HeldRun
beforeEach(() => {
  held = new HeldRun()
})
afterEach(() => held.close())

/** Every file of a run with its size and time, but those that its own process changes. */
function filesOf(directory: string): string[] {
  const entries = readdirSync(directory, { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name !== 'progress.json')
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => `${file} ${statSync(file).size} ${statSync(file).mtimeMs}`)
    .sort()
}

describe.skipIf(!requires('/proc', hasProc))('tallyman attach', { timeout: 180_000 }, () => {
  it('follows a run to its end, twice at once, with what the run itself says, and changes nothing', async () => {
    const run = held.start(...held.args())
    await held.meet('a')
    const before = filesOf(held.directory)
    const onlookers = [held.start('attach'), held.start('attach', 'last')]
    const leaver = held.start('attach')
    for (const { pid } of [...onlookers, leaver]) await until('an onlooker to look', () => catchesHangUp(pid))
    leaver.kill('SIGINT')
    const { id } = held
    expect(await leaver.ended).toEqual({
      status: 130,
      stdout: '',
      stderr: `Detached; run ${id} goes on. To follow it again: tallyman attach ${id}; to end it: tallyman stop ${id}\n`,
    })
    expect(filesOf(held.directory)).toEqual(before)
    held.letGo()
    const [ran, ...followed] = await Promise.all([run.ended, ...onlookers.map(({ ended }) => ended)])
    expect(ran.status).toBe(0)
    for (const { status, stdout, stderr } of followed) {
      expect([status, stdout]).toEqual([0, ran.stdout])
      expect(sayings(stderr)).toEqual(sayings(ran.stderr))
    }
  })

  it('tells of a run that has ended at once, with its own exit code', async () => {
    held.letGo()
    held.shop.write('bad/a.txt', 'throw\n')
    const runs = [held.args(), ['run', 'held.job.ts', 'bad'], ['run', 'held.job.ts', 'bad', '--json']]
    for (const args of runs) {
      const ran = held.shop.run(...args)
      const flags = args.filter((arg) => arg === '-q' || arg === '--json')
      const followed = held.shop.run('attach', 'last', ...flags)
      expect([followed.status, followed.stdout]).toEqual([ran.status, ran.stdout])
      expect(sayings(followed.stderr)).toEqual(sayings(ran.stderr))
    }
  })

  it('ends with 130 when the run is killed, and says how it goes on', async () => {
    const id = held.detach()
    await held.meet('a')
    const onlooker = held.start('attach', '--json')
    await until('the onlooker to look', () => catchesHangUp(onlooker.pid))
    killQuietly(held.holder())
    const { status, stdout, stderr } = await onlooker.ended
    expect([status, JSON.parse(stdout)]).toMatchObject([130, { run: id, status: 'cut-off', result: null }])
    expect(stderr).toBe(`Run ${id} was cut off: its process is gone. Go on: tallyman resume ${id}\n`)
    held.letGo()
    expect(held.shop.run('resume', id, '--detach', '-q')).toEqual({
      status: 0,
      stdout: `${id}\n`,
      stderr: '',
    })
    held.expectComplete()
  })

  it('waits for a run that is not planned yet', async () => {
    writeFileSync(join(held.shop.folder, 'hold-loading'), '')
    const run = held.start(...held.args('-q'))
    await held.meet('loading')
    const onlooker = held.start('attach', '-q')
    await until('the onlooker to look', () => catchesHangUp(onlooker.pid))
    held.letGo()
    expect(await onlooker.ended).toEqual(await run.ended)
  })

  it('says so where there is no run to follow', () => {
    expect(held.shop.run('attach')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^Error: No run in .* is at work\.\n/),
    })
    expect(held.shop.run('attach', 'nothing').status).toBe(2)
  })
})

/** proc(5), status: a mask in hex, in which signal 1 is the lowest bit. Node itself catches SIGINT, and not SIGHUP. */
function catchesHangUp(pid: number): boolean {
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0'
  return (BigInt(`0x${mask}`) & 1n) !== 0n
}

/** What is said of the end of a run, without what only its own process knows: its beginning, times, and what bounded it. */
function sayings(stderr: string): string[] {
  return stderr
    .split('\n')
    .filter((line) => !/^Run \S+: \d|^ {2}bound |^map +\d|^reduce /.test(line))
    .map((line) => line.replace(/ in [^,]*(?:, [\d.]+ \w+\/s)?\.$/, ''))
}
