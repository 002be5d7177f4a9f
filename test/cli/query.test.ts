import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { queryResult, verifyResult } from '../../src/result/index.ts'
import { hasDuckDb } from '../fixtures/optional.ts'
import { program, Workshop } from '../fixtures/program.ts'
import { requires } from '../requires.ts'

const shop = new Workshop()
afterAll(() => shop.remove())

beforeAll(() => {
  shop.write(
    'tags.job.ts',
    `import { all, count, defineJob, jsonl, max } from 'tallyman'
    interface R { tag: string | null; lang: string; id: number | bigint }
    export default defineJob({
      input: jsonl<R>(),
      reduce: { lang: count<[string | null, string]>(), ids: all({ n: count(), id: max<string, number | bigint>() }) },
      columns: { lang: ['tag', 'lang'] },
      map({ tag, lang, id }, emit) { emit.lang([tag, lang]); emit.ids(lang, { id }) },
    })`,
  )
  shop.write(
    'in.jsonl',
    ['#a', '#a', null, '', '\ud800']
      .map(
        (tag, n) =>
          `{"tag":${JSON.stringify(tag)},"lang":"${n % 2 ? 'de' : 'en'}","id":900719925474099${n}}\n`,
      )
      .join(''),
  )
  const { status, stderr } = shop.run('run', 'tags.job.ts', 'in.jsonl', '-o', 'out', '-q')
  if (status !== 0) throw new Error(stderr)
})

const filesBefore = (): string[] => readdirSync(shop.folder).sort()

