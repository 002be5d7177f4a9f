import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const twitterDir = fileURLToPath(new URL('..', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'tallyman-scale-model-test-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const tables = ['lang', 'country', 'day'] as const

function run(program: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(twitterDir, program), ...args], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

function makeModel(name: string, ...options: readonly string[]): string {
  const outDir = join(scratch, name)
  expect(run('make-model.mjs', outDir, ...options)).toMatchObject({ status: 0, stderr: '' })
  return outDir
}

function datasetOf(outDir: string): string {
  return join(outDir, 'Twitter dataset')
}

function answerOf(outDir: string, folder = 'answer'): string[] {
  return tables.map((table) => readFileSync(join(outDir, folder, `${table}.jsonl`), 'utf8'))
}

/** What the plain program counts, and what it says of what it cannot read. */
function countPlainly(outDir: string, mode = 'short'): { counts: string[]; unread: string } {
  const { stderr } = run('count-plainly.mjs', datasetOf(outDir), join(outDir, 'plain'), mode)
  return { counts: answerOf(outDir, 'plain'), unread: stderr }
}

/** All files of a model, by name. */
function bytesOf(outDir: string): Record<string, Buffer> {
  return Object.fromEntries(
    readdirSync(datasetOf(outDir)).map((name) => [name, readFileSync(join(datasetOf(outDir), name))]),
  )
}

/** Lines of an archive whose members are deflated, in the order of the archive, without their ends. */
function linesOf(zip: Buffer): string[] {
  const lines: string[] = []
  for (let at = 0; zip.readUInt32LE(at) === 0x04034b50; ) {
    const start = at + 30 + zip.readUInt16LE(at + 26)
    const end = start + zip.readUInt32LE(at + 18)
    const text = inflateRawSync(zip.subarray(start, end)).toString('latin1')
    expect(text.endsWith('\r\n')).toBe(true)
    lines.push(...text.slice(0, -2).split('\r\n'))
    at = end
  }
  return lines
}

const names = [
  'missing-day',
  'half-day',
  'truncated-zip',
  'bad-crc',
  'empty-archive',
  'half-line',
  'bad-line',
  'bad-utf8',
  'odd-files',
]
/** The whole year, in which each defect has struck a day; none of its first days is among them. */
const broken = makeModel('broken', '--scale', '500000', ...names.flatMap((name) => ['--defect', name]))

describe('make-model', () => {
  it('writes the answer that the plain program counts, of texts cut and whole', () => {
    const outDir = makeModel('tiny', '--scale', '50000', '--from', '2020-03-15', '--days', '5')
    expect(countPlainly(outDir)).toEqual({ counts: answerOf(outDir), unread: '' })
    expect(countPlainly(outDir, 'full')).toEqual({ counts: answerOf(outDir, 'answer-full-text'), unread: '' })
    expect(answerOf(outDir)[0]).toContain('{"key":["#coronavirus","en"],"value":')
    expect(answerOf(outDir)).not.toEqual(answerOf(outDir, 'answer-full-text'))
  })

  describe('of the first days of the year', () => {
    const days = ['--scale', '500000', '--days', '5']
    let one: string
    beforeAll(() => {
      one = makeModel('one', ...days, '--workers', '1')
    })

    it('writes the same bytes for a seed, however many threads write', () => {
      const three = makeModel('three', ...days, '--workers', '3')
      expect(Object.keys(bytesOf(one))).toHaveLength(5)
      expect(bytesOf(three)).toEqual(bytesOf(one))
      expect(answerOf(three)).toEqual(answerOf(one))
    })

    it('writes other texts and the same sums for another seed', () => {
      const two = makeModel('seed-2', ...days, '--seed', '2')
      expect(bytesOf(two)).not.toEqual(bytesOf(one))
      expect(answerOf(two)[2]).toEqual(answerOf(one)[2])
    })

    it('writes them as the whole year has them, and some of them as all', () => {
      const part = makeModel('two', '--scale', '500000', '--from', '2020-01-03', '--days', '2')
      expect(Object.keys(bytesOf(part))).toHaveLength(2)
      expect(bytesOf(one)).toMatchObject(bytesOf(part))
      expect(bytesOf(broken)).toMatchObject(bytesOf(one))
    })
  })

  it('writes over an earlier model, and over nothing else', () => {
    const outDir = makeModel('again', '--scale', '500000', '--days', '2')
    makeModel('again', '--scale', '500000', '--days', '1')
    expect(Object.keys(bytesOf(outDir))).toEqual(['geoTwitter20-01-01.zip'])
    rmSync(join(outDir, 'model.json'))
    expect(run('make-model.mjs', outDir)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('is not an earlier model'),
    })
  })

  it.each([
    [[], 'Say one folder'],
    [['out', '--scale', '1'], 'Option --scale is "1"'],
    [['out', '--from', '2021-01-01'], 'Option --from is "2021-01-01"'],
    [['out', '--days', '367'], 'a whole number from 1 to 366'],
    [['out', '--defect', 'rust'], 'Option --defect is "rust"'],
    [['out', '--colour'], '--colour'],
  ])('refuses %j', (args, message) => {
    expect(run('make-model.mjs', ...args)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(message),
    })
  })
})

