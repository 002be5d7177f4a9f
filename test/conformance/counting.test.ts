import { dirname, join } from 'node:path'
import { afterAll, expect } from 'vitest'
import { type Case, playCases, writeFiles, writeStdin } from './cases.ts'
import { expectStatus, manifestOf, type Outcome, objectOf, rowsOf, SharedRuns, tableFile } from './scratch.ts'

const shared = new SharedRuns()
afterAll(() => shared.remove())

/** Cases whose files are the same look at one run over them. */
function countLines(test: Case): Promise<Outcome> {
  return shared.of(JSON.stringify(test.inputs), (scratch) =>
    scratch.run('count-lines', writeFiles(test, scratch)),
  )
}

playCases('counting', {
  'C01-wordfreq': async (test, scratch) => {
    const outcome = await scratch.run('word-count', [writeStdin(test, scratch)])
    expect(objectOf(rowsOf(outcome))).toEqual(test.expected)
  },

  'C02-wordfreq-empty': async (test, scratch) => {
    const outcome = await scratch.run('word-count', [writeStdin(test, scratch)])
    expect(objectOf(rowsOf(outcome))).toEqual(test.expected)
  },

  'C07-wc': async (test, scratch) => {
    const input = writeStdin(test, scratch)
    expect(objectOf(rowsOf(await scratch.run('wc', [input])))).toEqual(test.expected)
    // One emission a task must come to the same with a task for every line.
    expect(objectOf(rowsOf(await scratch.run('wc', [input], ['--split', '8'])))).toEqual(test.expected)
  },

  'C08-wc-empty': async (test, scratch) => {
    const outcome = await scratch.run('wc', [writeStdin(test, scratch)])
    expect(objectOf(rowsOf(outcome))).toEqual(test.expected)
  },

  'C09-count-lines-right': async (test) => {
    const outcome = await countLines(test)
    expect(objectOf(rowsOf(outcome, 'total'))).toEqual(test.expected)
  },

  'C10-count-lines-wrong': async (test) => {
    const outcome = await countLines(test)
    const { n_outputs, keys, sum } = test.expected as Record<string, unknown>
    expect([n_outputs, keys]).toEqual(['>1 when several map tasks', 'all null'])
    const [row, ...others] = rowsOf(outcome, 'tasks')
    expect([row?.key, others]).toEqual([null, []])
    const counts = row?.value as number[]
    expect(counts.length).toBeGreaterThan(1)
    expect(counts.length).toBe(manifestOf(outcome).run.mapTasks)
    expect(counts.reduce((total, count) => total + count)).toBe(sum)
  },

  'C11-count-by-file': async (test) => {
    const outcome = await countLines(test)
    const rows = rowsOf(outcome, 'files')
    const here = join(dirname(outcome.directory), 'input')
    const shown = rows.map(({ key, value }) => ({ key: String(key).replace(here, '…'), value }))
    expect(objectOf(shown)).toEqual(test.expected)
  },

  'C21-counters': async (test, scratch) => {
    const { counters } = test.expected as { counters: readonly { group: { counter_name: number } }[] }
    let input = writeStdin(test, scratch)
    for (const { group } of counters) {
      const outcome = await scratch.run('counters', [input], ['--split', '4'])
      expect(manifestOf(outcome).counters).toMatchObject({ 'group/counter_name': group.counter_name })
      input = tableFile(outcome)
    }
  },

  'C22-counter-values': async (test, scratch) => {
    const input = scratch.write('one.txt', 'x\n')
    const { counters } = manifestOf(await scratch.run('counters', [input], ['--param', 'foobar=-1']))
    const named = Object.entries(test.expected as Record<string, Record<string, number>>).flatMap(
      ([group, values]) => Object.entries(values).map(([name, value]) => [`${group}/${name}`, value]),
    )
    expect(counters).toEqual({ ...Object.fromEntries(named), 'group/counter_name': 1 })
    const half = expectStatus(await scratch.run('counters', [input], ['--param', 'foobar=0.5']), 3)
    expect(half.stderr).toMatch(/one\.txt, line 1 .*"Foo\/Bar" was increased by 0\.5/)
  },

  'C27-gz-not-split': async (test, scratch) => {
    const options = ['--workers', '3', '--split', '4']
    const outcome = await scratch.run('lines', writeFiles(test, scratch), options)
    expect(objectOf(rowsOf(outcome, 'count'))).toEqual(test.expected)
    // The plain file of 12 bytes in three pieces, and the gzip file in one.
    expect(manifestOf(outcome).run.mapTasks).toBe(4)
  },

  'C32-log-sampler': async ({ expected }, scratch) => {
    const numbers = Array.from({ length: 100_000 }, (_, i) => (i / 100_000).toFixed(6))
    const outcome = await scratch.run('sampler', [scratch.write('numbers.txt', `${numbers.join('\n')}\n`)])
    const { count, 'sum in': bounds } = expected as { count: number; 'sum in': [number, number] }
    const [sample] = rowsOf(outcome, 'sample').map(({ value }) => value as string[])
    expect(new Set(sample).size).toBe(count)
    const sum = sample?.reduce((total, number) => total + Number(number), 0)
    expect(sum).toBeGreaterThan(bounds[0])
    expect(sum).toBeLessThan(bounds[1])
    const even = numbers.filter((number) => Number(number.charAt(6)) % 2 === 0)
    const odd = numbers.filter((number) => Number(number.charAt(6)) % 2 === 1)
    expect(rowsOf(outcome, 'head')).toEqual([
      { key: 0, value: even.slice(0, count) },
      { key: 1, value: odd.slice(0, count) },
    ])
  },
})