describe.skipIf(!requires('package @duckdb/node-api', hasDuckDb()))('tallyman query', () => {
  const ask = (sql: string, ...more: readonly string[]) => shop.run('query', 'out', sql, ...more)

  test('has elements of keys as columns, as the job names them, and properties of values', () => {
    const { stdout, stderr, status } = ask('from lang')
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toBe(
      [
        'tag     lang  value',
        'null    en        1',
        '""      de        1',
        '#a      de        1',
        '#a      en        1',
        '\\ud800  en        1',
        '',
      ].join('\n'),
    )
    expect(ask("select value from lang where tag = '\\ud800'", '--json').stdout).toBe('{"value":1}\n')
    expect(ask('from ids', '--format', 'csv').stdout).toBe(
      'key,n,id\r\nde,2,9007199254740993\r\nen,3,9007199254740994\r\n',
    )
  })

  test('keeps integers exact, tells null from the empty text, and embeds what is nested', () => {
    const { stdout } = ask(
      "select tag, sum(value) n, list(lang order by lang) langs, {'a': 1} s from lang group by tag order by n desc, tag limit 1",
      '--json',
    )
    expect(stdout).toBe('{"tag":"#a","n":2,"langs":["de","en"],"s":{"a":1}}\n')
    expect(ask('select max(id) m, sum(id) s from ids', '--json').stdout).toBe(
      '{"m":9007199254740994,"s":18014398509481987}\n',
    )
    expect(ask('select tag from lang order by tag nulls first limit 2', '--format', 'csv').stdout).toBe(
      'tag\r\n\r\n""\r\n',
    )
    expect(ask('from lang limit 2', '--format', 'json').stdout).toBe(
      '[\n{"tag":null,"lang":"en","value":1},\n{"tag":"","lang":"de","value":1}\n]\n',
    )
  })

  test('writes parquet that a query reads back, and files by their ending', () => {
    expect(ask('from lang -- all of it', '-o', 'answer.parquet')).toMatchObject({ status: 0, stdout: '' })
    expect(readFileSync(join(shop.folder, 'answer.parquet')).subarray(0, 4).toString()).toBe('PAR1')
    expect(ask('from lang limit 1', '-o', 'answer.csv').stderr).toContain('Written: answer.csv, 1 row')
    expect(readFileSync(join(shop.folder, 'answer.csv'), 'utf8')).toBe('tag,lang,value\r\n,en,1\r\n')
    expect(ask('from lang', '-o', 'out/x.csv')).toMatchObject({ status: 2 })
    expect(ask('from lang', '--format', 'parquet').stderr).toContain('Name a file')
  })

  test('writes tsv as tables have it, and refuses an ending that is no form before it asks anything', () => {
    expect(ask("select tag, E'a\\tb' t from lang limit 2", '-o', 'answer.TSV').status).toBe(0)
    expect(readFileSync(join(shop.folder, 'answer.TSV'), 'utf8')).toBe('tag\tt\n\\N\ta\\tb\n\ta\\tb\n')
    const before = filesBefore()
    const { status, stderr } = ask('no sql at all', '-o', 'top.xlsx')
    expect(status).toBe(2)
    expect(stderr).toContain(
      'top.xlsx ends in .xlsx, which is no form of an answer: .csv, .tsv, .json, .jsonl or .parquet.\n',
    )
    expect(filesBefore()).toEqual(before)
    expect(ask('from lang limit 1', '-o', 'top.txt', '--format', 'csv').status).toBe(0)
    expect(ask('from lang limit 1', '-o', 'top').status).toBe(0)
    expect(readFileSync(join(shop.folder, 'top'), 'utf8')).toBe('tag,lang,value\r\n,en,1\r\n')
  })

  test.each([
    ['out', 'out is a result, which is sealed as it is.\nName a place outside of it'],
    ['link/x.csv', 'link/x.csv lies in the result '],
    ['nod/x.csv', 'The folder nod for x.csv does not exist.\nMake it first'],
    ['folder', 'folder is a directory, and one file is written.\nName a file in it: -o folder/NAME'],
    ['in.jsonl/x.csv', 'in.jsonl is a file, and no folder'],
    ['pipe', 'pipe is no ordinary file, and would be replaced by one.'],
  ])('writes no answer to %s, and says where it may go', (place, said) => {
    mkdirSync(join(shop.folder, 'folder'), { recursive: true })
    // A device would be as good, but where this is broken it would be gone for the whole machine.
    if (!existsSync(join(shop.folder, 'pipe'))) shop.shell('mkfifo pipe')
    if (!existsSync(join(shop.folder, 'link'))) symlinkSync('out', join(shop.folder, 'link'))
    const { status, stderr } = ask('from lang', '-o', place)
    expect([status, stderr]).toEqual([2, expect.stringContaining(said)])
  })

  test.each([
    "from read_csv('/etc/passwd')",
    "select * from '/etc/passwd'",
    "select * from read_text('/etc/passwd')",
    "select * from read_blob('/etc/hostname')",
    "select * from glob('/etc/*')",
    "from read_json('HERE/in.jsonl')",
    "from read_parquet('HERE/answer.parquet')",
    "copy lang to 'HERE/stolen.csv'",
    "copy (from lang) to 'HERE/stolen.parquet' (format parquet)",
    "attach 'HERE/stolen.db'",
    'install httpfs',
    'load httpfs',
    "export database 'HERE/stolen'",
    'set enable_external_access = true',
    "set home_directory = '/root'",
    "select * from enable_logging('FileSystem', storage = 'file', storage_path = 'HERE/stolen')",
    "call enable_logging('QueryLog')",
    "select * from query('copy (select 1) to ''HERE/stolen''')",
    "select getenv('HOME')",
    'select 1; select 2',
    'create table t (a int)',
    'drop table lang',
    'delete from lang',
    "pragma database_list; copy lang to 'HERE/stolen.csv'",
    "import database '/etc'",
    ") to 'HERE/stolen' (format csv); copy (select 1",
  ])('reaches no file and changes nothing, whatever the answer is written to: %s', async (statement) => {
    const before = filesBefore()
    const sql = statement.replaceAll('HERE', shop.folder)
    const limits = { memoryBytes: 2 ** 28, threads: 1 }
    // For a file as parquet it is put into a statement that may write: those that could end that, and some others.
    const isWritten = sql.startsWith(')') || statement.length % 4 === 0
    const place = isWritten ? { parquetFile: join(shop.folder, 'never.parquet') } : {}
    const asked = queryResult(join(shop.folder, 'out'), sql, { ...limits, ...place }, async ({ batches }) => {
      for await (const rows of batches) expect(rows).toEqual([])
    })
    await expect(asked).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/^The query /),
    })
    expect(filesBefore()).toEqual(before)
  })

  test.each<[string, string[]]>([
    ["select * from '/etc/passwd'", []],
    ["copy lang to 'stolen.csv'", []],
    // It would end the process.
    ["call enable_logging('QueryLog')", []],
    ["select * from read_blob('/etc/hostname')", ['-o', 'never.parquet']],
    [") to 'stolen' (format csv); copy (select 1", ['-o', 'never.parquet']],
  ])('reaches no file and changes nothing, as a command: %s %j', (sql, more) => {
    const before = filesBefore()
    const { status, stdout, stderr } = ask(sql, ...more)
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^Error: The query /)
    expect(filesBefore()).toEqual(before)
  })

  test('says what is wrong with a query, and what tables there are', () => {
    const { status, stderr } = ask('select foo from lang')
    expect(status).toBe(2)
    expect(stderr).toContain('Referenced column "foo" not found')
    // All of them, also those that the query is not about and that were not loaded.
    const all = 'There are ids (key, n, id); lang (tag, lang, value).'
    expect(stderr).toContain(all)
    expect(ask('from nowhere').stderr).toContain(`\n${all}`)
    const misspelt = ask('from lnag').stderr
    expect(misspelt).toContain(`\nDid you mean lang? ${all}`)
    // A table of the database's own catalog helps nobody.
    expect(misspelt).not.toContain('pg_')
    expect(ask('selec 1').stderr).toContain(all)
  })

  test('shows so many rows, and says that there are more', () => {
    const { stdout, stderr } = ask('from lang', '--rows', '2')
    expect(stdout.split('\n')).toHaveLength(5)
    expect(stderr).toContain('There are more rows')
  })

  test('writes a table into a file, whole and as wide as it is, where that is asked for', () => {
    const columns = Array.from({ length: 8 }, (_, at) => `repeat('w', 50) as c${at}`)
    const sql = `select ${columns.join(', ')} from lang`
    const { status, stdout, stderr } = ask(sql, '-o', 'table.txt', '--format', 'table', '--rows', '2')
    expect([status, stdout]).toEqual([0, ''])
    expect(stderr).toContain('There are more rows')
    expect(stderr).toContain('Written: table.txt\n')
    const lines = readFileSync(join(shop.folder, 'table.txt'), 'utf8').split('\n')
    expect(lines).toHaveLength(5)
    expect(lines.at(-2)).toBe('…')
    expect(lines[1]?.length).toBeGreaterThan(400)
  })
})

