/** A result of which a byte was changed is not shown as right, wherever a part of it is asked for; nor one with less than there should be as all there is. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { pageOf } from '../../src/web/server.ts'
import { hasDuckDb } from '../fixtures/optional.ts'
import { Workshop } from '../fixtures/program.ts'
import { requires } from '../requires.ts'

const shop = new Workshop()
afterAll(() => shop.remove())
const token = 'A'.repeat(32)
const host = 'localhost:50124'

let whole: Buffer
/** The run that wrote it. */
let runId: string
const table = join(shop.folder, 'out', 'result.jsonl')
beforeAll(() => {
  shop.write('in.txt', Array.from({ length: 300 }, (_, number) => `word${number}\n`).join(''))
  const job = shop.job('words.job.ts', 'emit(line)')
  const { status, stderr } = shop.run('run', job, 'in.txt', '-o', 'out', '-q')
  if (status !== 0) throw new Error(stderr)
  whole = readFileSync(table)
  runId = basename(shop.runs()[0] ?? '')
})
beforeEach(() => writeFileSync(table, whole))

const damages: [string, () => void][] = [
  ['a digit is another one', () => writeFileSync(table, whole.toString().replace('"value":1', '"value":9'))],
  ['it is cut', () => writeFileSync(table, whole.subarray(0, 200))],
  ['it is gone', () => rmSync(table)],
]

describe.each(damages)('of a table of which %s', (_, damage) => {
  it.each<[string, string[]]>([
    ['show', ['show', 'out', '--rows', '2']],
    ['show --table', ['show', 'out', '--table', 'result', '--rows', '2']],
    ['show RUN --top', ['show', 'RUN', '--table', 'result', '--top', '2']],
  ])('%s shows nothing, and says so', (_name, args) => {
    damage()
    const { status, stdout, stderr } = shop.run(...args.map((arg) => (arg === 'RUN' ? runId : arg)))
    expect(stdout).not.toContain('word')
    expect(stderr).toMatch(/Result .*out is not as it was written: result\.jsonl is missing or changed\./)
    expect(status).toBe(1)
  })

  it('the page shows nothing, and says so', async () => {
    damage()
    const app = pageOf({ runsFolder: join(shop.folder, 'home', 'runs'), token, hosts: [] })
    const get = async (path: string): Promise<Response> =>
      await app.request(`http://${host}${path}`, { headers: { host, cookie: `tallyman-50124=${token}` } })
    for (const path of ['', '/tables/result', '/tables/result?order=value', '/tables/result?from=word1']) {
      const text = await (await get(`/runs/${runId}${path}`)).text()
      expect(text).toMatch(/not as it was written, and is not shown/)
      expect(text).not.toContain('word10')
    }
    const download = await get(`/runs/${runId}/result/result.jsonl`)
    expect([download.status, await download.text()]).toEqual([
      500,
      expect.stringContaining('missing or changed'),
    ])
  })
})

it('a table that is gone is named by what would read it', () => {
  rmSync(table)
  for (const args of [
    ['report', 'out'],
    ['plot', 'out', '--kind', 'bars', '--x', 'key', '--text'],
  ]) {
    const { status, stderr } = shop.run(...args)
    expect(stderr).toMatch(/result\.jsonl was written, and is not there any more\./)
    expect(status).toBe(1)
  }
})

describe.skipIf(!requires('package @duckdb/node-api', hasDuckDb()))('of an incomplete result', () => {
  beforeAll(() => {
    shop.write('less.jsonl', '{"a":1}\n{"a":2}\nnot json\n')
    shop.write(
      'less.job.ts',
      `import { count, defineJob, jsonl } from 'tallyman'
      export default defineJob({ input: jsonl<{ a: number }>(), reduce: count<number>(), map: ({ a }, emit) => emit(a) })`,
    )
    const made = shop.run('run', 'less.job.ts', 'less.jsonl', '-o', 'less', '-q', '--max-bad', '1')
    expect(made.status).toBe(0)
  })

  it.each([
    ['show --table', ['show', 'less', '--table', 'result', '--top', '1']],
    ['query', ['query', 'less', 'select count(*) from result']],
    ['query --format csv', ['query', 'less', 'select count(*) from result', '--format', 'csv']],
  ])('%s says what it is without', (_name, args) => {
    const { status, stderr } = shop.run(...args)
    expect([status, stderr]).toEqual([
      0,
      expect.stringMatching(/^Of an incomplete result, as accepted:\n {2}without: .*1 record/),
    ])
  })
})
