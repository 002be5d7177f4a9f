import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requires } from '../requires.ts'
import { timeoutMs } from './cases.ts'
import { contentBeforeCut, contentOf, corpus, linesOf } from './plain-files.ts'
import { dataDir, expectStatus, manifestOf, type Outcome, objectOf, rowsOf, Scratch } from './scratch.ts'

const sherlock = join(dataDir, 'corpora/sherlock')
const hasSherlock = requires('../shared/data/corpora/sherlock', existsSync(sherlock))

/** What unpacks a file of each codec that is not read: the way out that the message has to show. */
const unpack: Readonly<Record<string, string>> = {
  'sherlock.Z': 'uncompress -c',
  'sherlock.br': 'brotli -dc',
  'sherlock.bz2': 'bzip2 -dc',
  'sherlock.lz4': 'lz4 -dc',
  'sherlock.lzma': 'xz --format=lzma -dc',
  'sherlock.xz': 'xz -dc',
  'sherlock.zst': 'zstd -dc',
}

/** Lines of each file, by its name without folders. */
function linesByName(outcome: Outcome): Record<string, unknown> {
  const rows = rowsOf(outcome, 'files').map(({ key, value }) => ({
    key: basename(String(key)),
    value: (value as { lines: number }).lines,
  }))
  return objectOf(rows)
}

/** What was said of a file, a line each: such a line begins with its path, and goes on with a colon or a place. */
function saidOf(outcome: Outcome, name: string): string[] {
  const isAbout = new RegExp(`^\\s*(\\S*/)?${name.replaceAll('.', '\\.')}[:,] `)
  return outcome.stderr.split('\n').filter((line) => isAbout.test(line))
}