describe.skipIf(!requires('package @duckdb/node-api', hasDuckDb()))('tallyman run --format parquet', () => {
  test('writes what a query sees, under the same digest, whole and sealed', async () => {
    const { status, stdout, stderr } = shop.run(
      'run',
      'tags.job.ts',
      'in.jsonl',
      '-o',
      'columns',
      '--format',
      'parquet',
    )
    expect([status, stderr.includes('Result in columns: ids.parquet, lang.parquet, manifest.json')]).toEqual([
      0,
      true,
    ])
    expect(stdout).toContain('lang: 5 rows')
    expect(stdout).toContain(/digest sha256:\w+/.exec(shop.run('show', 'out').stdout)?.[0] ?? 'none')
    expect(readdirSync(join(shop.folder, 'columns')).sort()).toEqual([
      'ids.parquet',
      'lang.parquet',
      'manifest.json',
    ])
    const { DuckDBInstance } = await import('@duckdb/node-api')
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const read = async (table: string): Promise<unknown> =>
      (
        await connection.runAndReadAll(`FROM read_parquet('${join(shop.folder, 'columns', table)}.parquet')`)
      ).getRowObjectsJson()
    const asked = (table: string): unknown =>
      JSON.parse(shop.run('query', 'out', `from ${table}`, '--format', 'json').stdout)
    // Integers of 64 bits are texts to the one, and numbers to the other.
    expect(JSON.stringify(await read('lang'))).toBe(
      JSON.stringify(asked('lang')).replaceAll(/"value":(\d+)/g, '"value":"$1"'),
    )
    expect(await read('ids')).toMatchObject([{ key: 'de', id: '9007199254740993' }, { key: 'en' }])
    connection.closeSync()
    expect(shop.run('verify', 'columns').status).toBe(0)
    expect(shop.run('show', 'columns').stdout).toContain('lang: 5 rows in lang.parquet')
    expect(shop.run('show', 'columns').stdout).not.toContain('PAR1')
    expect(shop.run('diff', 'out', 'columns').status).toBe(0)
    expect(shop.run('query', 'columns', 'from lang').stderr).toContain('cannot be read back from parquet')
    appendFileSync(join(shop.folder, 'columns', 'lang.parquet'), 'x')
    expect(shop.run('verify', 'columns').status).toBe(1)
  })

  test('is a file of which verify finds every flip of a bit, and a byte more or less', () => {
    expect(shop.run('run', 'tags.job.ts', 'in.jsonl', '--format', 'parquet', '-o', 'flips').status).toBe(0)
    const directory = join(shop.folder, 'flips')
    const file = join(directory, 'ids.parquet')
    const whole = readFileSync(file)
    const damages = [
      ...Array.from(whole, (byte, at) => {
        const damaged = Buffer.from(whole)
        damaged[at] = byte ^ (1 << (at % 8))
        return damaged
      }),
      whole.subarray(0, -1),
      whole.subarray(1),
      Buffer.concat([whole, Buffer.from('\n')]),
      Buffer.alloc(0),
    ]
    for (const [index, damaged] of damages.entries()) {
      writeFileSync(file, damaged)
      const { findings } = verifyResult(directory, { committed: null })
      expect(
        findings.map(({ kind }) => kind),
        `damage ${index}`,
      ).toContain('changed')
    }
    writeFileSync(file, whole)
    expect(verifyResult(directory, { committed: null }).findings).toEqual([])
  })
})

