/** Fuzzes what reads archives: whatever comes out of one without an error must be what was once packed. */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { TallymanError } from '../../src/errors.ts'
import { bytes, discoverInputs, openSplit, planSplits, type Split } from '../../src/input/index.ts'
import { makeArchive } from '../fixtures/archives.ts'
import { makeGzip } from '../fixtures/splits.ts'
import { realFiles } from './real-files.ts'
import { type Outcome, type Seed, type Target, WrongData } from './target.ts'

type Contents = readonly (Buffer | null)[]

const digestOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

const lines = (count: number, word: string): string =>
  Array.from(
    { length: count },
    (_, index) => `{"id":${index},"text":"${word} ${(index * 7919) % 1013}"}\n`,
  ).join('')

/** A split's whole content, or null where it is refused. */
async function contentOf(split: Split, chunkBytes: number): Promise<Buffer | null> {
  const format = bytes()
  try {
    const reader = await openSplit(split, format, format.decoder(), { chunkBytes })
    const parts: Uint8Array[] = []
    try {
      while (await reader.nextChunk()) {
        for (let kind = reader.next(); kind !== 'end-of-chunk'; kind = reader.next()) {
          if (kind === 'rejected') return null
          parts.push(Buffer.from(reader.record))
        }
      }
      return Buffer.concat(parts)
    } finally {
      await reader.close()
    }
  } catch (error) {
    if (error instanceof TallymanError && error.code !== 'internal') return null
    throw error
  }
}

/** What the splits of an archive hold; null for each that is refused. */
async function readArchive(path: string, archive: Buffer, chunkBytes: number): Promise<Contents> {
  writeFileSync(path, archive)
  const { files, problems } = await discoverInputs([path], { cwd: '/' })
  // What does not begin as an archive any more is read as it is, and that is for the job's format to judge.
  const archives = files.filter(({ kind }) => kind !== 'plain')
  const contents: (Buffer | null)[] = problems.map(() => null)
  for (const split of planSplits(archives, { splitBytes: 1000, splittable: false })) {
    contents.push(await contentOf(split, chunkBytes))
  }
  return contents
}

function outcomeOf(contents: Contents): Outcome {
  if (contents.every((content) => content === null)) return 'refused'
  return contents.includes(null) ? 'less' : 'as it was'
}

const chunkLengths = [100, 1000, 65_536, 1_048_576]

/** @param folder for files of its own, while it learns what the whole archives hold */
export async function zipTarget(folder: string): Promise<Target> {
  const long = lines(300, 'corona')
  const seeds: Seed[] = [
    ...realFiles('.zip'),
    {
      name: 'three members, one stored, one empty',
      bytes: makeArchive([
        { name: 'day/a.jsonl', content: long },
        { name: 'day/b.jsonl', content: lines(40, 'wuhan'), method: 0 },
        { name: 'day/c.jsonl', content: '' },
      ]),
    },
    { name: 'zip64', bytes: makeArchive([{ name: 'a', content: long }], { zip64: true }) },
    {
      name: 'a comment that looks like an end',
      bytes: makeArchive([{ name: 'a', content: 'x'.repeat(5000) }], { comment: 'PK\x05\x06' }),
    },
  ]
  const known = new Set<string>()
  for (const { name, bytes: whole } of seeds) {
    const contents = await readArchive(join(folder, 'whole.zip'), whole, 65_536)
    for (const content of contents) {
      if (content === null) throw new Error(`${name} cannot be read as it is.`)
      known.add(digestOf(content))
    }
  }
  return {
    name: 'zip',
    seeds,
    async check(seed, mutated, random, place) {
      const contents = await readArchive(join(place, 'a.zip'), mutated, random.pick(chunkLengths))
      for (const content of contents) {
        if (content === null || known.has(digestOf(content))) continue
        throw new WrongData(
          `${seed.name}: ${content.length} bytes that were never packed came out of a member`,
        )
      }
      return outcomeOf(contents)
    },
  }
}

/** A file of several gzip members is its members one after the other, so a damaged one may be some of them. */
export function gzipTarget(): Target {
  const short = lines(3, 'flu')
  const made = [
    { name: 'one member', members: [gzipSync(lines(300, 'corona'))] },
    { name: 'three members', members: [gzipSync(short), gzipSync(lines(50, 'virus')), gzipSync('')] },
    {
      name: 'all header fields',
      members: [makeGzip(Buffer.from(short), { name: 'n', comment: 'c', headerCrc: true })],
    },
    { name: 'stored blocks', members: [gzipSync(lines(100, 'sick'), { level: 0 })] },
  ]
  const known = made.flatMap(({ members }) => members.map((member) => gunzipSync(member)))
  const real = realFiles('.gz')
  const wholes = new Set(real.map(({ bytes: archive }) => digestOf(gunzipSync(archive))))
  const seeds = [...real, ...made.map(({ name, members }) => ({ name, bytes: Buffer.concat(members) }))]
  return {
    name: 'gzip',
    seeds,
    async check(seed, mutated, random, place) {
      const contents = await readArchive(join(place, 'a.gz'), mutated, random.pick(chunkLengths))
      for (const content of contents) {
        if (content === null || wholes.has(digestOf(content)) || isMadeOf(content, known)) continue
        throw new WrongData(`${seed.name}: ${content.length} bytes that were never packed came out`)
      }
      return outcomeOf(contents)
    },
  }
}

/** Is it some of the parts, one after the other, each as often as one likes? */
function isMadeOf(content: Buffer, parts: readonly Buffer[]): boolean {
  const reached = new Set([0])
  for (const at of reached) {
    if (at === content.length) return true
    for (const part of parts) {
      if (part.length > 0 && content.subarray(at, at + part.length).equals(part))
        reached.add(at + part.length)
    }
  }
  return false
}
