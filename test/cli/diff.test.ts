import { readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Workshop } from '../fixtures/program.ts'

const shop = new Workshop()
afterAll(() => shop.remove())

const jobText = `import { count, defineJob, jsonl, sum } from 'tallyman'
import { z } from 'zod'
export default defineJob({
  input: jsonl<{ tag: string; id: number | bigint; n: number }>(),
  params: { min: z.number().default(0) },
  reduce: { ids: sum<[string, number | bigint]>(), tags: count<string>() },
  map(record, emit, ctx) {
    if (record.n < ctx.params.min) return
    emit.tags(record.tag)
    emit.ids([record.tag, record.id], record.n)
    ctx.counter('seen')
  },
})
`

/** A day that is not there, and is done without. */
const lacking = [
  '--expect',
  '2020-01-01..2020-01-05',
  '--accept',
  '2020-01-05',
  '--accept',
  '2020-01-02.jsonl',
]

function line(tag: string, id: string, n: number): string {
  return `{"tag":${JSON.stringify(tag)},"id":${id},"n":${n}}\n`
}

function run(out: string, ...more: readonly string[]): void {
  const { status, stderr } = shop.run('run', 'tags.job.ts', 'in', '-o', out, '-w', '1', ...more)
  if (status !== 0) throw new Error(stderr)
}

beforeAll(() => {
  shop.write('tags.job.ts', jobText)
  shop.write('in/2020-01-01.jsonl', line('x', '9007199254740993', 5) + line('y', '1', 1))
  shop.write('in/2020-01-02.jsonl', line('z', '2', 100))
  shop.write('in/2020-01-03.jsonl', line('\ud800', '3', 3))
  run('before')
  shop.write('in/2020-01-01.jsonl', line('x', '9007199254740995', 5) + line('y', '1', 41))
  shop.write('in/2020-01-04.jsonl', line('z', '2', 1))
  shop.write('in/2020-01-02.jsonl', '')
  writeFileSync(
    join(shop.folder, 'tags.job.ts'),
    jobText.replace("ctx.counter('seen')", "ctx.counter('taken')"),
  )
  run('after', '--param', 'min=1', ...lacking)
})

