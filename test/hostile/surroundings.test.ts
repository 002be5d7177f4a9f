/** Jobs that change what their worker stands on, or print without end. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'

const common = ['--no-reuse', '-w', '1', '--impolite']
/** Emits most lines, and rejects the others. */
const words = `if (line === 'last') throw new Error('not this one'); emit(line + '\\u0001'.repeat(50) + line)`
const bad = ['--max-bad', '3']

const linesTo = (end: number): string => Array.from({ length: end }, (_, line) => `${line}\n`).join('')

let shop: Workshop
/** Of those words, where nothing is changed around the job. */
let plain: string
beforeAll(() => {
  shop = new Workshop()
  for (const name of ['a', 'b', 'c']) shop.write(`in/${name}.txt`, `${name}1\n${name}2\nlast\n`)
  shop.write('many.txt', linesTo(8000))
  // As many as pass between two looks at what was printed.
  shop.write('some.txt', linesTo(64))
  plain = shop.digestOf(shop.run('run', shop.job('plain.job.ts', words), 'in', ...common, ...bad))
})
afterAll(() => shop.remove())

const isolations = ['process', 'thread'] as const

describe.each(isolations)('a job, with --isolation %s', (isolation) => {
  const options = [...common, '--isolation', isolation]

  it('that prints for every record more than is read meanwhile does not fill its memory', () => {
    const job = shop.job('prints.job.ts', `process.stdout.write('x'.repeat(20_000)); emit(line)`)
    const ended = shop.run('run', job, 'many.txt', '--memory', '200M', ...options)
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    const types = shop.events().map(({ type }) => type)
    expect(types).not.toContain('attempt-failed')
  })

  it('that prints megabytes for each of many records, within one look at it, does not either', () => {
    const job = shop.job('shouts.job.ts', `process.stdout.write('x'.repeat(4e6)); emit(line)`)
    const ended = shop.run('run', job, 'some.txt', '--memory', '200M', ...options)
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    expect(shop.events().map(({ type }) => type)).not.toContain('attempt-failed')
  })

  it('that has its own JSON gives the rows it gives with that of the language', () => {
    const patch = `JSON.stringify = () => '"patched"'; JSON.parse = () => 'patched'; `
    const job = shop.job('patched.job.ts', patch + words)
    const patched = shop.run('run', job, 'in', ...options, ...bad)
    expect(patched, patched.stderr).toMatchObject({ status: 0 })
    expect(shop.digestOf(patched)).toBe(plain)
  })

  it('in which all objects and arrays have a toJSON gives the same rows, and lists what it rejected', () => {
    const patch = `const all: any[] = [Array.prototype, Object.prototype]
for (const one of all) Object.defineProperty(one, 'toJSON', { value: () => '[]', configurable: true })`
    const job = shop.job('tojson.job.ts', words, patch)
    const patched = shop.run('run', job, 'in', ...options, ...bad, '--task-timeout', '20')
    expect(patched, patched.stderr).toMatchObject({ status: 0 })
    expect(shop.digestOf(patched)).toBe(plain)
    expect(patched.stderr).toContain('6 records, 3 rejected')
  })

  it('in which time stands still is not taken for one that does', () => {
    const job = shop.job(
      'frozen.job.ts',
      `Atomics.wait(clock, 0, 0, 0.4); emit('line')`,
      'Date.now = () => 1_577_836_800_000; const clock = new Int32Array(new SharedArrayBuffer(4))',
    )
    const ended = shop.run('run', job, 'many.txt', ...options, '--task-timeout', '2')
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    const events = shop.journal()
    expect(events.map(({ type }) => type)).not.toContain('attempt-failed')
    // It has taken longer than it might have stood still for.
    const [begun, committed] = ['attempt-started', 'map-committed'].map((wanted) =>
      events.find(({ type }) => type === wanted),
    )
    expect((committed?.at ?? 0) - (begun?.at ?? 0)).toBeGreaterThan(2500)
  })

  it('that breaks what is built in is told so, and not that tallyman is at fault', () => {
    const job = shop.job(
      'push.job.ts',
      `if (line === 'last') Array.prototype.push = () => { throw new Error('no push') }; emit(line)`,
    )
    const ended = shop.run('run', job, 'in', ...options)
    expect(ended, ended.stderr).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/in the place of Array\.prototype\.push, .*: no push\n/),
    })
    expect(ended.stderr).not.toContain('defect of tallyman')
  })
})

describe('a job that changes the current directory', () => {
  it('has its inputs read all the same', () => {
    const job = shop.job('moves.job.ts', `process.chdir('/'); emit(line)`)
    const ended = shop.run('run', job, 'in', '--no-reuse', '-w', '1', '--json')
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    expect(JSON.parse(ended.stdout)).toMatchObject({ complete: true, records: 9 })
  })
})

describe('a job that sets its time zone', () => {
  const map = 'emit(new Date(2020, 0, 1, 12).toISOString())'

  it('has it in processes, and is refused in threads, where that has no effect', () => {
    const job = shop.job('zone.job.ts', map, "process.env.TZ = 'Asia/Seoul'")
    expect(shop.run('run', job, 'in', '-w', '1').stdout).toMatch(/ 2020-01-01T03:00:00\.000Z +9\n/)
    expect(shop.run('run', job, 'in', '-w', '1', '--isolation', 'thread')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /sets process\.env\.TZ to "Asia\/Seoul", which has no effect in a thread\.\n.*--isolation process, or .*TZ=Asia\/Seoul tallyman run/,
      ),
    })
  })

  it('is refused in threads also where a map sets it', () => {
    const job = shop.job('late.job.ts', `process.env.TZ = 'Asia/Seoul'; ${map}`)
    const ended = shop.run('run', job, 'in', '-w', '1', '--isolation', 'thread', '--no-reuse')
    expect(ended).toMatchObject({ status: 1, stderr: expect.stringContaining('has no effect in a thread') })
  })
})

describe('a run that fails', () => {
  it('says nothing of attempts that had to end with it, and where to look closer', () => {
    const job = shop.job(
      'two.job.ts',
      `if (line === 'a1') return new Promise(() => {}); if (line === 'b2') throw new Object(void Promise.reject(new Error('forgotten'))); emit(line)`,
    )
    const ended = shop.run('run', job, 'in', '--no-reuse', '-w', '2')
    expect(ended, ended.stderr).toMatchObject({ status: 1 })
    expect(shop.events().at(-1)?.type).toBe('failed')
    expect(ended.stderr).toMatch(/\nWhat is left of its attempts: tallyman logs \S+\n/)
    expect(ended.stderr).toMatch(/\nThe last one again, in front of you: tallyman repro map-00001\.1 \S+\n$/)
  })
})
