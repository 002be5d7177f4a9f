/** Jobs that take their worker down. Each death is told with its cause, on every isolation. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isolationsHere } from '../fixtures/engine.ts'
import { Workshop } from '../fixtures/program.ts'

let shop: Workshop
beforeAll(() => {
  shop = new Workshop()
  shop.write('in.txt', 'one\ntwo\nbad\nthree\n')
})
afterAll(() => shop.remove())

function rejectedReasons(): { readonly line: number; readonly reason: string }[] {
  const file = join(shop.runs().at(-1) ?? '', 'rejected.jsonl')
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

const killers = [
  ['process.exit(0)', 'process.exit(0)', 'was ended by the job itself: process.exit(0)'],
  ['process.exit(7)', 'process.exit(7)', 'was ended by the job itself: process.exit(7)'],
  ['an endless loop', 'for (;;);', 'made no progress for'],
  ['a promise that never settles', 'return new Promise(() => {})', 'made no progress for'],
  [
    'a heap that is full',
    'const held: number[][] = []; for (;;) held.push(Array(100_000).fill(held.length))',
    'ran out of heap',
  ],
] as const

describe.each(isolationsHere())('a record that ends its worker twice, with --isolation %s', (isolation) => {
  it.each(killers)('is rejected with the cause, and the run goes on: %s', (name, code, reason) => {
    const job = shop.job(
      `killer-${name.replaceAll(/\W+/g, '-')}.job.ts`,
      `if (line === 'bad') { ${code} } emit(line)`,
    )
    const timeout = reason.includes('no progress') ? '3' : '60'
    const options = ['--isolation', isolation, '--task-timeout', timeout, '--memory', '400M', '-w', '2']
    const ended = shop.run('run', job, 'in.txt', ...options, '--max-bad', '1', '--no-reuse', '--json')
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    expect(JSON.parse(ended.stdout)).toMatchObject({ status: 'complete', records: 3, rejected: 1 })
    const [rejected] = rejectedReasons()
    expect(rejected).toMatchObject({ line: 3 })
    expect(rejected?.reason).toContain('its worker ended twice at this record')
    expect(rejected?.reason).toContain(reason)
  })

  it('stops the commit with exit 3 when no rejected record is tolerated', () => {
    const job = shop.job('exit.job.ts', `if (line === 'bad') process.exit(1); emit(line)`)
    const ended = shop.run('run', job, 'in.txt', '--isolation', isolation, '--no-reuse')
    expect(ended).toMatchObject({ status: 3, stderr: expect.stringContaining('in.txt, line 3 (byte 8)') })
  })
})

describe('a job that never ends to load', () => {
  it('is given up, after a time that a short --task-timeout does not cut', { timeout: 120_000 }, () => {
    shop.write(
      'stuck.job.ts',
      `import { count, defineJob, text } from 'tallyman'\nAtomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)\nexport default defineJob({ input: text(), reduce: count(), map() {} })\n`,
    )
    const ended = shop.run('run', 'stuck.job.ts', 'in.txt', '--task-timeout', '1')
    expect(ended).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /Loading the job did not end within 3\d s, and was ended\.\nLook at what the job does when it is imported/,
      ),
    })
  })
})
