/** What `tallyman run` writes where, and what it ends with. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readMachine } from '../../src/host/index.ts'
import { type Ended, Workshop } from '../fixtures/program.ts'

const shop = new Workshop()
afterAll(() => shop.remove())
shop.write('song.txt', 'the wheels on the bus\nthe bus, "round"\n')
const words = shop.job('words.job.ts', 'for (const word of line.split(" ")) emit(word)')
shop.write(
  'two.job.ts',
  `import { all, count, defineJob, max, sum, text } from 'tallyman'
  import * as z from 'zod'
  export default defineJob({
    description: 'Lengths of words.',
    input: text(),
    params: { least: z.coerce.number().min(1).default(1).describe('shortest word'), tag: z.string() },
    reduce: { length: all({ most: max<number>(), of: sum() }), word: count<[string, number]>() },
    map(line, emit, ctx) {
      for (const word of line.split(' ')) {
        if (word.length < ctx.params.least) continue
        ctx.counter('words')
        emit.word([word, word.length])
        emit.length(ctx.params.tag, { most: word.length, of: word.length })
      }
    },
  })`,
)

const read = (...path: readonly string[]): string => readFileSync(join(shop.folder, ...path), 'utf8')
const runsLeft = (): string[] =>
  existsSync(join(shop.folder, 'home/runs')) ? readdirSync(join(shop.folder, 'home/runs')) : []
const digestLine = /^digest sha256:[0-9a-f]{64}$/

it('says of more workers than cores what they are good for, before it begins', () => {
  const { cores } = readMachine()
  const said = `note: ${cores + 1} workers for ${cores} core${cores === 1 ? '' : 's'}: more than there are cores `
  const run = (...args: readonly string[]): Ended => shop.run('run', words, 'song.txt', ...args)
  expect(run('-w', String(cores + 1), '--dry-run').stdout).toContain(`\n  ${said}`)
  expect(run('-w', String(cores), '--dry-run').stdout).not.toContain('note:')
  expect(run('-w', String(cores + 1)).stderr.split('\n')[1]).toContain(`  ${said}`)
})

describe('tallyman run', () => {
  // Impolite: on a machine under load it would say that workers are paused.
  const ended = shop.run('run', words, 'song.txt', '--impolite')
  // Now: other tests have runs as well, and folders come in no order.
  const [id] = runsLeft()

  it('prints the head of the table and, last, the digest on stdout', () => {
    expect(ended.status).toBe(0)
    const lines = ended.stdout.split('\n')
    expect(lines.slice(0, -2)).toEqual([
      'result: 6 rows',
      '  "\\"round\\""  1',
      '  bus          1',
      '  bus,         1',
      '  on           1',
      '  the          3',
      '  …',
    ])
    expect(lines.at(-2)).toMatch(digestLine)
    expect(lines.at(-1)).toBe('')
  })

  it('tells people on stderr what it does, what came out, and what to do next', () => {
    // A run that took long says what it was bound by.
    expect(ended.stderr.split('\n').filter((line) => !line.startsWith('  bound '))).toEqual([
      `Run ${id}: 1 file, 39 B, 1 map task, ${ended.stderr.match(/\d+ worker process(?:es)?/)?.[0]}.`,
      expect.stringMatching(/^Complete: 1 file, 2 records, 0 rejected; 39 B in (\d+ ms|\d.*)\.$/),
      `Result in home/runs/${id}/result: result.jsonl, manifest.json`,
      `Next: tallyman show ${id}`,
      '',
    ])
  })

  it('writes neither colours nor anything that moves without a terminal', () => {
    expect(ended.stdout + ended.stderr).not.toMatch(/[\u001b\r]/)
  })

  it('shows as many rows as are asked for, also none, also of a table that is no JSON lines', () => {
    const heads = [0, 2, 20].map(
      (rows) => shop.run('run', words, 'song.txt', '--rows', String(rows), '--format', 'csv').stdout,
    )
    expect(heads.map((stdout) => stdout.split('\n').length - 2)).toEqual([0, 4, 7])
  })

  it('says only the digest with --quiet, and the rest of the tables are where they were', () => {
    const quiet = shop.run('run', words, 'song.txt', '--quiet')
    expect(quiet).toEqual({ status: 0, stdout: expect.stringMatching(/^digest .*\n$/), stderr: '' })
    expect(quiet.stdout.trim()).toBe(ended.stdout.trim().split('\n').at(-1))
  })

  it('writes every event to the file of --events', () => {
    shop.run('run', words, 'song.txt', '--events', 'events.jsonl', '--no-reuse', '-q')
    const types = read('events.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).type)
    expect(types.filter((type) => type !== 'progress' && type !== 'note')).toEqual([
      'planned',
      'attempt-started',
      'map-committed',
      'map-stage-ended',
      'attempt-started',
      'reduce-committed',
      'result-committed',
    ])
    const before = runsLeft().length
    const refused = shop.run('run', words, 'song.txt', '--events', 'no/such/file')
    expect(refused).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('cannot be written: no such file or directory.'),
    })
    expect(runsLeft()).toHaveLength(before)
  })
})

describe('tallyman run -o', () => {
  it('writes the tables and the manifest to a new directory', () => {
    const ended = shop.run('run', words, 'song.txt', '-o', 'out')
    expect(ended).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('Result in out: result.jsonl, manifest.json\n'),
    })
    expect(readdirSync(join(shop.folder, 'out')).sort()).toEqual(['manifest.json', 'result.jsonl'])
  })

  it('replaces an older result of the same job, and leaves nothing of it', () => {
    shop.write('short.txt', 'x\n')
    shop.run('run', words, 'song.txt', '-o', 'again', '--format', 'csv', '-q')
    expect(shop.run('run', words, 'short.txt', '-o', 'again', '-q').status).toBe(0)
    expect(readdirSync(join(shop.folder, 'again')).sort()).toEqual(['manifest.json', 'result.jsonl'])
    expect(read('again', 'result.jsonl')).toBe('{"key":"x","value":1}\n')
    expect(readdirSync(shop.folder).filter((name) => name.startsWith('again'))).toEqual(['again'])
  })

  it('counts no older result of its own that lies among its inputs, and refuses one that is named', () => {
    shop.write('songs/one.txt', 'la la\n')
    const digests = ['songs', 'songs/**/*', 'songs/*', 'so*/**/*.*'].map((input) =>
      shop.digestOf(shop.run('run', words, input, '-o', 'songs/out')),
    )
    expect(new Set(digests).size).toBe(1)
    const before = runsLeft()
    // As a shell writes out songs/*.
    const ended = shop.run('run', words, 'songs/one.txt', 'songs/out', '-o', 'songs/out')
    expect(ended).toMatchObject({ status: 2, stdout: '' })
    expect(ended.stderr).toMatch(/does not go to ".*songs\/out": the older one there is among the inputs/)
    expect(runsLeft()).toEqual(before)
    expect(read('songs', 'out', 'result.jsonl')).toBe('{"key":"la","value":2}\n')
  })

  it.each([
    ['a directory that is no result', 'taken', 'exists already and is no result'],
    ['a file', 'song.txt', 'exists already and is no result'],
    ['the result of another job', 'others', 'is the result of another job'],
    ['a folder that is not there', 'no/where', /^Error: The folder .*\/no for the result does not exist/],
    ['a folder that is a file', 'song.txt/out', /^Error: The folder .*song\.txt for the result is no folder/],
  ])('refuses %s before it reads a record, and leaves no run', (_, target, message) => {
    mkdirSync(join(shop.folder, 'taken'), { recursive: true })
    if (target === 'others') {
      const other = shop.job('other.job.ts', 'emit(line)')
      shop.run('run', other, 'song.txt', '-o', 'others', '-q')
    }
    const before = runsLeft()
    const ended = shop.run('run', words, 'song.txt', '-o', target)
    expect(ended).toMatchObject({ status: 2, stdout: '' })
    if (typeof message === 'string') expect(ended.stderr).toContain(message)
    else expect(ended.stderr).toMatch(message)
    expect(runsLeft()).toEqual(before)
    if (target === 'taken') expect(readdirSync(join(shop.folder, 'taken'))).toEqual([])
  })
})

describe('tallyman run --format', () => {
  const digests = new Set<string>()
  shop.write('line.txt', 'on the\n')

  it.each([
    [
      'jsonl',
      '{"key":"t","value":{"most":3,"of":5}}\n',
      '{"key":["on",2],"value":1}\n{"key":["the",3],"value":1}\n',
    ],
    [
      'json',
      '[\n{"key":"t","value":{"most":3,"of":5}}\n]\n',
      '[\n{"key":["on",2],"value":1},\n{"key":["the",3],"value":1}\n]\n',
    ],
    ['csv', 'key,most,of\r\nt,3,5\r\n', 'key_1,key_2,value\r\non,2,1\r\nthe,3,1\r\n'],
    ['tsv', 'key\tmost\tof\nt\t3\t5\n', 'key_1\tkey_2\tvalue\non\t2\t1\nthe\t3\t1\n'],
  ])('writes %s', (format, length, word) => {
    const ended = shop.run(
      'run',
      'two.job.ts',
      'line.txt',
      '-p',
      'tag=t',
      '-o',
      `as-${format}`,
      '--format',
      format,
    )
    expect(ended.status).toBe(0)
    expect(read(`as-${format}`, `length.${format}`)).toBe(length)
    expect(read(`as-${format}`, `word.${format}`)).toBe(word)
    digests.add(shop.digestOf(ended))
  })

  it('gives the same digest whatever the format', () => {
    expect(digests.size).toBe(1)
  })
})

describe('tallyman run -o -', () => {
  it('writes the rows of one table as its file is, and the digest to stderr', () => {
    const ended = shop.run('run', words, 'song.txt', '-o', '-', '--format', 'csv')
    expect(ended.stdout).toBe(
      'key,value\r\n"""round""",1\r\nbus,1\r\n"bus,",1\r\non,1\r\nthe,3\r\nwheels,1\r\n',
    )
    expect(ended.stderr.trimEnd().split('\n').at(-1)).toMatch(digestLine)
  })

  it('writes several tables as lines that name theirs, and one line a row even where a key holds a line separator', () => {
    const job = shop.job('separators.job.ts', 'emit(line + "\\u2028\\n")')
    shop.write(
      'split.job.ts',
      `import { count, defineJob, text } from 'tallyman'
      export default defineJob({ input: text(), reduce: { a: count<string>(), b: count<string>() },
        map(line, emit) { emit.a(line + '\\u2028x\\n'); emit.b(line) } })`,
    )
    const ended = shop.run('run', 'split.job.ts', 'song.txt', '-o', '-', '-q')
    expect(
      ended.stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { table: 'a', key: 'the bus, "round"\u2028x\n', value: 1 },
      { table: 'a', key: 'the wheels on the bus\u2028x\n', value: 1 },
      { table: 'b', key: 'the bus, "round"', value: 1 },
      { table: 'b', key: 'the wheels on the bus', value: 1 },
    ])
    expect(shop.run('run', job, 'song.txt', '-o', '-', '-q').stdout.split('\n')).toHaveLength(3)
  })

  it('refuses several tables in a form that cannot hold them, and --json beside it', () => {
    const args = ['run', 'two.job.ts', 'song.txt', '-p', 'tag=t', '-o', '-']
    expect(shop.run(...args, '--format', 'csv')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining(
        'The job has 2 tables, and only as jsonl do several fit into one stream.',
      ),
    })
    expect(shop.run(...args, '--json')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('both write to stdout'),
    })
  })
})

describe('tallyman run --param', () => {
  const run = (...params: readonly string[]): Ended =>
    shop.run('run', 'two.job.ts', 'song.txt', ...params.flatMap((param) => ['-p', param]))

  it('passes parameters to the job, which may count', () => {
    const { stdout, stderr } = run('tag=a=b', 'least=5')
    expect(stdout).toContain('  a=b  {"most":7,"of":13}\n')
    expect(stderr).toContain('\n  words: 2\n')
  })

  it.each([
    [[], 'Parameter "tag" is missing', 'Say --param tag=VALUE'],
    [['tag=t', 'lest=2'], 'Parameter "lest" is not one of the job\'s.', 'Did you mean "least"?'],
    [['tag=t', 'least=none'], 'Parameter "least" is "none"', 'Say --param least=VALUE'],
    [['tag=t', 'least=0'], 'Parameter "least" is "0"', 'Say --param least=VALUE'],
    [['tag'], 'Option --param is "tag"; it takes NAME=VALUE.', 'Say for example --param'],
  ])('refuses %j', (params, message, wayOut) => {
    const before = runsLeft()
    const { status, stderr, stdout } = run(...params)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
    expect(stderr).toContain(wayOut)
    expect(runsLeft()).toEqual(before)
  })

  it('are shown by --help of the job, with what they take and their defaults', () => {
    const before = runsLeft()
    const { status, stdout } = shop.run('run', 'two.job.ts', '--help')
    expect(status).toBe(0)
    expect(stdout.split('\n')).toEqual([
      'Usage: tallyman run two.job.ts [--param NAME=VALUE]… INPUT…',
      '',
      'Lengths of words.',
      'Reads text; writes length (all), word (count).',
      '',
      'Parameters:',
      expect.stringMatching(/^ {2}least {2}.*shortest word\. Default: 1\.$/),
      expect.stringMatching(/^ {2}tag {4}.*Required\.$/),
      '',
      '`tallyman run --help` lists the options of every run.',
      '',
    ])
    expect(runsLeft()).toEqual(before)
  })
})

describe('tallyman run --dry-run', () => {
  it('says what would be read and what not, and removes its run', () => {
    for (const name of [
      'data/day-2020-01-01.txt',
      'data/day-2020-01-03.txt',
      'data/.hidden',
      'data/odd\u001b[31m.txt',
    ])
      shop.write(name, 'x\n')
    const before = runsLeft()
    const { status, stdout, stderr } = shop.run(
      'run',
      words,
      'data',
      '--dry-run',
      '--expect',
      '2020-01-01..2020-01-03',
    )
    expect([status, stderr]).toEqual([
      3,
      'A run would not commit its result, and end with exit code 3. To go on without what is lacking: --accept 2020-01-02\n',
    ])
    expect(stdout).toContain('Job: words.job.ts\nTables: result (count)\nReads ')
    expect(stdout).toContain('  data/day-2020-01-01.txt  2 B, plain\n')
    expect(stdout).toMatch(/^Series .*day-YYYY-MM-DD\.txt: 2020-01-01 to 2020-01-03, 1 day missing$/m)
    expect(stdout).toMatch(/^Does not read .*:\n(?:.*\n)* {2}data\/\.hidden is hidden/m)
    expect(stdout).toMatch(/^Would not be complete:\n {2}.*2020-01-02/m)
    expect(stdout).toContain('odd\\u001b[31m.txt')
    expect(stdout).toMatch(
      /^Runs \d+ map tasks? over \d+ splits? and 1 reduce task on \d+ worker process(?:es)?\.$/m,
    )
    expect(stdout).toMatch(
      /^Takes at most \d+ processes of its own, [\d,]+ MiB of memory in all of them together,\n {2}64 spills open in each worker, and of the disk \d\S* [kMGT]?B(?: in [\d,]+ files)?, so that /m,
    )
    expect(stdout).not.toContain('\u001b')
    expect(runsLeft()).toEqual(before)
  })
})