describe('tallyman without the optional packages', () => {
  test('says what is missing and how to install it, before a record is read; all else works', () => {
    const root = dirname(dirname(program))
    const copy = join(shop.folder, 'copy')
    for (const part of ['bin', 'dist', 'package.json'])
      cpSync(join(root, part), join(copy, part), { recursive: true })
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    for (const name of Object.keys(dependencies)) {
      const place = join(copy, 'node_modules', name)
      mkdirSync(dirname(place), { recursive: true })
      symlinkSync(join(root, 'node_modules', name), place)
    }
    // It finds no program that doctor would try out.
    const env = { ...process.env, TALLYMAN_HOME: join(shop.folder, 'home'), PATH: '/nonexistent' }
    const run = (...args: readonly string[]) =>
      spawnSync(process.execPath, [join(copy, 'bin/tallyman'), ...args], {
        cwd: shop.folder,
        env,
        encoding: 'utf8',
      })
    const install = 'npm install --include=optional'
    const fails = (args: readonly string[], what: string): void => {
      const { status, stderr } = run(...args)
      expect([args[0], status]).toEqual([args[0], 1])
      expect(stderr).toContain(what)
      expect(stderr).toContain(install)
    }
    fails(
      ['query', 'out', 'from lang'],
      'A query needs the package @duckdb/node-api, which is not installed.',
    )
    fails(
      ['run', 'tags.job.ts', 'in.jsonl', '--format', 'parquet', '-o', 'never'],
      'A result as parquet needs the package @duckdb/node-api, which is not installed.',
    )
    expect(existsSync(join(shop.folder, 'never'))).toBe(false)
    fails(['plot', 'out', '--kind', 'bars', '--table', 'lang', '--x', 'lang'], 'which is not installed.')
    for (const args of [
      ['show', 'out'],
      ['verify', 'out'],
      ['diff', 'out', 'out'],
      ['plot', 'out', '--kind', 'bars', '--table', 'lang', '--x', 'lang', '--text'],
      ['runs'],
      ['doctor'],
    ])
      expect([args[0], run(...args).status]).toEqual([args[0], 0])
  })
})
