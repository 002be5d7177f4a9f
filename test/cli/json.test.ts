/** Runs every command with `--json`, and holds what it writes to docs/formats/command-json.md. */
import { once } from 'node:events'
import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { commands } from '../../src/cli/command-list.ts'
import { flagsOf } from '../../src/cli/flags.ts'
import { hasDuckDb } from '../fixtures/optional.ts'
import { quotedIn, readPage } from '../fixtures/pages.ts'
import { type Ended, Workshop } from '../fixtures/program.ts'
import { requires } from '../requires.ts'

const shop = new Workshop()
afterAll(() => shop.remove())
shop.write('two words.txt', 'a b\na\nbad\n')
shop.write('more.txt', 'c\n')
shop.job(
  'words.job.ts',
  `if (line === 'bad') throw new Error('no'); for (const w of line.split(' ')) emit(w)`,
)
shop.write(
  'threw.job.ts',
  `import { count, defineJob, text } from 'tallyman'
  export default defineJob({ input: text(), reduce: count(), setup() { throw new Error('no database') }, map() {} })`,
)
shop.write(
  'two.job.ts',
  `import { count, defineJob, text } from 'tallyman'
  export default defineJob({
    input: text(), reduce: { one: count<string>(), two: count<string>() },
    map(line, emit, ctx) { ctx.counter('lines'); emit.one(line) },
  })`,
)
shop.write('broken.gz', Buffer.from('1f8b0800000000000003', 'hex'))

/** The objects a command wrote, each of a line of its own. */
function objectsOf({ stdout }: Ended): unknown[] {
  expect(stdout === '' || stdout.endsWith('\n')).toBe(true)
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
}

function json(...args: readonly string[]): unknown[] {
  return objectsOf(shop.run(...args, '--json'))
}

const page = readPage('command-json.md')

