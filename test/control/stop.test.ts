/** Runs that are asked to stop by `tallyman stop`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { hasProc } from '../fixtures/process-tree.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'
import { HeldRun } from './held-run.ts'

let held: HeldRun
beforeEach(() => {
  held = new HeldRun()
})
afterEach(() => held.close())

describe.skipIf(!requires('/proc', hasProc))('tallyman stop', { timeout: 180_000 }, () => {
  it('has a run finish the tasks it has begun and begin no other one, and resume goes on', async () => {
    const run = held.start(...held.args())
    await held.meet('a')
    const stop = held.start('stop')
    await until('the run to be asked', () => run.said().includes('Asked to stop'))
    held.letGo('a')
    const [ran, stopped] = await Promise.all([run.ended, stop.ended])
    const id = basename(held.directory)
    expect(ran).toMatchObject({ status: 130 })
    expect(stopped).toEqual({
      status: 0,
      stdout: expect.stringMatching(
        new RegExp(
          `^Run ${id} has stopped: \\d of \\d+ map tasks and 0 of 1 reduce task are done and kept\\.\\n$`,
        ),
      ),
      stderr:
        `Run ${id} is asked to end: it finishes what it has begun, unless it was asked before. To end it now: tallyman stop ${id} --now\n` +
        `Go on: tallyman resume ${id}\n`,
    })
    const types = held.journal().map(({ type }) => type)
    const begun = types.filter((type) => type === 'attempt-started')
    expect(types.filter((type) => type === 'map-committed')).toHaveLength(begun.length)
    expect(types.at(-1)).toBe('interrupted')
    held.letGo()
    const resumed = held.shop.run('resume', 'last')
    expect(held.shop.digestOf(resumed)).toBe(held.undisturbed())
  })

  it('said twice ends a run now: what it has begun is given up', async () => {
    const run = held.start(...held.args())
    await held.meet('a')
    const first = held.start('stop')
    await until('the run to be asked', () => run.said().includes('Asked to stop'))
    const second = held.shop.run('stop', 'last')
    expect(second).toMatchObject({ status: 0, stdout: expect.stringContaining(' has stopped: ') })
    expect(await first.ended).toMatchObject({ status: 0 })
    expect(await run.ended).toMatchObject({ status: 130 })
    expect(readdirSync(join(held.directory, 'attempts'))).toEqual([])
  })

  it('with --now ends a detached run in its reduce stage, with every map task kept', async () => {
    const id = held.detach()
    for (const name of ['a', 'b', 'c', 'd']) held.letGo(name)
    await held.meet('reduce')
    const { status, stdout } = held.shop.run('stop', id, '--now', '--json')
    expect([status, JSON.parse(stdout)]).toMatchObject([
      0,
      { run: id, status: 'interrupted', partitions: 1, partitionsDone: 0 },
    ])
    const { tasks, tasksDone } = JSON.parse(stdout)
    expect(tasksDone).toBe(tasks)
    held.letGo()
    const resumed = held.shop.run('resume', id)
    expect(held.shop.digestOf(resumed)).toBe(held.undisturbed())
  })

  it('lets a run whose last task has begun come to its end', async () => {
    held.detach()
    for (const name of ['a', 'b', 'c', 'd']) held.letGo(name)
    await held.meet('reduce')
    const stop = held.start('stop')
    await until('the run to be asked', () => held.log().includes('Asked to stop'))
    held.letGo('reduce')
    expect(await stop.ended).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(' came to its end before it had to stop: complete.\n'),
    })
    held.expectComplete()
  })

  it('may be interrupted while it waits: the run stops all the same', async () => {
    held.detach()
    await held.meet('a')
    const stop = held.start('stop')
    await until('the run to be asked', () => held.log().includes('Asked to stop'))
    stop.kill('SIGINT')
    expect(await stop.ended).toMatchObject({
      status: 130,
      stderr: expect.stringContaining('Waiting no longer; run '),
    })
    held.letGo('a')
    await until('the run to end', () => held.journal().at(-1)?.type === 'interrupted')
  })

  it('with --now ends a run that is not planned yet, and one that is suspended', async () => {
    writeFileSync(join(held.shop.folder, 'hold-loading'), '')
    const planning = held.start(...held.args())
    await held.meet('loading')
    expect(held.shop.run('stop', '--now')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(' has stopped before a record was read.\n'),
    })
    expect(await planning.ended).toMatchObject({ status: 130 })
    expect(held.shop.runs()).toEqual([])

    held.letGo('loading')
    const run = held.start(...held.args())
    await held.meet('a')
    run.kill('SIGSTOP')
    expect(held.shop.run('stop', '--now')).toMatchObject({ status: 0 })
    expect(await run.ended).toMatchObject({ status: 130 })
  })

  it('says so where no run is at work', () => {
    expect(held.shop.run('stop')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^Error: No run in .* is at work\.\n/),
    })
    held.letGo()
    const id = held.detach()
    held.shop.run('attach', id)
    expect(held.shop.run('stop', id)).toMatchObject({
      status: 2,
      stderr: `Error: Run ${id} is not at work: complete.\nNext: tallyman show ${id}\n`,
    })
  })

  it('says how to go on with a run that is stopped already, or was killed', async () => {
    const id = held.detach()
    await held.meet('a')
    held.shop.run('stop', '--now')
    expect(held.shop.run('stop', id)).toMatchObject({
      status: 2,
      stderr: `Error: Run ${id} is not at work: interrupted.\nGo on: tallyman resume ${id}\n`,
    })
    const resumed = held.start('resume', id)
    await until('the run to go on', () => held.journal().at(-1)?.type === 'attempt-started')
    resumed.kill('SIGKILL')
    await resumed.ended
    expect(held.shop.run('stop', id)).toMatchObject({
      status: 2,
      stderr: `Error: Run ${id} is not at work: cut off.\nGo on: tallyman resume ${id}\n`,
    })
  })

  it('sends nothing to a process that has the number of one that is gone', async () => {
    held.letGo()
    const id = held.detach()
    held.shop.run('attach', id)
    const other = spawn('sleep', ['60'])
    onTestFinished(() => void other.kill('SIGKILL'))
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    writeFileSync(join(held.directory, 'lock', `${other.pid}-${boot}-1`), 'held\n')
    expect(held.shop.run('stop', id, '--now')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`Run ${id} is not at work: complete.`),
    })
    expect([other.exitCode, other.signalCode]).toEqual([null, null])
    const ended = once(other, 'exit')
    other.kill('SIGTERM')
    expect(await ended).toEqual([null, 'SIGTERM'])
  })

  it('has to be told which of several runs', async () => {
    const first = held.detach()
    const second = held.detach()
    const { status, stderr } = held.shop.run('stop')
    expect([status, stderr]).toEqual([
      2,
      `Error: Several runs are at work: ${second}, ${first}.\nName one of them.\n`,
    ])
    for (const id of [first, second]) expect(held.shop.run('stop', id, '--now').status).toBe(0)
  })
})
