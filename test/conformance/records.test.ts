import { existsSync, readdirSync } from 'node:fs'
import { expect } from 'vitest'
import { type Case, playCases, writeFiles, writeStdin } from './cases.ts'
import { expectStatus, manifestOf, type Outcome, objectOf, rowsOf, type Scratch } from './scratch.ts'

/** Sizes of splits that put borders everywhere: in lines, at their ends, beyond them. */
const splits = ['1', '7', 'whole']

/** Lines of a file, the same whatever the splits are. */
async function linesInAnySplits(scratch: Scratch, inputs: readonly string[]): Promise<string[]> {
  const lists = await Promise.all(
    splits.map(async (split) => listOf(await scratch.run('lines', inputs, ['--split', split]))),
  )
  const [first = []] = lists
  expect(lists).toEqual(splits.map(() => first))
  return first
}

function listOf(outcome: Outcome): string[] {
  const [row] = rowsOf(outcome, 'lines')
  return row?.value as string[]
}

/** The lines of a case without their ends. */
function expectedLines({ expected }: Case): string[] {
  return (expected as string[]).map((line) => line.replace(/\n$/, ''))
}

function joinChunks({ inputs: { chunks } }: Case): string {
  return (chunks as string[]).join('')
}

function expectNothingCommitted({ directory }: Outcome): void {
  expect(existsSync(directory)).toBe(false)
}

playCases('records', {
  'C20-missing-input': async ({ inputs, expected }, scratch) => {
    const files = inputs.files as string[]
    const outcome = expectStatus(await scratch.run('lines', files), 2)
    expect(expected).toEqual({ job: 'fails before any map task' })
    expect(outcome.stderr).toContain(files[0])
    expectNothingCommitted(outcome)
    // Nothing was begun: a run that cannot start leaves no run behind.
    expect(readdirSync(scratch.path('home/runs'))).toEqual([])
  },

  'C23-bad-json': async (test, scratch) => {
    const input = writeStdin(test, scratch)
    const { skip_mode } = test.expected as {
      skip_mode: { output: string; 'counter "Undecodable input" total': number }
    }
    const bad = skip_mode['counter "Undecodable input" total']
    const strict = expectStatus(await scratch.run('json-pairs', [input]), 3)
    expect(strict.stderr).toContain(`${bad} records were rejected`)
    expectNothingCommitted(strict)
    const skipping = await scratch.run('json-pairs', [input], ['--max-bad', String(bad)])
    const written = rowsOf(skipping).map(
      ({ key, value }) => `${JSON.stringify(key)}\t${JSON.stringify(value)}`,
    )
    expect(written).toEqual([skip_mode.output])
    expect(manifestOf(skipping).rejected).toBe(bad)
    expectStatus(await scratch.run('json-pairs', [input], ['--max-bad', String(bad - 1)]), 3)
  },

  'C24-json-roundtrip': async ({ inputs }, scratch) => {
    const pairs = inputs.pairs as [unknown, unknown][]
    const file = scratch.write('pairs.jsonl', pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(''))
    const isObject = (key: unknown): boolean => JSON.stringify(key).startsWith('{')
    const outcome = await scratch.run('round-trip', [file], ['--param', 'objects=as-json'])
    const rows = rowsOf(outcome)
    const arrived = rows.flatMap(({ value }) => value as unknown[])
    expect(arrived).toHaveLength(pairs.length)
    expect(arrived).toEqual(expect.arrayContaining(pairs))
    const keys = rows.map(({ key }) => key)
    expect(keys).toEqual(
      expect.arrayContaining(pairs.map(([key]) => (isObject(key) ? JSON.stringify(key) : key))),
    )
    const refused = expectStatus(
      await scratch.run('round-trip', [file], ['--param', 'objects=as-they-are']),
      3,
    )
    expect(refused.stderr).toMatch(/pairs\.jsonl, line 5.*properties "apples".*\[\{"apples":5\}/s)
    expectNothingCommitted(refused)
  },

  'C25-lines-chunked': async (test, scratch) => {
    const input = scratch.write('chunks.txt', joinChunks(test))
    expect(await linesInAnySplits(scratch, [input])).toEqual(expectedLines(test))
    const long = 'x'.repeat(10_000)
    const withLong = scratch.write('long.txt', `before\n${long}\nafter\n`)
    const outcome = await scratch.run('lines', [input, withLong], ['--split', '1K'])
    expect(listOf(outcome)).toEqual([...expectedLines(test), 'before', long, 'after'])
  },

  'C26-lines-no-final-newline': async (test, scratch) => {
    const first = scratch.write('a.txt', joinChunks(test))
    const next = scratch.write('b.txt', 'Allouette,\nje te plumerai.\n')
    expect(await linesInAnySplits(scratch, [first, next])).toEqual([
      ...expectedLines(test),
      'Allouette,',
      'je te plumerai.',
    ])
  },

  'C28-exit-42': async (test, scratch) => {
    const input = writeStdin(test, scratch)
    for (const isolation of ['process', 'thread']) {
      const once = await scratch.run('exit-42', [input], ['--isolation', isolation, '--attempts', '1'])
      expect(expectStatus(once, 1).stderr).toMatch(/Task map-00000 \(.*stdin\.txt\) failed: .*exit\(42\)/)
      expectNothingCommitted(once)
    }
    // Tried again, it is found out which record ends the worker; that one is rejected.
    const again = expectStatus(await scratch.run('exit-42', [input]), 3)
    expect(again.stderr).toMatch(/stdin\.txt, line 1 \(byte 0\): its worker ended twice .*exit\(42\)/)
    expectNothingCommitted(again)
  },

  'C29-boom': async ({ inputs, expected }, scratch) => {
    const { 'message contains': message } = expected as { 'message contains': string }
    for (const content of inputs.stdin as string[]) {
      const outcome = expectStatus(await scratch.run('boom', [scratch.write('stdin.txt', content)]), 1)
      expect(outcome.stderr).toContain(message)
      expectNothingCommitted(outcome)
    }
  },

  'C30-hidden-outputs': async (test, scratch) => {
    writeFiles(test, scratch)
    const outcome = await scratch.run('lines', [scratch.path('input')])
    expect(listOf(outcome)).toEqual(expectedLines(test))
    expect(objectOf(rowsOf(outcome, 'count'))).toEqual({ line0: 1, line1: 1 })
  },
})
