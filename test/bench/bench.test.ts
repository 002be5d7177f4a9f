import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { hasProc } from '../../bench/process-tree.mjs'
import type { BenchRecord, Measured } from '../../bench/record.mjs'
import { differenceOf, readAnswer } from '../../bench/rows.mjs'
import { requires } from '../requires.ts'

const projectDir = fileURLToPath(new URL('../../', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'tallyman-bench-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const hasPython = spawnSync('python3', ['--version']).status === 0

/** Runs the benchmark on a tiny input with what every machine has: tallyman, Python and coreutils. */
function bench(name: string, ...options: readonly string[]) {
  const records = join(scratch, name)
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(projectDir, 'bench', 'bench.mjs'),
      ...['--rounds', '1', '--megabytes', '1', '--words', '2000', '--python', 'python3'],
      ...['--program', 'plain_python,with_sort,tallyman-thread-1', '--records', records, ...options],
    ],
    { encoding: 'utf8' },
  )
  const output = stdout + stderr
  const file = /Recorded in (.+-bench\.json)/.exec(output)?.[1] ?? ''
  expect(existsSync(file), output).toBe(true)
  return { status, output, file, record: JSON.parse(readFileSync(file, 'utf8')) as BenchRecord }
}

/** A program that does what `change` makes of the right rows. */
function changedPeer(name: string, change: string) {
  const file = join(scratch, `${name}.py`)
  const right = join(projectDir, 'bench', 'peers', 'access', 'plain_python.py')
  writeFileSync(
    file,
    `import subprocess, sys\nrows = subprocess.run([sys.executable, ${JSON.stringify(right)}, *sys.argv[1:]], capture_output=True, text=True).stdout.splitlines()\n${change}\nprint("\\n".join(rows))\n`,
  )
  return file
}

