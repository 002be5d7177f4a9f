/** A gzip file that is read in parts gives the digest it gives as a whole, and says the same of what is wrong with it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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

/** How a run ended, and where it is. */
interface SeenRun {
  readonly ended: Ended
  readonly folder: string
}

/** What a manifest says of an input, as far as it is looked at. */
interface Counted {
  readonly bytes: number
  readonly records: number
}

function seenRun(split: string, ...inputs: readonly string[]): SeenRun {
  const ended = shop.run('run', job, ...inputs, '--split', split, '--no-reuse')
  return { ended, folder: shop.runs().at(-1) ?? '' }
}

/** What is said of an input that is lacking, without the id of the run and how long it took. */
function complaintOf({ stderr }: Ended, path: string): string[] {
  return stderr.split('\n').filter((line) => line.includes(path) && !line.includes('tallyman resume'))
}

/** Each input for which a run was refused, and whether it was accepted. */
function refusedFor(folder: string): [name: string, accepted: boolean][] {
  const shortfalls = shop
    .journal(folder)
    .flatMap((event) => (event.type === 'refused' ? event.shortfalls : []))
  return shortfalls.flatMap((one) => (one.kind === 'input' ? [[one.name, one.accepted]] : []))
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
  const flip = (name: keyof typeof files, at: number): Buffer => {
    const file = Buffer.from(files[name].file)
    file.writeUInt8(file.readUInt8(at) ^ 0x55, at)
    return file
  }
  const [members, blocks] = [files['members.txt.gz'].file, files['blocks.txt.gz'].file]
  const damaged: Readonly<Record<string, Buffer>> = {
    'a byte of data is another one': flip('members.txt.gz', cutAt - 40),
    'a checksum is another one': flip('members.txt.gz', cutAt - 7),
    'a length is another one': flip('members.txt.gz', cutAt - 4),
    'a header is none': flip('members.txt.gz', cutAt),
    'a block is damaged': flip('blocks.txt.gz', 9000),
    'it is cut off': members.subarray(0, cutAt + 1000),
    'its blocks are cut off': blocks.subarray(0, 9000),
    'something else follows': Buffer.concat([members, Buffer.from('more')]),
  }
  const pathOf = (what: string): string => `${what.replaceAll(' ', '-')}.gz`

  describe('is left out whole for what is wrong with it', () => {
    let refused: { readonly whole: SeenRun; readonly parts: SeenRun }
    let accepted: typeof refused
    beforeAll(() => {
      for (const [what, file] of Object.entries(damaged)) shop.write(pathOf(what), file)
      const lines = content.subarray(0, 3000).toString()
      shop.write('other.txt', lines.replace(/\n[^\n]*$/, '\n'))
      const paths = Object.keys(damaged).map(pathOf)
      const accepts = paths.flatMap((path) => ['--accept', path])
      refused = {
        whole: seenRun('whole', ...paths, 'other.txt'),
        parts: seenRun('40K', ...paths, 'other.txt', '-w', '2'),
      }
      accepted = {
        whole: seenRun('whole', 'other.txt', ...accepts, ...paths),
        parts: seenRun('40K', ...paths, 'other.txt', ...accepts),
      }
    })

    it.each(Object.keys(damaged))('of which the same is said: %s', (what) => {
      const path = pathOf(what)
      const { whole, parts } = refused
      expect([whole.ended.status, parts.ended.status]).toEqual([3, 3])
      expect(complaintOf(parts.ended, path)).not.toEqual([])
      expect(complaintOf(parts.ended, path)).toEqual(complaintOf(whole.ended, path))
      // Each of them is enough for the run to be refused.
      for (const { folder } of [whole, parts]) expect(refusedFor(folder)).toContainEqual([path, false])
    })

    it('and nothing of it counts when it is accepted', () => {
      const { whole, parts } = accepted
      for (const { ended, folder } of [whole, parts]) {
        expect(ended.status, ended.stderr).toBe(0)
        const { inputs } = JSON.parse(readFileSync(join(folder, 'result', 'manifest.json'), 'utf8'))
        const counted = inputs.filter(({ bytes, records }: Counted) => bytes > 0 || records > 0)
        expect(counted).toMatchObject([{ path: 'other.txt', rejected: 0 }])
      }
      expect(shop.digestOf(parts.ended)).toBe(shop.digestOf(whole.ended))
    })
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
    const both = ['lying.gz', 'nested.gz', '--max-bad', '100%']
    const whole = seenRun('whole', ...both)
    const parts = seenRun('8K', ...both, '-w', '2')
    expect(parts.ended.status, parts.ended.stderr).toBe(0)
    expect(shop.digestOf(parts.ended)).toBe(shop.digestOf(whole.ended))
    const { splits } = JSON.parse(readFileSync(join(parts.folder, 'plan.json'), 'utf8'))
    const pathsOf = (list: readonly { path: string }[]): string[] => list.map(({ path }) => path)
    for (const name of ['lying.gz', 'nested.gz'])
      expect(pathsOf(splits).filter((path) => path === name).length).toBeGreaterThan(1)
    const events = shop.journal(parts.folder)
    const given = events.flatMap((event) => (event.type === 'inputs-damaged' ? event.splits : []))
    expect(new Set(pathsOf(given.map(({ ordinal }) => splits[ordinal])))).toEqual(
      new Set(['lying.gz', 'nested.gz']),
    )
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
