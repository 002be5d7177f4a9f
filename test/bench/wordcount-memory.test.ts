import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { checkAnswer } from '../../bench/answer.mjs'
import { hasProc } from '../../bench/process-tree.mjs'
import { rankOf, type WrittenText, wordOf, writeWords } from '../../bench/words.mjs'
import { requires } from '../requires.ts'

const program = fileURLToPath(new URL('../../bench/wordcount-memory.mjs', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'tallyman-bench-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

function bench(...options: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...options], { encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

describe.skipIf(!requires('/proc of Linux', hasProc))('bench/wordcount-memory.mjs', () => {
  it.each(['process', 'thread'])(
    'shows that a run in the least memory there is gives the right answer inside it: %s',
    (isolation) => {
      const records = join(scratch, isolation)
      const size = ['--megabytes', '5', '--words', '100000', '--workers', '2']
      const { status, output } = bench('--quick', '--isolation', isolation, ...size, '--records', records)
      expect(status, output).toBe(0)
      const [name = ''] = readdirSync(records)
      expect(name).toMatch(/^\d{4}-\d\d-\d\dT\d{4}-wordcount-memory\.json$/)
      const [run] = JSON.parse(readFileSync(join(records, name), 'utf8')).runs
      expect(run).toMatchObject({ isolation, rows: 100_000, faults: [] })
      expect(run.peakBytes).toBeLessThanOrEqual(Number(run.memory.slice(0, -1)) * 2 ** 20)
      expect(run.peakBytes).toBeGreaterThan(50 * 2 ** 20)
    },
    300_000,
  )

  it('fails a run that takes more than it may, and says what took it', () => {
    // So much that its worker is there for several looks at what it takes.
    const size = ['--megabytes', '5', '--words', '100000', '--isolation', 'process', '--workers', '1']
    const { status, output } = bench('--quick', ...size, '--ceiling', '40')
    expect(status, output).toBe(1)
    expect(output).toMatch(/WRONG: it took \d+ MiB, more than 40 MiB/)
    expect(output).toMatch(/worker-process\.js \d+/)
  }, 120_000)
})

describe('writeWords', () => {
  it('writes the same text for a seed, with as many different words as asked for, each as often as it says', () => {
    const file = join(scratch, 'text.txt')
    const plan = { bytes: 300_000, words: 5000, seed: 7 }
    const { bytes, tokens, counts } = writeWords(file, plan)
    const text = readFileSync(file, 'utf8')
    expect(Buffer.byteLength(text)).toBe(bytes)
    expect(bytes).toBeGreaterThanOrEqual(plan.bytes)
    const found = new Uint32Array(plan.words)
    for (const [word] of text.toLowerCase().matchAll(/\p{L}+/gu)) found[rankOf(word)]! += 1
    expect(found).toEqual(counts)
    expect(Math.min(...counts)).toBeGreaterThan(0)
    expect(counts.reduce((sum, count) => sum + count)).toBe(tokens)
    writeWords(`${file}-again`, plan)
    expect(readFileSync(`${file}-again`, 'utf8')).toBe(text)
  })

  it('gives every rank a word of its own', () => {
    const words = Array.from({ length: 30_000 }, (_, rank) => wordOf(rank))
    expect(new Set(words).size).toBe(words.length)
    expect(words.map(rankOf)).toEqual(words.map((_, rank) => rank))
    for (const wrong of ['', 'x', 'bad', 'babe', 'ба가', 'ба', 'ba', '1984'].filter(
      (word) => word !== wordOf(0),
    ))
      expect(rankOf(wrong), wrong).toBe(-1)
  })
})

describe('checkAnswer', () => {
  const rows = (
    [
      ['ба', 3],
      ['bi', 1],
      ['bo', 2],
    ] as const
  ).map(([key, value]) => `${JSON.stringify({ key, value })}\n`)
  const right = [rows[1], rows[2], rows[0]].join('')
  const counts: WrittenText['counts'] = Uint32Array.of(3, 1, 2)

  async function faultOf(text: string): Promise<string | null> {
    const file = join(scratch, 'result.jsonl')
    writeFileSync(file, text)
    return (await checkAnswer(file, counts)).fault
  }

  it('takes the right answer', async () => {
    expect(await faultOf(right)).toBeNull()
  })

  it.each([
    ['a wrong count', right.replace('1}', '9}'), '"bi" was counted 9 times, and written 1 times'],
    ['a missing row', rows[1] ?? '', 'there are 1 rows, and 3 words were written'],
    ['a word that is not there', right.replace('bo', 'boba'), '"boba" was never written'],
    ['a row twice', right + rows[0], '"ба" has two rows'],
    ['rows in a wrong order', rows.join(''), '"bi" comes after "ба"'],
    ['something else', `${right}{}\n`, 'row 4 is no row of a word count: {}'],
  ])('finds %s', async (_, text, fault) => {
    expect((await faultOf(text))?.trim()).toBe(fault)
  })
})