describe.skipIf(!hasSherlock)('tallyman run over what it cannot read', { timeout: timeoutMs }, () => {
  let scratch: Scratch
  beforeAll(() => {
    scratch = new Scratch()
  })
  afterAll(() => scratch.remove())

  const readable = (): Record<string, number> =>
    Object.fromEntries(
      corpus('sherlock', /\.(gz|txt)$/).map((file) => [basename(file), linesOf(contentOf(file)).length]),
    )

  it('names every file in a codec it does not read, and the way out, and commits nothing', async () => {
    const outcome = expectStatus(await scratch.run('file-lines', [sherlock]), 3)
    for (const [name, command] of Object.entries(unpack)) {
      const [said, ...more] = saidOf(outcome, name)
      expect(said, name).toContain(`Recompress it (${command} `)
      expect(said, name).toContain(`--accept ${name}`)
      expect(more, name).toEqual([])
    }
    for (const name of Object.keys(readable())) expect(saidOf(outcome, name), name).toEqual([])
    expect(outcome.stdout).toBe('')
    expect(existsSync(outcome.directory)).toBe(false)
  })

  it('passes none of their bytes off as lines when they are accepted', async () => {
    const accepts = Object.keys(unpack).flatMap((name) => ['--accept', name])
    const outcome = await scratch.run('file-lines', [sherlock], accepts)
    expect(linesByName(outcome)).toEqual(readable())
    const { inputs, completeness } = manifestOf(outcome)
    expect(inputs.map(({ path }) => basename(path)).sort()).toEqual(Object.keys(readable()).sort())
    expect(completeness.complete).toBe(false)
    expect(completeness.accepted.map(({ name }) => basename(name ?? '')).sort()).toEqual(
      Object.keys(unpack).sort(),
    )
  })

  it('does not take such a file for text under another name', async () => {
    // Those without a magic number can only be told by their names.
    const names = Object.keys(unpack).filter((name) => !/\.(br|lzma)$/.test(name))
    const disguised = names.map((name) =>
      scratch.write(`disguised/${name.replace('.', '-')}.txt`, readFileSync(join(sherlock, name))),
    )
    const outcome = expectStatus(await scratch.run('file-lines', disguised), 3)
    for (const file of disguised) expect(saidOf(outcome, basename(file))).toHaveLength(1)
    expect(existsSync(outcome.directory)).toBe(false)
  })

  describe('damaged gzip files', () => {
    const sound = (): Buffer => readFileSync(join(sherlock, 'sherlock.gz'))
    const members = (): Buffer => readFileSync(join(dataDir, 'corpora/warcio/test/data/example.warc.gz'))

    function flip(bytes: Buffer, atByte: number): Buffer {
      const flipped = Buffer.from(bytes)
      flipped.writeUInt8(flipped.readUInt8(atByte) ^ 1, atByte)
      return flipped
    }

    function decimal(bytes: number): string {
      return bytes.toLocaleString('en-US')
    }

    /** Damage of every kind, with the byte of the decompressed text it is met at, and what is said of it. */
    function damages(): Record<string, { bytes: Buffer; atByte: number; says: RegExp }> {
      const [gzip, warc] = [sound(), members()]
      const end = contentOf(join(sherlock, 'sherlock.gz')).length
      const half = gzip.subarray(0, gzip.length >> 1)
      const warcCut = warc.subarray(0, Math.floor((warc.length * 2) / 3))
      const goesOn = (cut: Buffer): RegExp =>
        new RegExp(`cut off: it should go on at byte ${decimal(cut.length)} of the file`)
      return {
        'header.gz': {
          bytes: gzip.subarray(0, 5),
          atByte: 0,
          says: /cut off inside the header of gzip member 1/,
        },
        'half.gz': { bytes: half, atByte: contentBeforeCut(half).length, says: goesOn(half) },
        'members.gz': { bytes: warcCut, atByte: contentBeforeCut(warcCut).length, says: goesOn(warcCut) },
        'trailer.gz': {
          bytes: gzip.subarray(0, -3),
          atByte: end,
          says: new RegExp(`ends at its byte ${gzip.length - 3}, inside the checksum of gzip member 1`),
        },
        'checksum.gz': {
          bytes: flip(gzip, gzip.length - 8),
          atByte: end,
          says: /has CRC-32 0x[0-9a-f]{8}; the file says 0x/,
        },
        'length.gz': {
          bytes: flip(gzip, gzip.length - 4),
          atByte: end,
          says: /holds 367 bytes; the file says 366/,
        },
        'more.gz': {
          bytes: Buffer.concat([gzip, Buffer.from('more')]),
          atByte: end,
          says: new RegExp(`from byte ${gzip.length} of the file, come 4 bytes that are neither`),
        },
      }
    }

    function writeAll(): string {
      scratch.write('damaged/sound.gz', sound())
      for (const [name, { bytes }] of Object.entries(damages())) scratch.write(`damaged/${name}`, bytes)
      return scratch.path('damaged')
    }

    it('are named, all of them, each with the byte it is damaged at, and exit code 3', async () => {
      const outcome = expectStatus(await scratch.run('file-lines', [writeAll()]), 3)
      for (const [name, { atByte, says }] of Object.entries(damages())) {
        const [said, ...more] = saidOf(outcome, name)
        expect(said, name).toContain(`${name}, byte ${decimal(atByte)} (line `)
        expect(said, name).toMatch(says)
        expect(said, name).toContain(`--accept ${name}`)
        expect(more, name).toEqual([])
      }
      expect(saidOf(outcome, 'sound.gz')).toEqual([])
      expect(existsSync(outcome.directory)).toBe(false)
    })

    it('are left out whole when they are accepted: nothing of what could be read of them counts', async () => {
      const accepts = Object.keys(damages()).flatMap((name) => ['--accept', name])
      const outcome = await scratch.run('file-lines', [writeAll()], accepts)
      expect(linesByName(outcome)).toEqual({ 'sound.gz': 6 })
      expect(manifestOf(outcome).records).toBe(6)
      expect(manifestOf(outcome).completeness.accepted).toHaveLength(Object.keys(damages()).length)
    })
  })
})
