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
