/** A gzip file that is read in parts gives the digest it gives as a whole, and says the same of what is wrong with it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { makeBlock, makeBlocks, makeMembers } from '../fixtures/gzip-members.ts'
import { makeOrderedFiles } from '../fixtures/ordered-inputs.ts'
import { type Ended, Workshop } from '../fixtures/program.ts'

const shop = new Workshop()
afterAll(() => shop.remove())

// Where each line is, in the order they come: any line too many, too few or elsewhere changes the digest.
const job = 'places.job.ts'
shop.write(
  job,
  `import { collect, defineJob, text } from 'tallyman'
   export default defineJob({ input: text(), reduce: collect<unknown>(), map(line, emit, ctx) {
     emit('all', [ctx.position.path, ctx.position.byte, line.length, line.slice(0, 20), ctx.random()])
   } })\n`,
)

const content = Buffer.concat(
  makeOrderedFiles('parts', 300)
    .filter(({ path }) => path.endsWith('.txt') && !path.startsWith('b'))
    .map(({ content }) => content),
)

/** Cut anywhere, so that most lines go over the end of a piece now and then. */
function piecesOf(bytes: number): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < content.length; at += bytes) pieces.push(content.subarray(at, at + bytes))
  return pieces
}

function run(file: string, split: string, ...options: readonly string[]): Ended {
  return shop.run('run', job, file, '--split', split, '--no-reuse', ...options)
}

/** What is said of inputs that are lacking, without the id of the run and how long it took. */
function complaintOf({ stderr }: Ended): string[] {
  return stderr.split('\n').filter((line) => line.includes('.gz') && !line.includes('tallyman resume'))
}

const files = {
  'blocks.txt.gz': makeBlocks(piecesOf(9000)),
  'members.txt.gz': makeMembers(piecesOf(20_000)),
}

describe('a gzip file of several members', { timeout: 120_000 }, () => {
  it.each(Object.entries(files))('has one digest, in parts and as a whole: %s', (name, { file }) => {
    shop.write(name, file)
    const whole = run(name, 'whole', '-w', '1')
    expect(whole.stderr).toContain(' 1 map task,')
    for (const options of [
      ['50K', '-w', '1'],
      ['10K', '-w', '3', '--isolation', 'thread'],
    ] as const) {
      const [split, ...more] = options
      const parts = run(name, split, ...more)
      expect(parts.status, parts.stderr).toBe(0)
      expect(Number(/ (\d+) map tasks,/.exec(parts.stderr)?.[1])).toBeGreaterThan(3)
      expect(shop.digestOf(parts)).toBe(shop.digestOf(whole))
    }
  })

  const [, , third] = files['members.txt.gz'].cuts
  const cutAt = third?.byte ?? 0

  const damaged = (name: keyof typeof files, change: (file: Buffer) => Buffer): Buffer =>
    change(Buffer.from(files[name].file))
  const flip = (at: number) => (file: Buffer) => {
    file.writeUInt8(file.readUInt8(at) ^ 0x55, at)
    return file
  }

  it.each([
    ['a byte of data is another one', 'members.txt.gz', flip(cutAt - 40)],
    ['a checksum is another one', 'members.txt.gz', flip(cutAt - 7)],
    ['a length is another one', 'members.txt.gz', flip(cutAt - 4)],
    ['a header is none', 'members.txt.gz', flip(cutAt)],
    ['a block is damaged', 'blocks.txt.gz', flip(9000)],
    ['it is cut off', 'members.txt.gz', (file: Buffer) => file.subarray(0, cutAt + 1000)],
    ['its blocks are cut off', 'blocks.txt.gz', (file: Buffer) => file.subarray(0, 9000)],
    [
      'something else follows',
      'members.txt.gz',
      (file: Buffer) => Buffer.concat([file, Buffer.from('more')]),
    ],
  ] as const)('says the same of what is wrong with it, and is left out whole: %s', (what, name, change) => {
    const path = `${what.replaceAll(' ', '-')}.gz`
    shop.write(path, damaged(name, change))
    shop.write(
      'other.txt',
      content
        .subarray(0, 3000)
        .toString()
        .replace(/\n[^\n]*$/, '\n'),
    )
    const whole = run(path, 'whole', 'other.txt')
    const parts = run(path, '40K', 'other.txt', '-w', '2')
    expect([whole.status, parts.status]).toEqual([3, 3])
    expect(complaintOf(parts)).toEqual(complaintOf(whole))
    const accepted = run(path, '40K', 'other.txt', '--accept', path)
    expect(accepted.status, accepted.stderr).toBe(0)
    expect(shop.digestOf(accepted)).toBe(shop.digestOf(run('other.txt', 'whole', '--accept', path, path)))
  })

  it('is read as a whole where its members are not what they seemed', () => {
    const pieces = piecesOf(9000)
    const blocks = pieces.map(makeBlock)
    // Says that it is as long as it and the one after it together: who goes by that misses one.
    const [first, second] = blocks as [Buffer, Buffer]
    first.writeUInt16LE(first.length + second.length - 1, 16)
    shop.write('lying.gz', Buffer.concat(blocks))
    // Members inside of a member that stores them as they are.
    const nested = makeMembers(['west 1 a\n', content.subarray(0, 9000), 'west 1 b\n'])
    const inner = Buffer.concat([Buffer.from('west 2 c\n'), nested.file])
    shop.write('nested.gz', Buffer.concat([gzipSync(inner, { level: 0 }), gzipSync(content)]))
    for (const name of ['lying.gz', 'nested.gz']) {
      const whole = run(name, 'whole', '--max-bad', '100%')
      const parts = run(name, '8K', '--max-bad', '100%', '-w', '2', '-o', name.replace('.gz', '.out'))
      expect(parts.status, parts.stderr).toBe(0)
      expect(Number(/ (\d+) map tasks,/.exec(parts.stderr)?.[1])).toBeGreaterThan(1)
      expect(shop.digestOf(parts)).toBe(shop.digestOf(whole))
      expect(shop.journal().map(({ type }) => type)).toContain('inputs-damaged')
    }
  })

  it('lists rejected lines by their number in the file', () => {
    shop.write(
      'picky.job.ts',
      `import { count, defineJob, text } from 'tallyman'
       export default defineJob({ input: text(), reduce: count(), map(line, emit, ctx) {
         if (line.endsWith('7')) ctx.reject('ends in 7')
         emit(line.length)
       } })\n`,
    )
    const lines = Array.from({ length: 2000 }, (_, number) => `line ${number}\n`).join('')
    const pieces = lines.match(/[\s\S]{1,1001}/g) ?? []
    shop.write('numbered.gz', makeMembers(pieces).file)
    const listOf = (split: string): unknown => {
      const { status } = shop.run(
        'run',
        'picky.job.ts',
        'numbered.gz',
        '--split',
        split,
        '--no-reuse',
        '-w',
        '2',
      )
      expect(status).toBe(3)
      return readFileSync(join(shop.runs().at(-1) ?? '', 'rejected.jsonl'), 'utf8')
        .trim()
        .split('\n')
    }
    const [whole, parts] = [listOf('whole'), listOf('2K')]
    expect(parts).toEqual(whole)
    expect(whole).toHaveLength(200)
  })
})
