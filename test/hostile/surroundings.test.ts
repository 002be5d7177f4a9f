/** Jobs that change what their worker stands on, or print without end. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'

let shop: Workshop
beforeAll(() => {
  shop = new Workshop()
  for (const name of ['a', 'b', 'c']) shop.write(`in/${name}.txt`, `${name}1\n${name}2\nlast\n`)
  shop.write('many.txt', Array.from({ length: 20_000 }, (_, line) => `${line}\n`).join(''))
})
afterAll(() => shop.remove())

const isolations = ['process', 'thread'] as const

describe.each(isolations)('a job, with --isolation %s', (isolation) => {
  const options = ['--no-reuse', '-w', '1', '--isolation', isolation]

  it('that prints for every record more than is read meanwhile does not fill its memory', () => {
    const job = shop.job('prints.job.ts', `process.stdout.write('x'.repeat(20_000)); emit(line)`)
    const ended = shop.run('run', job, 'many.txt', '--memory', '500M', ...options)
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    const types = shop.events().map(({ type }) => type)
    expect(types).not.toContain('attempt-failed')
  })

  it('that prints megabytes for each of many records, within one look at it, does not either', () => {
    const job = shop.job(
      'shouts.job.ts',
      `if (Number(line) < 100) process.stdout.write('x'.repeat(4e6)); emit(line)`,
    )
    const ended = shop.run('run', job, 'many.txt', '--memory', '300M', ...options)
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    expect(shop.events().map(({ type }) => type)).not.toContain('attempt-failed')
  })

  it('that has its own JSON gives the rows it gives with that of the language', () => {
    const map = `emit(line + '\\u0001'.repeat(50) + line)`
    const plain = shop.run('run', shop.job('plain.job.ts', map), 'in', ...options)
    const patch = `JSON.stringify = () => '"patched"'; JSON.parse = () => 'patched'; `
    const patched = shop.run('run', shop.job('patched.job.ts', patch + map), 'in', ...options)
    expect(patched, patched.stderr).toMatchObject({ status: 0 })
    expect(shop.digestOf(patched)).toBe(shop.digestOf(plain))
  })

  it('in which all objects and arrays have a toJSON gives the same rows, and lists what it rejected', () => {
    const map = `if (line === 'last') throw new Error('not this one'); emit(line)`
    const bad = ['--max-bad', '3']
    const plain = shop.run('run', shop.job('plain2.job.ts', map), 'in', ...options, ...bad, '--impolite')
    const patch = `const all: any[] = [Array.prototype, Object.prototype]
for (const one of all) Object.defineProperty(one, 'toJSON', { value: () => '[]', configurable: true })`
    const job = shop.job('tojson.job.ts', map, patch)
    const patched = shop.run('run', job, 'in', ...options, ...bad, '--task-timeout', '20', '--impolite')
    expect(patched, patched.stderr).toMatchObject({ status: 0 })
    expect(shop.digestOf(patched)).toBe(shop.digestOf(plain))
    expect(patched.stderr).toContain('6 records, 3 rejected')
  })

  it('in which time stands still is not taken for one that does', () => {
    const map = `const end = process.hrtime.bigint() + 300_000n; while (process.hrtime.bigint() < end); emit('line')`
    const job = shop.job('frozen.job.ts', map, 'Date.now = () => 1_577_836_800_000')
    const ended = shop.run('run', job, 'many.txt', ...options, '--task-timeout', '2', '--impolite')
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    expect(shop.events().map(({ type }) => type)).not.toContain('attempt-failed')
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
