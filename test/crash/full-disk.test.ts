/** The disk is full while a run writes: it stops with that cause, leaves nothing that looks like a result, and goes on later. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { Workshop } from '../fixtures/program.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { requires } from '../requires.ts'

function mount(folder: string, size: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]).status === 0
}

function canMount(): boolean {
  const folder = tempFolder()
  try {
    if (!mount(folder.path, '1M')) return false
    execFileSync('umount', [folder.path])
    return true
  } finally {
    folder.remove()
  }
}

let shop: Workshop
let undisturbed: string
const options = ['--no-reuse', '-w', '2', '--split', '1M', '--memory', '400M', '--impolite']

/** A disk of its own in the workshop. */
function smallDisk(size: string): { readonly path: string; grow(size: string): void } {
  const path = join(shop.folder, `disk-${size}`)
  mkdirSync(path)
  expect(mount(path, size)).toBe(true)
  onTestFinished(() => void execFileSync('umount', ['-l', path]))
  return { path, grow: (more) => void execFileSync('mount', ['-o', `remount,size=${more}`, path]) }
}

/** What a reader could take for a result, anywhere in a folder; links are not followed. */
function resultsIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries.map(({ name }) => name).filter((name) => /^(manifest\.json|result(\.jsonl)?)$/.test(name))
}

/** Does an attempt run, of the one run that there is? */
function hasBegun(runs: string): boolean {
  const [run] = existsSync(runs) ? readdirSync(runs) : []
  if (run === undefined) return false
  const file = join(runs, run, 'journal.jsonl')
  return existsSync(file) && readFileSync(file, 'utf8').includes('"attempt-started"')
}

describe.skipIf(!requires('the right to mount a tmpfs', canMount()))(
  'a full disk',
  { timeout: 300_000 },
  () => {
    beforeAll(() => {
      shop = new Workshop()
      for (const name of ['a', 'b', 'c', 'd']) {
        const lines = Array.from({ length: 12_000 }, (_, line) => `${name}${line} ${'x'.repeat(80)}${line}\n`)
        shop.write(`in/${name}.txt`, lines.join(''))
      }
      shop.job('lines.job.ts', 'emit(line)')
      undisturbed = shop.digestOf(shop.run('run', 'lines.job.ts', 'in', ...options))
    })
    afterAll(() => shop.remove())

    it('under the runs: stops the run with that cause, and resume gives the same bytes once there is space', () => {
      const disk = smallDisk('48M')
      const env = { TALLYMAN_HOME: join(disk.path, 'home') }
      // Leaves room for the first tasks, not for all.
      const filler = join(disk.path, 'filler')
      writeFileSync(filler, Buffer.alloc(42 * 2 ** 20))
      const ended = shop.runIn({ env }, 'run', 'lines.job.ts', 'in', ...options)
      expect(ended).toMatchObject({ status: 1, stdout: '' })
      expect(ended.stderr).toMatch(/disk .*has room for|no space left|no room/i)
      expect(resultsIn(disk.path)).toEqual([])
      const [run = ''] = readdirSync(join(env.TALLYMAN_HOME, 'runs'))
      expect(readdirSync(join(env.TALLYMAN_HOME, 'runs', run, 'lock'))).toEqual([])

      // As long as it is full, it stays at that.
      expect(shop.runIn({ env }, 'resume', 'last')).toMatchObject({ status: 1 })
      expect(resultsIn(disk.path)).toEqual([])

      rmSync(filler)
      const resumed = shop.runIn({ env }, 'resume', 'last')
      expect(resumed).toMatchObject({ status: 0 })
      expect(shop.digestOf(resumed)).toBe(undisturbed)
      const committed = shop
        .journal(join(env.TALLYMAN_HOME, 'runs', run))
        .flatMap((event) => (event.type === 'map-committed' ? [event.task] : []))
      expect(new Set(committed).size).toBe(committed.length)
    })

    it('that others have nearly filled: ends a run that would have had room enough, and says what is left', async () => {
      const disk = smallDisk('64M')
      const env = { TALLYMAN_HOME: join(disk.path, 'home') }
      shop.write('one.txt', 'line\n')
      const job = shop.job(
        'waits.job.ts',
        `Atomics.wait(clock, 0, 0, 15_000); emit(line)`,
        'const clock = new Int32Array(new SharedArrayBuffer(4))',
      )
      const child = shop.startIn({ env }, 'run', job, 'one.txt', '--no-reuse', '-w', '1', '--memory', '400M')
      if (child.stderr === null) throw new Error('There is no stderr.')
      const said = text(child.stderr)
      const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
      const runs = join(env.TALLYMAN_HOME, 'runs')
      await vi.waitUntil(() => hasBegun(runs), { timeout: 60_000, interval: 50 })
      // 5 % are left to others: 3.2 MiB of 64.
      writeFileSync(
        join(disk.path, 'others'),
        Buffer.alloc(statfsSync(disk.path).bavail * 4096 - 2 * 2 ** 20),
      )
      expect(await ended, await said).toBe(1)
      expect(await said).toMatch(
        /disk of .* has room for [12] MiB more; the run ends before it takes the rest/,
      )
      expect(resultsIn(disk.path)).toEqual([])
    })

    it('under the place of the result: leaves nothing there, and resume writes it once there is space', () => {
      const disk = smallDisk('2M')
      const out = join(disk.path, 'out')
      const ended = shop.run('run', 'lines.job.ts', 'in', ...options, '-o', out)
      expect(ended).toMatchObject({ status: 1, stdout: '' })
      expect(ended.stderr).toMatch(/no space left|no room/i)
      expect(ended.stderr).toMatch(
        / failed; nothing was committed\. What was done is kept; to try again: tallyman resume /,
      )
      expect(shop.run('runs').stdout).toMatch(/ failed /)
      expect(existsSync(out)).toBe(false)
      expect(resultsIn(disk.path)).toEqual([])

      disk.grow('64M')
      const resumed = shop.run('resume', 'last')
      expect(resumed).toMatchObject({ status: 0 })
      expect(shop.digestOf(resumed)).toBe(undisturbed)
      expect(shop.run('verify', out)).toMatchObject({ status: 0 })
      expect(readdirSync(disk.path)).toEqual(['out'])
      const again = shop.journal().findLastIndex(({ type }) => type === 'resumed')
      expect(
        shop
          .journal()
          .slice(again)
          .map(({ type }) => type),
      ).not.toContain('map-committed')
    })
  },
)