describe('a line of the model', () => {
  const outDir = makeModel('lines', '--from', '2020-03-19', '--days', '1')
  const lines = Object.values(bytesOf(outDir)).flatMap(linesOf)
  const tweets = lines.filter((line) => line.includes('"text":')).map((line) => JSON.parse(line))

  it('is ASCII, escaped as the stream escapes it', () => {
    expect(lines.filter((line) => !/^[ -~]*$/.test(line))).toEqual([])
    expect(lines.join('\n')).toMatch(/\\u[0-9a-f]{4}/)
    expect(lines.join('\n')).not.toMatch(/[^\\]\//)
  })

  it('is as long as a real tweet on average', () => {
    const bytes = lines.reduce((sum, line) => sum + line.length, 0)
    expect(bytes / tweets.length).toBeGreaterThan(3300)
    expect(bytes / tweets.length).toBeLessThan(4000)
  })

  it('has an id above 2^53, as a number', () => {
    for (const line of lines.filter((line) => line !== '')) {
      const id = BigInt(/"id":(\d+)/.exec(line)?.[1] ?? 0)
      if (line.includes('"text":')) expect(id).toBeGreaterThan(2n ** 53n)
    }
  })

  it('has a text cut at 140 characters, with the whole text beside it', () => {
    const cut = tweets.filter(({ truncated }) => truncated)
    expect(cut.length).toBeGreaterThan(20)
    for (const { text, extended_tweet } of cut) {
      expect(Array.from(text)).toHaveLength(140)
      expect(Array.from(extended_tweet.full_text).length).toBeGreaterThan(115)
      expect(Array.from(extended_tweet.full_text).length).toBeLessThanOrEqual(280)
      expect(extended_tweet.full_text.slice(0, 100)).toBe(text.slice(0, 100))
    }
    for (const { text } of tweets.filter(({ truncated }) => !truncated)) {
      expect(Array.from(text).length).toBeLessThanOrEqual(140)
    }
  })

  it('is now and then a notice, or blank', () => {
    expect(lines.filter((line) => line.startsWith('{"delete":')).length).toBeGreaterThan(0)
    expect(lines.filter((line) => line === '').length).toBeGreaterThan(0)
  })
})

describe('defects', () => {
  const { counts, unread } = countPlainly(broken)

  it('are where they should be, and nowhere else', () => {
    expect(unread.trim().split('\n')).toEqual([
      expect.stringMatching(/^geoTwitter20-03-24\.zip: .*cut off/),
      expect.stringMatching(/^geoTwitter20-05-02\.zip!.*: wrong checksum/),
      expect.stringMatching(/^geoTwitter20-07-08\.zip!.*SyntaxError/),
      expect.stringMatching(/^geoTwitter20-08-09\.zip!.*SyntaxError/),
      expect.stringMatching(/^geoTwitter20-09-10\.zip!.*(utf-8|UTF-8)/),
    ])
    const files = bytesOf(broken)
    expect(Object.keys(files)).toHaveLength(365 + 2)
    expect(files).not.toHaveProperty('geoTwitter20-02-20.zip')
    expect(files).toHaveProperty('tweets-20220406.zip')
    expect(files['geoTwitter20-04-15.zip']?.readUInt16LE(files['geoTwitter20-04-15.zip'].length - 12)).toBe(
      24,
    )
    expect(files['geoTwitter20-04-16.zip']?.readUInt16LE(files['geoTwitter20-04-16.zip'].length - 12)).toBe(
      12,
    )
  })

  it('leave the answer to what can be read', () => {
    expect(counts).toEqual(answerOf(broken))
  })

  it('are listed in model.json', () => {
    const model = JSON.parse(readFileSync(join(broken, 'model.json'), 'utf8'))
    expect(model.defects.map(({ defect }: { defect: string }) => defect)).toEqual(names)
  })
})
