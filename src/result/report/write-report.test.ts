import { execFileSync } from 'node:child_process'
import { afterAll, expect, test } from 'vitest'
import { writeTestResult } from '../../../test/fixtures/results.ts'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { readManifest } from '../manifest.ts'
import { repeatCommand } from './repeat-command.ts'
import { makeReport } from './write-report.ts'

const folder = tempFolder()
afterAll(() => folder.remove())
const facts = { code: null, elapsedMs: null, rejected: [] }

test('makeReport says of a chart why it is not drawn, and has all else', async () => {
  const place = folder.at('refused')
  writeTestResult(place, {
    tables: { good: [['a', 1]], bad: [['a', 'text']] },
    describe: {
      charts: [
        { kind: 'bars', table: 'bad', x: 'key' },
        { kind: 'bars', table: 'good', x: 'key' },
      ],
    },
  })
  const { page, refused } = await makeReport(place, facts)
  expect(refused.map(({ name }) => name)).toEqual(['bad'])
  expect(page).toContain(
    'Chart bad is not drawn. Table bad cannot be drawn: its value is &quot;text&quot;, no number.',
  )
  expect(page).toContain('id="table-good"')
})

test('makeReport cuts long keys and values, and says how long they are', async () => {
  const place = folder.at('long')
  const long = 'x😷'.repeat(400_000)
  writeTestResult(place, {
    tables: {
      t: [
        [[long, 'a'], 1],
        [['b', 'c'], long],
      ],
    },
  })
  const { page } = await makeReport(place, facts)
  expect(page.length).toBeLessThan(200_000)
  expect(page.match(/…<\/bdi> <span class="faint">\(1,200,00[02] characters\)/g)).toHaveLength(2)
  expect(page.isWellFormed?.() ?? true).toBe(true)
})

test.each([
  ['numbers', (n: number) => n, '2,000 largest'],
  ['texts', (n: number) => `text ${n}`, '2,000 first'],
  ['objects', (n: number) => ({ n }), '2,000 first'],
])('makeReport says which rows of a large table it has: %s', async (name, valued, said) => {
  const place = folder.at(name)
  const rows = Array.from({ length: 2_001 }, (_, n): [string, unknown] => [String(10_000 + n), valued(n)])
  writeTestResult(place, { tables: { t: rows } })
  const { page } = await makeReport(place, facts)
  expect(page).toContain(`2,001 rows, of which the ${said} are here`)
  expect(page.includes('>10000<')).toBe(said.endsWith('first'))
})

test('repeatCommand is words that a shell takes as they were', () => {
  const place = folder.at('odd')
  const { path, ...job } = { path: "odd \u001b[31m\u202e'.job.ts" }
  writeTestResult(place, { tables: { t: [['a', 1]] } })
  const manifest = readManifest(place)
  const command = repeatCommand({ ...manifest, job: { ...manifest.job, ...job, path } })
  const words = execFileSync('bash', ['-c', command.replace('tallyman', "printf '%s\\0'")], {
    encoding: 'utf8',
  })
  expect(words.split('\0').slice(0, 2)).toEqual(['run', path])
})
