/** What `--dry-run` says a run takes at most is what it takes at most. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeArchive } from '../fixtures/archives.ts'
import { hasProc, leftBehind, markedProcesses, markName } from '../fixtures/process-tree.ts'
import { Workshop } from '../fixtures/program.ts'
import { requires } from '../requires.ts'

const archives = 366
const membersEach = 4

let shop: Workshop
beforeAll(() => {
  shop = new Workshop()
  for (let day = 0; day < archives; day += 1) {
    const members = Array.from({ length: membersEach }, (_, hour) => ({
      name: `${hour}.txt`,
      content: `day${day % 7}\nhour${hour}\n`,
    }))
    shop.write(`in/archive-${String(day).padStart(3, '0')}.zip`, makeArchive(members))
  }
  shop.job('words.job.ts', 'emit(line)')
})
afterAll(() => shop.remove())

describe.skipIf(!requires('/proc', hasProc))('the processes of a run over 366 archives of 4 members', () => {
  it.each(['process', 'thread'])(
    'are no more than --dry-run says: %s',
    { timeout: 300_000 },
    async (isolation) => {
      const args = ['run', 'words.job.ts', 'in', '--isolation', isolation, '--workers', '3']
      const said = shop.run(...args, '--dry-run').stdout
      expect(said).toContain('Runs 366 map tasks over 1,464 splits')
      const most = Number(/^Takes at most (\d+) processes/m.exec(said)?.[1])
      const mark = `bounds-${isolation}-${process.pid}`
      process.env[markName] = mark
      const child = shop.start(...args, '--no-reuse')
      delete process.env[markName]
      const counts: number[] = []
      const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
      while (child.exitCode === null && child.signalCode === null) {
        counts.push(markedProcesses(mark).length)
        // A look at every process there is takes milliseconds of the core that the run is on.
        await sleep(100)
      }
      expect(await ended).toBe(0)
      expect(Math.max(...counts)).toBeLessThanOrEqual(most)
      // The workers were seen, so that the count is of something.
      expect(Math.max(...counts)).toBeGreaterThan(isolation === 'process' ? 3 : 1)
      expect(await leftBehind(mark)).toEqual([])
      const workers = shop
        .journal()
        .flatMap((event) => (event.type === 'attempt-started' ? [event.seat] : []))
      expect([...new Set(workers)].sort()).toEqual([0, 1, 2])
    },
  )
})

describe('pieces that plain files are cut into', () => {
  it('are refused where they would be more than a run has room for, with the size that fits', () => {
    shop.write('long.txt', 'line\n'.repeat(100_000))
    const ended = shop.run('run', 'words.job.ts', 'long.txt', '--split', '1', '--dry-run')
    expect(ended).toMatchObject({ status: 2, stdout: '' })
    expect(ended.stderr).toBe(
      'Error: Pieces of 1 byte would be 499,999, more than the 250,000 there may be.\nSay --split 1K or more, or leave it out.\n',
    )
    expect(shop.run('run', 'words.job.ts', 'long.txt', '--split', '2', '--dry-run').stdout).toContain(
      'Runs 250,000 map tasks over 250,000 splits',
    )
  })
})
