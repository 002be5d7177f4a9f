import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Workshop } from '../fixtures/program.ts'

const shop = new Workshop()
afterAll(() => shop.remove())

beforeAll(() => {
  shop.write(
    'tags.job.ts',
    `import { all, count, defineJob, jsonl, sum } from 'tallyman'
    export default defineJob({
      input: jsonl<{ t: string; l: string | null; n: number }>(),
      reduce: { lang: count<[string, string | null]>(), both: all({ n: count(), total: sum() }) },
      columns: { lang: ['tag', 'lang'] },
      map({ t, l, n }, emit) { emit.lang([t, l]); emit.both(t, { total: n }) },
    })`,
  )
  const rows = [
    ['a', 'en', 5],
    ['a', 'en', 1],
    ['a', null, 9],
    ['b', 'de', 2],
    ['b', 'null', 2],
    ['c', '', 30],
  ]
  shop.write('in.jsonl', rows.map(([t, l, n]) => `${JSON.stringify({ t, l, n })}\n`).join(''))
  const { status, stderr } = shop.run('run', 'tags.job.ts', 'in.jsonl', '-o', 'out', '-q')
  if (status !== 0) throw new Error(stderr)
})

const show = (...args: readonly string[]) => shop.run('show', 'out', ...args)

describe('tallyman show --table', () => {
  test('shows all rows of a table in key order', () => {
    expect(show('--table', 'lang').stdout).toBe(
      ['a  null    1', 'a  en      2', 'b  de      1', 'b  "null"  1', 'c  ""      1', ''].join('\n'),
    )
    expect(show('--table', 'lang', '--json', '--rows', '1').stdout).toBe('{"key":["a",null],"value":1}\n')
    expect(show('--table', 'lang', '--rows', '1').stdout).toBe('a  null  1\n')
  })

  test('--top shows the largest, equal ones in key order, by any column', () => {
    expect(show('--table', 'lang', '--top', '2').stdout).toBe('a  en    2\na  null  1\n')
    expect(show('--table', 'both', '--top', '2', '--by', 'total').stdout).toBe(
      'c  {"n":1,"total":30}\na  {"n":3,"total":15}\n',
    )
  })

  test('--where takes rows with a value; null and the empty text are two things', () => {
    expect(show('--table', 'lang', '--where', 'lang=').stdout).toBe('c  ""  1\n')
    expect(show('--table', 'lang', '--where', 'tag=a', '--where', 'lang=null').stdout).toBe('a  null  1\n')
    expect(show('--table', 'lang', '--where', 'tag=a', '--where', 'tag=c', '--top', '1').stdout).toBe(
      'a  en  2\n',
    )
  })

  test('--top asks by which property where values are objects, and shows none in the meantime', () => {
    const { status, stdout, stderr } = show('--table', 'both', '--top', '2')
    expect([status, stdout, stderr]).toEqual([
      2,
      '',
      'Error: Table both has no largest rows by value: value has n, total.\nSay by which: --by total.\n',
    ])
  })

  test('--where names the column that was meant, and says where no row has what is asked for', () => {
    for (const more of [[], ['--top', '3']])
      expect(show('--table', 'lang', '--where', 'lnag=q', ...more)).toMatchObject({
        status: 2,
        stdout: '',
        stderr: expect.stringContaining(
          'Table lang has no column "lnag".\nDid you mean lang? It has tag, lang, value.',
        ),
      })
    expect(show('--table', 'lang', '--where', 'tag=a', '--where', 'tag=z', '--where', 'lang=q')).toEqual({
      status: 0,
      stdout: '',
      stderr: 'No row of table lang has tag=a or tag=z, and lang=q.\n',
    })
    expect(show('--table', 'both', '--where', 'total=7').stderr).toBe('No row of table both has total=7.\n')
    expect(show('--table', 'both', '--where', 'total=30').stderr).toBe('')
  })

  test('cuts values for a terminal alone: into a pipe they are whole', () => {
    const long = ['y'.repeat(70), 'z'.repeat(5000)]
    shop.write('long.jsonl', long.map((t) => `${JSON.stringify({ t, l: 'en', n: 1 })}\n`).join(''))
    expect(shop.run('run', 'tags.job.ts', 'long.jsonl', '-o', 'long', '-q').status).toBe(0)
    const { stdout } = shop.run('show', 'long', '--table', 'lang')
    expect(stdout).toBe(long.map((t) => `${t}  en  1\n`).join(''))
    if (process.platform !== 'linux') return
    const shown = shop.shell(`script -qec 'tallyman show long --table lang --top 2' /dev/null`).stdout
    expect(shown).toMatch(/^y+… {2}en {2}1\r\nz+… {2}en {2}1\r\n$/)
  })

  test.runIf(process.platform === 'linux')('ends the pager where there is nothing to page', () => {
    const { stdout } = shop.shell(
      `PAGER='cat >/dev/null; echo paged' timeout 60 script -qec 'tallyman show out --table lang --where no=1' /dev/null`,
    )
    expect(stdout).toMatch(/^paged\r\n.*Table lang has no column "no"\./)
  })

  test('names the table or the column that was meant', () => {
    expect(show('--top', '1').stderr).toContain('Say --table with one of both, lang.')
    expect(show('--table', 'long').stderr).toContain('Say --table lang.')
    expect(show('--table', 'both', '--by', 'totl', '--top', '1').stderr).toContain(
      'Did you mean total? It has key, n, total.',
    )
    expect(show('--table', 'lang', '--where', 'tag').stderr).toContain('it takes COLUMN=VALUE')
  })

  test.runIf(process.platform === 'linux')('pages on a terminal, with the pager that is set', () => {
    const { stdout } = shop.shell(
      `PAGER='sed s/^/paged:/' script -qec 'tallyman show out --table lang' /dev/null`,
    )
    expect(stdout.split(/\r?\n/).filter((line) => line.startsWith('paged:'))).toHaveLength(5)
  })
})
