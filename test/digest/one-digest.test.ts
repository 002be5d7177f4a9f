/** One job over one set of inputs has one digest, however it is run. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { testJob } from 'tallyman'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Random } from '../../examples/twitter/scale-model/random.ts'
import { canonicalJson } from '../../src/record/index.ts'
import type { Isolation } from '../../src/run/index.ts'
import { isolationsHere } from '../fixtures/engine.ts'
import order from '../fixtures/jobs/order.job.ts'
import { makeOrderedFiles, writeFiles } from '../fixtures/ordered-inputs.ts'
import { Workshop } from '../fixtures/program.ts'

const job = fileURLToPath(new URL('../fixtures/jobs/order.job.ts', import.meta.url))
const seed = process.env.TALLYMAN_SEED ?? 'twelve'
const files = makeOrderedFiles(seed, 120)

let shop: Workshop
/** Of the run that all others are compared with: one worker process, files as a whole. */
let digest: string
beforeAll(() => {
  shop = new Workshop()
  writeFiles(join(shop.folder, 'in'), files)
  digest = digestOf(['in'], '-o', 'undisturbed', '-w', '1', '--split', 'whole', '--no-reuse')
})
afterAll(() => shop.remove())

function digestOf(inputs: readonly string[], ...options: readonly string[]): string {
  const ended = shop.run('run', job, ...options, '--', ...inputs)
  if (ended.status !== 0) throw new Error(`Seed ${seed}: exit ${ended.status}.\n${ended.stderr}`)
  return shop.digestOf(ended)
}

function tablesIn(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl'))
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}

describe(`a digest (seed ${seed})`, { timeout: 120_000 }, () => {
  it('is over what the job makes of all lines in order, as testJob makes it in one thread', async () => {
    const tables = await testJob(
      order,
      files.flatMap(({ lines }) => lines),
      { params: {} },
    )
    const expected = Object.entries(tables).map(([name, rows]): [string, string] => [
      `${name}.jsonl`,
      rows
        .map(({ key, value }) => `{"key":${canonicalJson(key)},"value":${canonicalJson(value)}}\n`)
        .join(''),
    ])
    expect(tablesIn(join(shop.folder, 'undisturbed'))).toEqual(new Map(expected))
    const manifest = JSON.parse(readFileSync(join(shop.folder, 'undisturbed', 'manifest.json'), 'utf8'))
    const lines = files.flatMap((file) => file.lines)
    expect(manifest).toMatchObject({
      records: lines.length,
      rejected: 0,
      counters: {
        lines: lines.filter((line) => line !== '').length,
        'empty lines': lines.filter((line) => line === '').length,
      },
    })
  })

  const shuffled = new Random(seed, 'order').shuffle(files.map(({ path }) => path))
  const absolute = (path: string): string => join(shop.folder, 'in', path)
  const names: Readonly<Record<string, () => readonly string[]>> = {
    'by their folder': () => ['in'],
    'by several patterns': () => ['in/{ö,c}/**', 'in/*.{zip,txt}', 'in/f*'],
    'one by one, in any order': () => shuffled.map((path) => `in/${path}`),
    'now relative and now absolute': () =>
      shuffled.map((path, index) => (index % 2 === 0 ? `in/${path}` : absolute(path))),
    'twice, and in several ways': () => [...shuffled.map(absolute), 'in', 'in/*', './in/d.txt'],
  }
  // Every run differs from the first one in all of these: should one of them change the digest, nothing else changes it back.
  const ways: readonly (readonly [split: string, isolation: Isolation, workers: number, named: string])[] = [
    ['64K', 'process', 1, 'by several patterns'],
    ['1K', 'process', 2, 'by their folder'],
    ['4097', 'process', 3, 'one by one, in any order'],
    ['whole', 'process', 7, 'now relative and now absolute'],
    ['4097', 'thread', 1, 'twice, and in several ways'],
    ['whole', 'thread', 2, 'one by one, in any order'],
    ['64K', 'thread', 3, 'now relative and now absolute'],
    ['64K', 'thread', 7, 'by their folder'],
    // A container takes seconds to start where others work.
    ['64K', 'container', 3, 'by several patterns'],
  ]
  const here = isolationsHere()

  it.each(ways.filter(([, isolation]) => here.includes(isolation)))(
    'is the same with --split %s --isolation %s --workers %i, inputs named %s',
    (split, isolation, workers, named) => {
      const how = ['--split', split, '--isolation', isolation, '--workers', String(workers), '--no-reuse']
      expect(digestOf(names[named]?.() ?? [], ...how)).toBe(digest)
      const tasks = shop.events().filter(({ type }) => type === 'map-committed').length
      if (split === '1K') expect(tasks).toBeGreaterThan(100)
      else expect(tasks).toBeGreaterThanOrEqual(files.length)
    },
  )

  it('is the same from another directory', () => {
    shop.write('elsewhere/note.txt', '')
    const ended = shop.runIn(
      { cwd: 'elsewhere' },
      'run',
      relative(join(shop.folder, 'elsewhere'), job),
      '.././elsewhere/../in/',
      '-w',
      '1',
      '--no-reuse',
    )
    expect(shop.digestOf(ended)).toBe(digest)
  })

  it('is the same when the outputs of earlier runs are used again', () => {
    expect(digestOf(['in'], '--split', '64K', '-w', '1')).toBe(digest)
    expect(digestOf(['in'], '--split', '64K', '-w', '1')).toBe(digest)
    expect(shop.events().some(({ type }) => type === 'map-reused')).toBe(true)
    const started = shop.events().filter(({ type }) => type === 'attempt-started')
    expect(started.filter(({ task }) => task?.startsWith('map'))).toEqual([])
  })

  it('is another one when a line is left out, doubled, or changes places with the next', () => {
    const [, , plain] = files
    const lines = [...(plain?.lines ?? [])]
    const place = lines.findIndex((line, index) => line !== '' && lines[index + 1] !== '')
    const changes: readonly (readonly string[])[] = [
      lines.toSpliced(place, 1),
      lines.toSpliced(place, 0, lines[place] ?? ''),
      lines.toSpliced(place, 2, lines[place + 1] ?? '', lines[place] ?? ''),
    ]
    writeFiles(join(shop.folder, 'changed'), files)
    const digests = changes.map((changed) => {
      shop.write('changed/d.txt', `${changed.join('\n')}\n`)
      return digestOf(['changed'], '-w', '1', '--no-reuse')
    })
    expect(new Set([digest, ...digests]).size).toBe(4)
  })
})
