/** Jobs that take their worker down. Each death is told with its cause, on every isolation. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isolationsHere } from '../fixtures/engine.ts'
import { once } from '../fixtures/once.ts'
import { Workshop } from '../fixtures/program.ts'

let shop: Workshop
beforeAll(() => {
  shop = new Workshop()
  shop.write('in.txt', 'one\n')
})
afterAll(() => shop.remove())

interface Killer {
  readonly name: string
  readonly code: string
  readonly reason: string
}

/** Each at work beside others. */
const killers: readonly Killer[] = [
  {
    name: 'process.exit(0)',
    code: 'process.exit(0)',
    reason: 'was ended by the job itself: process.exit(0)',
  },
  {
    name: 'process.exit(7)',
    code: 'process.exit(7)',
    reason: 'was ended by the job itself: process.exit(7)',
  },
  // It is busy with nothing where workers of each kind are tested by themselves (test/executors).
  {
    name: 'an endless loop',
    code: 'for (;;) Atomics.wait(clock, 0, 0, 100)',
    reason: 'made no progress for',
  },
  {
    name: 'a promise that never settles',
    code: 'return new Promise(() => {})',
    reason: 'made no progress for',
  },
]

/** Has its worker to itself: where workers are threads, a heap that is full may be the end of all of them. */
const hoarder: Killer = {
  name: 'a heap that is full',
  code: 'const held: number[][] = []; for (;;) held.push(Array(100_000).fill(held.length))',
  reason: 'ran out of heap',
}

/** Writes a folder with a file for each of them, whose third record it ends its worker at; returns its name, which is the job's as well. */
function scene(name: string, killers: readonly Killer[]): string {
  for (const [index] of killers.entries())
    shop.write(`${name}/${index}.txt`, `one\ntwo\nbad ${index}\nthree\n`)
  const orders = killers.map(({ code }, index) => `if (line === 'bad ${index}') { ${code} }`)
  shop.job(
    `${name}.job.ts`,
    `${orders.join(' ')} emit(line)`,
    'const clock = new Int32Array(new SharedArrayBuffer(4))',
  )
  return name
}

/** What a run made of one of them. */
interface Told {
  readonly path: string
  readonly line: number
  readonly reason: string
}

function rejectedIn(run: string): Told[] {
  return readFileSync(join(run, 'rejected.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

function expectBlamed(rejected: Told | undefined, reason: string): void {
  expect(rejected).toMatchObject({ line: 3 })
  expect(rejected?.reason).toContain('its worker ended twice at this record')
  expect(rejected?.reason).toContain(reason)
}

const common = ['--memory', '400M', '--no-reuse', '--no-speculation', '--impolite']

describe.each(isolationsHere())('a record that ends its worker twice, with --isolation %s', (isolation) => {
  const together = once(() => {
    const name = scene(`killers-${isolation}`, killers)
    const options = [...common, '-w', '2', '--isolation', isolation, '--task-timeout', '3']
    const ended = shop.run('run', `${name}.job.ts`, name, ...options, '--max-bad', '4', '--json')
    return { ended, rejected: rejectedIn(shop.runs().at(-1) ?? '') }
  })

  it.each(killers.map(({ name, reason }) => [name, reason]))(
    'is rejected with the cause, and the run goes on: %s',
    (name, reason) => {
      const { ended, rejected } = together()
      expect(ended, ended.stderr).toMatchObject({ status: 0 })
      expect(JSON.parse(ended.stdout)).toMatchObject({ status: 'complete', records: 12, rejected: 4 })
      const index = killers.findIndex((killer) => killer.name === name)
      expectBlamed(rejected[index], reason)
      expect(rejected[index]?.path).toContain(`${index}.txt`)
    },
  )

  const alone = once(() => {
    const name = scene(`hoarder-${isolation}`, [hoarder])
    const options = [...common, '-w', '2', '--isolation', isolation]
    const refused = shop.run('run', `${name}.job.ts`, name, ...options)
    const run = shop.runs().at(-1) ?? ''
    return { refused, resumed: shop.run('resume', 'last', '--max-bad', '1', '--json'), run }
  })

  it(`is rejected with the cause, and the run goes on: ${hoarder.name}`, () => {
    const { resumed, run } = alone()
    expect(resumed, resumed.stderr).toMatchObject({ status: 0 })
    expect(JSON.parse(resumed.stdout)).toMatchObject({ status: 'complete', records: 3, rejected: 1 })
    expectBlamed(rejectedIn(run)[0], hoarder.reason)
  })

  it('stops the commit with exit 3 when no rejected record is tolerated', () => {
    const { refused } = alone()
    expect(refused).toMatchObject({ status: 3, stderr: expect.stringContaining('0.txt, line 3 (byte 8)') })
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
