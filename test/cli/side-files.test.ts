/** Files that a job reads itself, and that somebody changes while the run goes on. */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Ended, Workshop } from '../fixtures/program.ts'
import { until } from '../fixtures/until.ts'

let shop: Workshop
beforeEach(() => {
  shop = new Workshop()
  shop.write('in.txt', 'a\nb\nc\n')
  shop.write('here/table.txt', 'one')
})
afterEach(() => shop.remove())

/** What a job does by this is not noted, as if somebody else had done it. */
const somebody = `const somebody = process.getBuiltinModule('node:fs')
  const wait = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)`

/** A job that counts lines; `read()` is what the table holds then. */
function writeJob({ before = '', map = 'line', finish = 'n' }): void {
  shop.write(
    'words.job.ts',
    `import { readFileSync } from 'node:fs'
     import { defineJob, reducer, text } from 'tallyman'
     ${somebody}
     const read = () => readFileSync('table.txt', 'utf8')
     ${before}
     const counted = reducer({
       empty: () => 0, add: (n: number, _: string) => n + 1, merge: (a, b) => a + b,
       finish: (n) => ${finish},
     })
     export default defineJob({ input: text(), reduce: counted, map(line, emit) { emit(${map}, line) } })`,
  )
}

const args = ['run', '../words.job.ts', join('..', 'in.txt'), '-w', '1'] as const

function run(...more: readonly string[]): Ended {
  return shop.runIn({ cwd: 'here' }, ...args, ...more)
}

/** All is of the file as it is now, whatever was kept. */
function expectRightAgain(): void {
  const again = run()
  expect(again.stderr).toContain('Complete')
  expect(shop.digestOf(run('--no-reuse'))).toBe(shop.digestOf(again))
}

describe('a file that a job reads itself, and that is changed during the run', () => {
  /** A run that ends so in its map stage and in its reduce stage. */
  const expectNoResult = ({ status, stderr }: Ended, expected: number): void => {
    const words = 'was changed meanwhile: it was read as it was before, and as it was then.'
    expect(stderr).toContain(`${shop.folder}/here/table.txt, which the job reads itself, ${words}`)
    expect(stderr).toContain('Run again')
    expect(status).toBe(expected)
    expect(existsSync(join(shop.folder, 'here/out'))).toBe(false)
  }

  it('leaves the run without a result where that is between two records of a task', () => {
    writeJob({ map: `(line === 'b' && somebody.writeFileSync('table.txt', 'two!'), read())` })
    expectNoResult(run('-o', 'out'), 3)
    // The reduce stage finds no more than was accepted.
    const accepted = shop.runIn({ cwd: 'here' }, 'resume', '--accept', 'table.txt')
    expect(accepted).toMatchObject({ status: 0, stderr: expect.stringContaining('Incomplete, as accepted') })
  })

  it('leaves it without one where that is in the reduce stage, however it is resumed; run again it has one', () => {
    const change = `somebody.existsSync('changed') || ['changed', 'table.txt'].map((name) => somebody.writeFileSync(name, 'two!'))`
    writeJob({ finish: `[read(), n, ${change}].slice(0, 2)` })
    expectNoResult(run('-o', 'out'), 1)
    expectNoResult(shop.runIn({ cwd: 'here' }, 'resume'), 1)
    expectRightAgain()
  })

  it('leaves it without one where that is between a crash in the reduce stage and a resume', async () => {
    const table = 'const table = read()'
    const crash = `somebody.existsSync('begun') || (somebody.writeFileSync('begun', ''), wait(3000))`
    writeJob({ before: table, map: 'table + line', finish: `[table, n, ${crash}].slice(0, 2)` })
    const child = shop.startIn({ cwd: 'here' }, ...args, '-o', 'out')
    const ended = once(child, 'close')
    await until('the reduce stage', () => existsSync(join(shop.folder, 'here/begun')))
    child.kill('SIGKILL')
    await ended
    shop.write('here/table.txt', 'two!')
    expectNoResult(shop.runIn({ cwd: 'here' }, 'resume'), 1)
    expectRightAgain()
  })
})

it('what was made of a file by a relative path is used again in the same folder alone', () => {
  shop.write('there/table.txt', 'two!')
  writeJob({ before: 'const table = read()', map: 'table + line' })
  const first = run()
  const there = shop.runIn({ cwd: 'there' }, ...args)
  const why = shop.run('explain').stdout
  expect(shop.digestOf(there)).not.toBe(shop.digestOf(first))
  expect(shop.digestOf(shop.runIn({ cwd: 'there' }, ...args, '--no-reuse'))).toBe(shop.digestOf(there))
  expect(why).toContain('it was kept in another folder, or')
  expect(shop.runIn({ cwd: 'there' }, ...args).stderr).toContain('reused')
})