describe.skipIf(!requires('/proc of Linux', hasProc) || !requires('python3', hasPython))(
  'bench/bench.mjs',
  () => {
    it('gives times to programs with the right answer alone, and fails', () => {
      const wrong = {
        'one more': 'rows[0] = rows[0].replace(\'"value": \', \'"value": 1\')',
        'a row less': 'rows.pop()',
        'a row twice': 'rows.append(rows[-1])',
        'no rows at all': 'rows = ["12 GET"]',
        'a failure': 'sys.exit("no disk")',
        'another order': 'rows.reverse()',
      }
      const peers = Object.entries(wrong).map(([name, change]) => changedPeer(name, change))
      const { status, output, record } = bench(
        'wrong',
        '--work',
        'access',
        ...peers.flatMap((file) => ['--add', `access:${file}`]),
      )
      expect(status, output).toBe(1)
      const [work] = record.works
      const added = (work?.measured ?? []).filter(({ program }) => program.startsWith('added-'))
      expect(added.map(({ refused = 'right' }) => refused)).toEqual([
        expect.stringMatching(/^answers wrongly: 1 rows are missing, for example \["hours".* has \["hours"/),
        expect.stringMatching(/^answers wrongly: 1 rows are missing, for example \["hosts"/),
        expect.stringMatching(/^answers wrongly: has \["hosts".*which is not right$/),
        expect.stringMatching(/^answers wrongly: .* holds "12 GET", which is no row of an answer\.$/),
        'ended with 1: no disk',
        'right',
      ])
      for (const { program, refused, wallSeconds, cpuSeconds, peakMiB } of added) {
        const times = [wallSeconds, cpuSeconds, peakMiB].filter((time) => time !== undefined)
        expect(times, program).toHaveLength(refused === undefined ? 3 : 0)
      }
      expect(output.match(/REFUSED/g)).toHaveLength(5)
      expect(JSON.stringify(record)).not.toContain(join(tmpdir(), 'tallyman-bench-'))
      expect(work?.ratios.map(({ tallyman, peer }) => [tallyman, peer])).toEqual([
        ['tallyman-thread-1', 'plain_python-1'],
        ['tallyman-thread-1', 'added-6'],
      ])
    })

    it('finds that the plain programs give the answer of tallyman in every work, and of the scale model', () => {
      const { status, output, record, file } = bench(
        'right',
        '--work',
        'hashtags,hashtags-zip,hashtags-gzip,access,access-skew,words,tiny,start',
      )
      expect(status, output).toBe(0)
      expect(
        record.works.map(({ work, measured }) => [work, measured.map(({ program }) => program)]),
      ).toEqual([
        ['hashtags', ['tallyman-thread-1', 'plain_python-1']],
        ['hashtags-zip', ['tallyman-thread-1', 'plain_python-1']],
        ['hashtags-gzip', ['tallyman-thread-1', 'plain_python-1']],
        ['access', ['tallyman-thread-1', 'plain_python-1']],
        ['access-skew', ['tallyman-thread-1', 'plain_python-1']],
        ['words', ['tallyman-thread-1', 'plain_python-1', expect.stringMatching(/^with_sort-/)]],
        ['tiny', ['tallyman-thread-1', 'plain_python-1', expect.stringMatching(/^with_sort-/)]],
        ['start', ['tallyman-thread-1', 'plain_python-1', expect.stringMatching(/^with_sort-/)]],
      ])
      const measured: readonly Measured[] = record.works.flatMap((work) => work.measured)
      for (const { program, wallSeconds } of measured) expect(wallSeconds?.median, program).toBeGreaterThan(0)
      expect(JSON.stringify(record)).not.toContain(scratch)
      expectTable(file)
    })

    it('refuses a work that there is not', () => {
      const program = join(projectDir, 'bench', 'bench.mjs')
      const { status, stderr } = spawnSync(process.execPath, [program, '--work', 'sorting'], {
        encoding: 'utf8',
      })
      expect(status).toBe(2)
      expect(stderr).toContain('There is no work "sorting"; the works are hashtags,')
    })
  },
)

function table(...args: readonly string[]) {
  const program = join(projectDir, 'bench', 'table.mjs')
  return spawnSync(process.execPath, [program, ...args], { cwd: projectDir, encoding: 'utf8' })
}

/** Writes a record's table into a copy of the README, which the record before has made wrong. */
function expectTable(record: string) {
  const readme = join(scratch, 'README.md')
  copyFileSync(join(projectDir, 'README.md'), readme)
  expect(table('--check', '--readme', readme, record).status).toBe(1)
  expect(table('--readme', readme, record).status).toBe(0)
  expect(table('--check', '--readme', readme, record).status).toBe(0)
  expect(readFileSync(readme, 'utf8')).toMatch(/^\| Python, json +\| 1 +\| \d+\.\d\d \(\d+\.\d\d\) \d+ /m)
}

describe('bench/table.mjs', () => {
  it('made the table in the README of the record that it names', () => {
    const readme = readFileSync(join(projectDir, 'README.md'), 'utf8')
    const block = readme.slice(readme.indexOf('<!-- bench:begin -->'), readme.indexOf('<!-- bench:end -->'))
    const record = /`(bench\/runs\/[^`]+-bench\.json)`/.exec(block)?.[1]
    expect(record).toBeDefined()
    const { status, stderr } = table('--check', String(record))
    expect(status, stderr).toBe(0)
  })
})

describe('readAnswer', () => {
  function answer(name: string, text: string) {
    const file = join(scratch, name)
    writeFileSync(file, text)
    return [{ file }]
  }
  const right = answer(
    'right.jsonl',
    '{"key":["a",null],"value":2}\n{"table":"result","key":"b","value":1}\n',
  )

  it.each([
    ['another order', '{"key":"b","value":1}\n{"key":["a",null],"value":2}'],
    ['another spelling', '{"value": 1.0, "key": "\\u0062"}\n{"key": ["a", null], "value": 2}\n'],
  ])('knows equal rows in %s', async (name, text) => {
    expect(await readAnswer(answer(name, text))).toEqual(await readAnswer(right))
  })

  it.each([
    [
      'another table',
      '{"key":["a",null],"value":2}\n{"table":"other","key":"b","value":1}\n',
      'has ["other","b",1]',
    ],
    [
      'another value',
      '{"key":["a",null],"value":1}\n{"key":"b","value":1}\n',
      '1 rows are missing, for example ["result",["a",null],2]; has ["result",["a",null],1]',
    ],
    [
      'two rows that swap values',
      '{"key":["a",null],"value":1}\n{"key":"b","value":2}\n',
      '2 rows are missing',
    ],
    ['nothing', '', '2 rows are missing'],
  ])('tells %s', async (name, text, difference) => {
    const found = answer(name, text)
    expect(await readAnswer(found)).not.toEqual(await readAnswer(right))
    expect(await differenceOf(found, right)).toContain(difference)
  })
})