describe('tallyman diff', () => {
  test('lists what changed: inputs, code, parameters, completeness, then rows, the largest change first', () => {
    const { status, stdout, stderr } = shop.run('diff', 'before', 'after')
    expect(stderr).toBe('')
    expect(status).toBe(1)
    expect(stdout).toMatch(
      /^A: before, complete; 3 files, 4 records, 0 rejected; run .*\nB: after, incomplete, as accepted; /,
    )
    expect(stdout).toMatch(
      /\ninputs: 1 added, 0 removed, 2 changed, 1 the same\n {2}\+ in\/2020-01-04\.jsonl: \d+ B, 1 record\n/,
    )
    expect(stdout).toMatch(/\n {2}~ in\/2020-01-02\.jsonl: 1 → 0 records; \d+ → 0 B; modified .* → .*\n/)
    expect(stdout).toMatch(/\ncode: changed \(SHA-256 [0-9a-f]{12}… → [0-9a-f]{12}…\)\n/)
    expect(stdout).toContain('\nparameter min: 0 → 1\n')
    expect(stdout).toMatch(/\n {2}B is without: .*2020-01-05/)
    expect(stdout).toMatch(
      /\nseries: .* → YYYY-MM-DD\.jsonl from 2020-01-\d\d to 2020-01-\d\d, (no|1|2) days? missing\n/,
    )
    expect(stdout).toContain('\ncounter seen: 4 → (none)\n')
    expect(stdout).toContain('\ncounter taken: (none) → 4\n')
    const tables = stdout.slice(stdout.indexOf('\nids: ') + 1).replaceAll(/ {2,}/g, '  ')
    expect(tables).toBe(
      [
        'ids: 4 → 4 rows; 1 added, 1 removed, 2 changed, 1 the same',
        '  ~  z  2  100 → 1  -99',
        '  ~  y  1  1 → 41  +40',
        '  -  x  9007199254740993  5  -5',
        '  +  x  9007199254740995  5  +5',
        'tags: 4 rows, the same',
        'The tables differ.',
        '',
      ].join('\n'),
    )
  })

  test('--rows bounds what is listed, and says how much more there is', () => {
    const { stdout } = shop.run('diff', 'before', 'after', '--rows', '1')
    expect(stdout).toContain('-99\n  … and 3 more (--rows N)\n')
    expect(shop.run('diff', 'before', 'after', '--rows', '0').stdout).toContain('  … and 4 more (--rows N)\n')
  })

  test('--json says all of it to programs, integers with all their digits', () => {
    const { status, stdout } = shop.run('diff', 'before', 'after', '--json', '--rows', '3')
    expect(status).toBe(1)
    expect(stdout).toContain('{"kind":"removed","key":["x",9007199254740993],"before":5,"difference":-5}')
    const json = JSON.parse(stdout)
    expect(json).toMatchObject({
      same: false,
      before: { result: join(shop.folder, 'before'), format: 'jsonl', complete: true },
      after: { complete: false, digest: expect.stringMatching(/^sha256:/) },
      inputs: {
        added: [{ path: 'in/2020-01-04.jsonl', records: 1 }],
        removed: [],
        changed: [
          {
            before: { records: 1 },
            after: { path: 'in/2020-01-02.jsonl', records: 0 },
            aspects: ['records', 'size', 'mtime'],
          },
          { after: { path: 'in/2020-01-01.jsonl' }, aspects: ['size', 'mtime'] },
        ],
        same: 1,
      },
      tables: [
        {
          kind: 'different',
          name: 'ids',
          rowsBefore: 4,
          rowsAfter: 4,
          added: 1,
          removed: 1,
          changed: 2,
          same: 1,
          largest: [
            { kind: 'changed', key: ['z', 2], before: 100, after: 1, difference: -99 },
            { kind: 'changed', key: ['y', 1], before: 1, after: 41, difference: 40 },
            { kind: 'removed' },
          ],
        },
        { kind: 'same', name: 'tags', rows: 4 },
      ],
    })
    const facts = json.facts.map(({ of, name }: { of: string; name: string }) => `${of} ${name}`)
    expect(facts).toEqual(
      expect.arrayContaining(['code sha256', 'parameter min', 'counter seen', 'counter taken']),
    )
    expect(facts).not.toContain('version node')
  })

  test('ends with 0 when the tables are the same, whatever else is not; runs may be named as well', () => {
    utimesSync(join(shop.folder, 'in/2020-01-03.jsonl'), 1, 1)
    run('again', '--param', 'min=1', ...lacking)
    const { status, stdout } = shop.run('diff', 'after', 'last')
    expect(status).toBe(0)
    expect(stdout).toMatch(/\n {2}~ in\/2020-01-03\.jsonl: modified .* → 1970-01-01T00:00:01\.000Z\n/)
    expect(stdout).toContain('The same: code, parameters\n')
    expect(stdout).toContain('The tables are the same.\ndigest sha256:')
    expect(JSON.parse(shop.run('diff', 'after', 'again', '--json').stdout).same).toBe(true)
  })

  test('compares jsonl with json row by row; csv as a whole, and says how to get further', () => {
    run('as-json', '--param', 'min=1', ...lacking, '--format', 'json')
    run('as-csv', '--param', 'min=1', ...lacking, '--format', 'csv')
    expect(shop.run('diff', 'after', 'as-csv').status).toBe(0)
    expect(shop.run('diff', 'before', 'as-json').stdout).toContain('1 added, 1 removed, 2 changed')
    const csv = shop.run('diff', 'before', 'as-csv')
    expect(csv.status).toBe(1)
    expect(csv.stdout).toContain('run the job again with --format jsonl')
  })

  test('ends with 2 for trouble: a result that is missing, damaged or not named', () => {
    run('trouble', '--param', 'min=1', ...lacking)
    expect(shop.run('diff', 'before').status).toBe(2)
    expect(shop.run('diff', 'before', 'after', 'trouble').status).toBe(2)
    const nowhere = shop.run('diff', 'before', 'nowhere')
    expect(nowhere.status).toBe(2)
    expect(nowhere.stderr).toContain('nowhere')
    const json = shop.run('diff', 'before', 'nowhere', '--json')
    expect([json.status, JSON.parse(json.stdout)]).toMatchObject([2, { error: { code: 'not-found' } }])
    const { run: replaced } = JSON.parse(readFileSync(join(shop.folder, 'trouble', 'manifest.json'), 'utf8'))
    run('trouble', '--param', 'min=1', ...lacking)
    const gone = shop.run('diff', replaced.id, 'last')
    expect(gone.status).toBe(2)
    expect(gone.stderr).toContain('is not there any more')
    const file = join(shop.folder, 'trouble', 'tags.jsonl')
    const whole = readFileSync(file, 'utf8')
    writeFileSync(file, whole.replace('1', '2'))
    for (const other of ['before', 'after']) {
      const damaged = shop.run('diff', other, 'trouble')
      expect(damaged.status).toBe(2)
      expect(damaged.stderr).toContain('tags.jsonl was changed after it was written')
      expect(damaged.stdout).toBe('')
    }
    writeFileSync(file, whole)
    const manifest = join(shop.folder, 'trouble', 'manifest.json')
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"min"', '"max"'))
    expect(shop.run('diff', 'before', 'trouble').status).toBe(2)
  })
})
