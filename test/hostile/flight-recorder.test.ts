/** What is left of attempts that died: enough to see why, without doing it again. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DeathRecord, readDeath } from '../../src/executor/index.ts'
import { Workshop } from '../fixtures/program.ts'
import { requires } from '../requires.ts'

let shop: Workshop
beforeAll(() => {
  shop = new Workshop()
  shop.write('in.txt', 'one\ntwo\nbad\nthree\n')
  shop.write('opened.txt', '')
})
afterAll(() => shop.remove())

function death(attempt: string): DeathRecord {
  const record = readDeath(join(shop.runs().at(-1) ?? '', 'logs'), attempt)
  if (record === null) throw new Error(`There is no record of ${attempt}.`)
  return record
}

/** Runs a job whose map does this, and may await, at the third record. */
function die(name: string, code: string, ...args: readonly string[]): void {
  const file = `${name}.job.ts`
  shop.write(
    file,
    `import { openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { count, defineJob, text } from 'tallyman'
const held: Buffer[] = []
const clock = new Int32Array(new SharedArrayBuffer(4))
export default defineJob({ input: text(), reduce: count<string>(), async map(line, emit) {
  if (line === 'bad') { ${code} }
  emit(line)
} })
`,
  )
  const ended = shop.run(
    'run',
    file,
    'in.txt',
    ...['-w', '1', '--max-bad', '1', '--no-reuse', '--impolite'],
    ...args,
  )
  expect(ended, ended.stderr).toMatchObject({ status: 0 })
}

describe.skipIf(!requires('/proc', existsSync('/proc/self/fd')))('the flight recorder', () => {
  it.each(['process', 'thread'])(
    'keeps the record, memory, open files, limits and stderr of an attempt, with --isolation %s',
    (isolation) => {
      die(
        `grows-${isolation}`,
        `openSync('opened.txt', 'r'); console.error('I grow')
    for (let n = 0; n < 20; n++) { held.push(Buffer.alloc(4e6, 1)); await sleep(100) }
    process.exit(9)`,
        '--isolation',
        isolation,
      )
      const second = death('map-00000.2')
      expect(second).toMatchObject({
        attempt: { id: 'map-00000.2', work: { kind: 'map', careful: true, splits: [{ path: 'in.txt' }] } },
        fault: { code: 'job-exited', message: expect.stringContaining('process.exit(9)') },
        worker: { seat: 0, pid: expect.any(Number) },
        record: { ordinal: 0, byte: 8 },
        stderr: 'I grow\n',
        limits: { taskTimeoutMs: 600_000, heapBytes: expect.any(Number) },
      })
      expect(second.endedAt - second.startedAt).toBeGreaterThanOrEqual(2000)
      expect(second.memory.length).toBeGreaterThan(1)
      const [first] = second.memory
      expect(Math.max(...second.memory.map(({ bytes }) => bytes))).toBeGreaterThan((first?.bytes ?? 0) + 4e6)
      // What a thread has open is closed as it ends, while the process of all threads goes on.
      if (isolation === 'process') expect(second.openFiles?.names).toContain(join(shop.folder, 'opened.txt'))
      expect(second.openFiles?.count).toBeGreaterThan(3)
      expect(second.limits.system['Max open files']).toMatch(/files$/)
      // Two at the record, and one before that did not write its records down.
      expect(death('map-00000.1').record).toBeNull()
      const { stdout } = shop.run('logs')
      expect(stdout).toContain(
        '==> map-00000.2 failed: The worker was ended by the job itself: process.exit(9). Its last words: "I grow"',
      )
      expect(stdout).toContain('    at the record of in.txt that begins at byte 8\n')
      expect(stdout).toMatch(/^ {4}after .*, memory .* to .*, \d+ open files, heap limit .*$/m)
    },
  )

  it('has what an attempt in an endless loop had open when it was ended', () => {
    die(
      'loops',
      `openSync('opened.txt', 'r'); for (;;) Atomics.wait(clock, 0, 0, 100)`,
      '--task-timeout',
      '3',
    )
    expect(death('map-00000.1')).toMatchObject({
      fault: { code: 'no-progress' },
      openFiles: { names: expect.arrayContaining([join(shop.folder, 'opened.txt')]) },
    })
  })

  it('leaves nothing where every attempt went well, or was given up', () => {
    const job = shop.job('fine.job.ts', 'emit(line)')
    expect(shop.run('run', job, 'in.txt', '--no-reuse')).toMatchObject({ status: 0 })
    const folder = join(shop.runs().at(-1) ?? '', 'logs')
    expect(readdirSync(folder)).toEqual([])
    expect(statSync(folder).isDirectory()).toBe(true)
  })
})
