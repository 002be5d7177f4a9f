/** Jobs that are wrong, and what is said of them. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'

const shop = new Workshop()
afterAll(() => shop.remove())
shop.write('three.txt', 'one\ntwo\nthree\n')
shop.write('many.txt', 'x\n'.repeat(500))
shop.write('folder/a.job.ts', '')

const runsLeft = (): string[] =>
  existsSync(join(shop.folder, 'home/runs')) ? readdirSync(join(shop.folder, 'home/runs')) : []

describe('a job that does not load', () => {
  it.each([
    [
      'a syntax error',
      'const = 5',
      /^Error: \/.*\/bad\.job\.ts, line 1, column 7: Expected identifier but found "="\nMend that line\./,
    ],
    [
      'a package that is not there',
      "import 'no-such-package'\nexport default 1",
      /^Error: \/.*bad\.job\.ts, line 1, column 8: Could not resolve "no-such-package"\nInstall the package/,
    ],
    [
      'a file that is not there',
      "import './no-such.ts'\nexport default 1",
      /line 1, column 8: Could not resolve "\.\/no-such\.ts"/,
    ],
    [
      'an import that tallyman has not',
      "import { csv, defineJob } from 'tallyman'\nexport default defineJob({ input: csv() })",
      /^Error: bad\.job\.ts could not be loaded: .*'csv'\n(?:.*\n)?Formats are bytes\(\), fixedWidth\(\), jsonl\(\), text\(\); reducers are /,
    ],
    [
      'an error when it is imported',
      "export const x = 1\nthrow new Error('no \u001b[31m database')",
      /^Error: bad\.job\.ts could not be loaded: no \\u001b\[31m database\n +at .*bad\.job\.ts:2:7\)?\nMend what it does when it is imported\./,
    ],
    [
      'no default export',
      'export const job = 1',
      /^Error: bad\.job\.ts has no default export\.\nSay `export default defineJob\(\{ … \}\)`\./,
    ],
    [
      'another default export',
      'export default 5',
      /^Error: bad\.job\.ts exports something else than a job as its default\./,
    ],
    ['an end of its own', 'process.exit(5)', /^Error: The worker .*process\.exit/],
  ])('ends with 1 and leaves no run: %s', (_, source, message) => {
    shop.write('bad.job.ts', source)
    const before = runsLeft()
    const { status, stdout, stderr } = shop.run('run', 'bad.job.ts', 'three.txt')
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/[\u001b\r]/)
    expect(runsLeft()).toEqual(before)
  })

  it.each([
    ['nothing.job.ts', 'Job file "nothing.job.ts" does not exist.'],
    ['folder', 'Job "folder" is a directory; a job is a file.\nThere is "a.job.ts".'],
  ])('ends with 2 where there is none: %s', (job, message) => {
    const before = runsLeft()
    const { status, stderr } = shop.run('run', job, 'three.txt')
    expect(status).toBe(2)
    expect(stderr).toContain(message)
    expect(runsLeft()).toEqual(before)
  })
})

describe('a job without inputs', () => {
  const job = shop.job('words.job.ts', 'emit(line)')

  it.each([
    [[], 'Which inputs? `tallyman run` needs a job file and inputs.'],
    [['thre.txt'], 'Input "thre.txt" does not exist. There is "three.txt"'],
    [['*.zip'], 'Pattern "*.zip" matches no file.'],
    [[''], 'Input "" is an empty name.'],
  ])('ends with 2: %j', (inputs, message) => {
    const before = runsLeft()
    const { status, stdout, stderr } = shop.run('run', job, ...inputs)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`Error: ${message}`)
    expect(runsLeft()).toEqual(before)
  })
})

describe('a job that throws', () => {
  it('at one record has that record rejected', () => {
    const job = shop.job(
      'once.job.ts',
      `if (line === 'two') throw new TypeError('x is not a function'); emit(line)`,
    )
    const { status, stderr } = shop.run('run', job, 'three.txt')
    expect(status).toBe(3)
    expect(stderr).toContain('  1 record was rejected, 33.3% of all; 0 tolerated.\n')
    expect(stderr).toMatch(
      /\n {2}three\.txt, line 2 \(byte 4\): map threw: x is not a function\n {4}at .*once\.job\.ts:3:\d+\)?\n {4}two\n/,
    )
  })

  it('at what it emits has that record rejected, with the reason, the way out and the line that emits it', () => {
    shop.write(
      'amounts.jsonl',
      '{"shop":"Jeju","euros":2}\n{"shop":"Busan","euros":null}\n{"shop":"Jeju","euros":3}\n',
    )
    shop.write(
      'takings.job.ts',
      `import { defineJob, jsonl, sum } from 'tallyman'
      export default defineJob({
        input: jsonl<{ shop: string; euros: number }>(),
        reduce: sum(),
        map(sale, emit) {
          emit(sale.shop, sale.euros)
        },
      })`,
    )
    const refused = shop.run('run', 'takings.job.ts', 'amounts.jsonl')
    expect(refused.status).toBe(3)
    expect(refused.stderr).toMatch(
      /line 2 \(byte 26\): Emit to table "result", key "Busan": sum\(\) takes numbers; it got null\. Emit a number, .*\n {4}at .*takings\.job\.ts:6:\d+\)?\n/,
    )
    const resumed = shop.run('resume', 'last', '--max-bad', '1')
    expect(resumed.status).toBe(0)
    expect(resumed.stdout).toMatch(/^ +Jeju +5$/m)
  })

  it('at every record fails with the place in the job, and does not say to resume what would fail again', () => {
    const job = shop.job('always.job.ts', 'null.x')
    const { status, stdout, stderr } = shop.run('run', job, 'many.txt')
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain(
      'Error: The mapper threw at each of the first 100 records; at the last one: Cannot read',
    )
    expect(stderr).toMatch(/\n +at .*always\.job\.ts:3:\d+\)?\n/)
    expect(stderr).toMatch(
      /\nRun \S+-always failed; nothing was committed\. When it is mended, run it again\.\n/,
    )
    expect(shop.run('runs').stdout.split('\n')[0]).toContain('  failed  ')
    // Whoever comes later is told the same, with what else there is to look at.
    const advice = stderr.split('\n').slice(-3, -1)
    const shown = shop.run('show', 'last').stdout
    expect(shown).toContain(
      ['\n', 'When it is mended, run it again.', ...advice]
        .map((line) => `${line}\n`)
        .join('  ')
        .slice(1),
    )
    expect(shown).not.toContain('resume')
  })

  it("shows only frames of the user's code", () => {
    const job = shop.job(
      'deep.job.ts',
      'fail(line)',
      `function fail(line: string): never { throw new Error(line) }`,
    )
    const { stderr } = shop.run('run', job, 'many.txt')
    const frames = stderr.split('\n').filter((line) => /^ +at /.test(line))
    expect(frames.length).toBeGreaterThan(1)
    for (const frame of frames) expect(frame).toContain('deep.job.ts')
  })

  it('in setup or in a reducer fails as well', () => {
    shop.write(
      'setup.job.ts',
      `import { count, defineJob, text } from 'tallyman'
      export default defineJob({ input: text(), reduce: count<string>(), setup() { throw new Error('no database') }, map() {} })`,
    )
    const setup = shop.run('run', 'setup.job.ts', 'three.txt')
    expect(setup).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("The job's setup threw: no database"),
    })
    shop.write(
      'add.job.ts',
      `import { defineJob, reducer, text } from 'tallyman'
      const broken = reducer({ empty: () => 0, add(state, line: string) { throw new Error('no ' + line) }, merge: (left, right) => left + right })
      export default defineJob({ input: text(), reduce: broken, map(line, emit) { emit('a', line) } })`,
    )
    const add = shop.run('run', 'add.job.ts', 'three.txt')
    expect(add).toMatchObject({ status: 1, stderr: expect.stringContaining('key "a": no one') })
    expect(add.stderr).toMatch(/\n +at .*add\.job\.ts:2:\d+\)?\n/)
  })
})