/** The fields in the tables below a heading; `which` of them, where there are several. */
function fieldsOf(heading: string, which = 0): string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`))
  const table = section?.split(/^\| field .*\n\|[ -]+\|[ -]+\|\n/m)[1 + which]?.split('\n\n')[0] ?? ''
  return [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, field]) => field!)
}

/** Places in a value, by the fields of the page they belong to; of what the page does not know, the place itself. */
function placesIn(value: unknown, fields: ReadonlySet<string>, path = ''): string[] {
  const known = [path, `${path}?`].find((field) => fields.has(field))
  if (known !== undefined) return [known]
  const isParent = [...fields].some(
    (field) => field.startsWith(path === '' ? '' : `${path}.`) || field.startsWith(`${path}[`),
  )
  if (value === null && isParent) return []
  if (Array.isArray(value) && isParent) return value.flatMap((one) => placesIn(one, fields, `${path}[]`))
  if (typeof value !== 'object' || value === null || !isParent) return [`${path}: not on the page`]
  return Object.entries(value).flatMap(([name, one]) => {
    const below = path === '' ? name : `${path}.${name}`
    return fields.has(`${path}.*`) ? [`${path}.*`] : placesIn(one, fields, below)
  })
}

/** Top-level fields that must always be there. */
function required(fields: readonly string[]): string[] {
  return [...new Set(fields.filter((field) => !field.endsWith('?')).map((field) => field.split(/[.[]/)[0]!))]
}

function expectOnPage(samples: readonly unknown[], fields: readonly string[]): void {
  expect(fields.length).toBeGreaterThan(0)
  const seen = new Set(samples.flatMap((sample) => placesIn(sample, new Set(fields))))
  expect([...seen].sort()).toEqual([...fields].sort())
  for (const sample of samples)
    expect(Object.keys(sample as object)).toEqual(expect.arrayContaining(required(fields)))
}

const complete = shop.run('run', 'two.job.ts', 'more.txt', '-o', 'out', '--json')
const refuse = () => shop.run('run', 'words.job.ts', 'two words.txt', 'broken.gz', '--json')
const refused = refuse()
const fail = () => shop.run('run', 'threw.job.ts', 'more.txt', '--json')
const failed = fail()
const idOf = (ended: Ended): string => (objectsOf(ended)[0] as { readonly run: string }).run
/** These stay as they are: a test that goes on with a run, or removes it, makes one of its own. */
const [completeId, refusedId, failedId] = [complete, refused, failed].map(idOf)

describe('docs/formats/command-json.md', () => {
  it('has a section for every command that takes --json', () => {
    const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading).join('\n')
    const names = commands
      .map(({ name }) => name)
      .filter((name) => flagsOf(name).some((flag) => flag.name === 'json'))
    for (const name of names) expect(headings).toContain(`\`tallyman ${name}`)
  })

  it('tells what run writes, whether it is complete, refused or failed', () => {
    expect([complete.status, refused.status, failed.status]).toEqual([0, 3, 1])
    const samples = [complete, refused, failed].flatMap(objectsOf)
    expect(samples).toMatchObject([
      {
        status: 'complete',
        result: join(shop.folder, 'out'),
        digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
        records: 1,
        counters: { lines: 1 },
        fault: null,
      },
      { status: 'refused', result: null, digest: null, tables: [], rejected: 1 },
      { status: 'failed', fault: { code: 'job-threw' } },
    ])
    shop.job('silent.job.ts', 'line.toUpperCase()')
    const silent = json('run', 'silent.job.ts', 'more.txt')
    expect(silent).toMatchObject([
      { status: 'complete', notes: [expect.stringContaining('The map emitted nothing')] },
    ])
    samples.push(...silent)
    expectOnPage(samples, fieldsOf('`tallyman run` and `tallyman resume`'))
  })

  it('tells what resume writes', () => {
    const args = ['resume', idOf(refuse()), '--accept', 'broken.gz', '--max-bad', '1', '--json']
    const ended = shop.run(...args)
    expect([ended.status, objectsOf(ended)]).toMatchObject([
      0,
      [
        {
          status: 'complete',
          rejected: 1,
          shortfalls: [{ name: 'broken.gz', accepted: true }, { accepted: true }],
        },
      ],
    ])
    const fields = new Set(fieldsOf('`tallyman run` and `tallyman resume`'))
    for (const place of placesIn(objectsOf(ended)[0], fields)) expect(fields).toContain(place)
  })

  it('tells what serve writes', async () => {
    const served = async (...args: readonly string[]): Promise<unknown> => {
      const serving = shop.start('serve', ...args, '--json', '--port', '29873')
      const [data] = await once(serving.stdout ?? serving, 'data')
      serving.kill('SIGTERM')
      expect(await once(serving, 'exit')).toEqual([0, null])
      const told = JSON.parse(String(data))
      expect(told).toMatchObject({ port: 29873, pid: serving.pid })
      return told
    }
    const app = shop.write('app.ts', "export default { fetch: () => new Response('') }\n")
    const samples = [await served(), await served(app)]
    expect(samples).toMatchObject([{ runsFolder: join(shop.folder, 'home', 'runs') }, { app }])
    expectOnPage(samples, fieldsOf('`tallyman serve`'))
  })

  it('tells what attach writes: what run does, with its exit code', () => {
    for (const [ran, id] of [
      [complete, completeId],
      [failed, failedId],
    ] as const)
      expect(shop.run('attach', id!, '--json')).toMatchObject({ status: ran.status, stdout: ran.stdout })
  })

  it('tells what runs writes, newest first', () => {
    const samples = json('runs')
    const first = [failedId, refusedId, completeId]
    expect(samples.filter((sample) => first.includes((sample as { id: string }).id))).toMatchObject([
      { id: failedId },
      { id: refusedId },
      { id: completeId, status: 'complete' },
    ])
    expectOnPage(samples, fieldsOf('`tallyman runs`'))
  })

  it('names every status a run may have', () => {
    const statuses = [
      'running',
      'complete',
      'refused',
      'failed',
      'interrupted',
      'cut-off',
      'unplanned',
      'unreadable',
    ]
    for (const status of statuses) expect(quotedIn(page)).toContain(status)
  })

  it('tells what show writes of a run', () => {
    const samples = [completeId!, refusedId!, failedId!].flatMap((id) => json('show', id))
    expectOnPage(samples, fieldsOf('`tallyman show RUN`'))
  })

  it('tells what show writes of a result, and what a dry run writes', () => {
    expect(json('show', 'out')).toMatchObject([{ format: 'tallyman result', run: { id: completeId } }])
    expect(json('run', 'two.job.ts', 'more.txt', '--dry-run')).toMatchObject([
      {
        job: { path: 'two.job.ts' },
        discovery: { files: [{ path: 'more.txt' }] },
        tasks: [{ firstSplit: 0 }],
      },
    ])
  })

  it('tells what show writes of the answer so far', () => {
    shop.write(
      'half.job.ts',
      `import { count, defineJob, text } from 'tallyman'
export default defineJob({
  input: text(),
  reduce: count<string>(),
  charts: [{ kind: 'bars', x: 'key' }],
  map(line, emit) {
    emit(line)
    if (line === 'last') process.exit(1)
  },
})
`,
    )
    shop.write('half/a.txt', 'a\n')
    shop.write('half/b.txt', 'last\n')
    const half = shop.run('run', 'half.job.ts', 'half', '-w', '1', '--split', 'whole', '--attempts', '1')
    expect(half.status).toBe(1)
    const [answer] = json('show', 'last', '--so-far')
    expectOnPage([answer], fieldsOf('`tallyman show --so-far`'))
    expect(answer).toMatchObject({
      tasks: 1,
      tasksOf: 2,
      tables: [{ name: 'result', rows: 1, top: [{ key: ['"a"'], value: '1' }] }],
      charts: [{ name: 'result', content: { kind: 'bars', panels: [{ bars: [{ label: 'a', total: 1 }] }] } }],
    })
    expect(shop.run('show', 'last', '--so-far').stdout).toBe(
      'So far, not the result: 1 of 2 map tasks, 28 % of the input\nresult: 1 row\n  a  1\n',
    )
    expect(shop.run('show', completeId!, '--so-far')).toMatchObject({ status: 2, stdout: '' })
  })

  it('tells what show writes of a table, and query', () => {
    expectOnPage(json('show', 'out', '--table', 'one'), fieldsOf('`tallyman show --table`'))
    if (requires('package @duckdb/node-api', hasDuckDb()))
      expect(json('query', 'out', 'from one')).toEqual([{ key: 'c', value: 1 }])
  })

  it('tells what new writes', () => {
    const samples = [...json('new', 'deep/down'), ...json('new', '--app', 'deep/page')]
    expectOnPage(samples, fieldsOf('`tallyman new`'))
    const files = samples.flatMap((sample) => Object.values(sample as Readonly<Record<string, string>>))
    expect(files.map((file) => existsSync(file))).toEqual([true, true, true])
  })

  it('tells what explain writes', () => {
    expectOnPage(json('explain', completeId!), fieldsOf('`tallyman explain`'))
  })

  it('tells what logs writes', () => {
    shop.job('prints.job.ts', 'console.log(line)')
    shop.run('run', 'prints.job.ts', 'more.txt')
    expectOnPage(json('logs'), fieldsOf('`tallyman logs`'))
  })

  it('tells what verify writes of a whole result and of a damaged one', () => {
    const accepting = ['--accept', 'broken.gz', '--max-bad', '1', '--json']
    const accepted = shop.run('run', 'words.job.ts', 'two words.txt', 'broken.gz', ...accepting)
    const samples = [...json('verify', 'out'), ...json('verify', idOf(accepted))]
    shop.run('run', 'words.job.ts', 'more.txt', '-o', 'csv', '--format', 'csv')
    appendFileSync(join(shop.folder, 'csv', 'result.csv'), 'x')
    const damaged = shop.run('verify', 'csv', '--json')
    expect(damaged.status).toBe(1)
    expectOnPage([...samples, ...objectsOf(damaged)], fieldsOf('`tallyman verify`'))
  })

  it('tells what diff writes', () => {
    shop.write('changed.txt', 'c\n')
    shop.run('run', 'words.job.ts', 'changed.txt', '-o', 'a')
    shop.write('changed.txt', 'c c\n')
    shop.write('new.txt', 'd d\n')
    shop.run('run', 'words.job.ts', 'changed.txt', 'new.txt', '-o', 'b')
    shop.run('run', 'words.job.ts', 'new.txt', '-o', 'c', '--format', 'csv')
    const pairs = ['a b', 'b a', 'a a', 'a c', 'a out', 'out a'].map((pair) => pair.split(' '))
    const samples = pairs.flatMap((pair) => json('diff', ...pair))
    expectOnPage(samples, fieldsOf('`tallyman diff`'))
  })

  it('tells what doctor writes', () => {
    // Without a program on the PATH much is to be mended.
    const ended = shop.runIn({ env: { PATH: '/nonexistent' } }, 'doctor', '--json')
    expectOnPage(objectsOf(ended), fieldsOf('`tallyman doctor`'))
  })

  it('tells what clean writes', () => {
    expectOnPage(json('clean'), fieldsOf('`tallyman clean`'))
    expectOnPage(json('clean', idOf(fail())), fieldsOf('`tallyman clean`', 1))
  })

  it('tells what --detach and stop write', () => {
    shop.job('waits.job.ts', 'for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)')
    const begun = json('run', 'waits.job.ts', 'more.txt', '--detach')
    expectOnPage(begun, fieldsOf('`tallyman run --detach` and `tallyman resume --detach`'))
    const stopped = json('stop', '--now')
    expect(stopped).toMatchObject([{ status: 'interrupted', tasks: 1, tasksDone: 0, partitions: 1 }])
    expectOnPage(stopped, fieldsOf('`tallyman stop`'))
  })

  it('tells what is written of an error', () => {
    const ends = [['runs', '--jsno'], ['run'], ['show', 'nothing'], ['nonsense']].map((args) =>
      shop.run(...args, '--json'),
    )
    expect(ends.map(({ status }) => status)).toEqual([2, 2, 2, 2])
    expectOnPage(ends.flatMap(objectsOf), fieldsOf('Errors'))
    expect(ends.flatMap(objectsOf)).toMatchObject([
      {
        error: {
          code: 'usage',
          message: '"tallyman runs" has no option "--jsno".',
          wayOut: expect.any(String),
        },
      },
      { error: { code: 'usage' } },
      { error: { code: 'not-found' } },
      { error: { code: 'usage' } },
    ])
    expect(ends[0]!.stderr).toContain('Error: "tallyman runs" has no option "--jsno".')
  })
})
