import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ZipFile } from 'yazl'
import { type ArchiveMember, makeArchive } from '../../../test/fixtures/archives.ts'
import { requires } from '../../../test/requires.ts'
import { TallymanError } from '../../errors.ts'
import { toFsBytes } from '../path-bytes.ts'
import { readZipDirectory, type ZipDirectory } from './zip-directory.ts'

function readIn(archive: Buffer): Promise<ZipDirectory> {
  const read = (into: Buffer, atByte: number): number => archive.copy(into, 0, atByte)
  return readZipDirectory(read, archive.length, 'a.zip')
}

async function namesIn(archive: Buffer): Promise<string[]> {
  return (await readIn(archive)).members.map(({ name }) => name)
}

async function failureOf(archive: Buffer): Promise<string> {
  try {
    await readIn(archive)
    return 'none'
  } catch (error) {
    if (!(error instanceof TallymanError)) throw error
    return `${error.code} ${error.message}`
  }
}

const two: ArchiveMember[] = [
  { name: 'b', content: 'second\n' },
  { name: 'a', content: 'first\n', method: 0 },
]

describe('readZipDirectory', () => {
  test('gives members by bytes of their names', async () => {
    const { members } = await readIn(makeArchive(two))
    expect(members).toEqual([
      {
        name: 'a',
        method: 0,
        localHeaderByte: 40,
        compressedBytes: 6,
        uncompressedBytes: 6,
        crc32: 0xc74ab32a,
        encrypted: false,
      },
      expect.objectContaining({ name: 'b', method: 8, localHeaderByte: 0, uncompressedBytes: 7 }),
    ])
    expect(await namesIn(makeArchive(['ｚ', '🗄', 'a', 'ä'].map((name) => ({ name }))))).toEqual([
      'a',
      'ä',
      'ｚ',
      '🗄',
    ])
  })

  test('reads zip64 records, whatever the sizes', async () => {
    const plain = await readIn(makeArchive(two))
    expect(await readIn(makeArchive(two, { zip64: true, comment: 'c' }))).toEqual(plain)
  })

  test('reads what another archiver writes', async () => {
    const zip = new ZipFile()
    zip.addBuffer(Buffer.from('x'), 'folder/größe_00:00')
    zip.addEmptyDirectory('empty')
    zip.addBuffer(Buffer.from('y'), 'a', { compress: false, forceZip64Format: true })
    zip.end({ forceZip64Format: true, comment: 'made by yazl' })
    const chunks: Buffer[] = []
    for await (const chunk of zip.outputStream) chunks.push(Buffer.from(chunk))
    expect(await namesIn(Buffer.concat(chunks))).toEqual(['a', 'folder/größe_00:00'])
  })

  test('finds the end behind a comment of any length, and only where it ends with the file', async () => {
    const long = makeArchive(two, { comment: 'x'.repeat(0xffff) })
    expect(await namesIn(long)).toEqual(['a', 'b'])
    expect(await failureOf(Buffer.concat([makeArchive(two, { comment: 'x' }), Buffer.from('y')]))).toContain(
      'after the end of the archive',
    )
    expect(await failureOf(Buffer.concat([makeArchive(two), makeArchive([])]))).toContain('does not lead to')
    const inner = makeArchive([])
    expect(await failureOf(makeArchive(two, { comment: inner }))).toContain('two end records')
  })

  test('keeps names that are not UTF-8, and paths that lead elsewhere, as nothing but names', async () => {
    const cp437 = Buffer.from([0x62, 0x81, 0x72])
    const names = await namesIn(makeArchive([{ name: cp437 }, { name: '../../etc/passwd' }, { name: '/x' }]))
    expect(names).toEqual(['../../etc/passwd', '/x', 'b\udc81r'])
    expect(toFsBytes(names[2] ?? '')).toEqual(cp437)
  })

  test('skips folders, links and what macOS adds', async () => {
    const { members, skipped } = await readIn(
      makeArchive([
        { name: 'd/' },
        { name: 'd/x', content: 'x' },
        { name: '__MACOSX/d/._x', content: 'x' },
        { name: 'd/.DS_Store', content: 'x' },
        { name: 'link', content: 'd/x', madeBy: 3, externalAttributes: 0o120777 << 16 },
      ]),
    )
    expect(members.map(({ name }) => name)).toEqual(['d/x'])
    expect(skipped.map(({ name }) => name).sort()).toEqual(['__MACOSX/d/._x', 'd/.DS_Store', 'link'])
  })

  test('tells encrypted members', async () => {
    const { members } = await readIn(
      makeArchive([
        { name: 'a', flags: 1 },
        { name: 'b', flags: 0x800 },
      ]),
    )
    expect(members.map(({ encrypted }) => encrypted)).toEqual([true, false])
  })

  test('takes 65,535 members without zip64, and a count of which only 16 bits were written', async () => {
    const many = Array.from({ length: 65_540 }, (_, index) => ({ name: String(index), method: 0 }))
    expect(await namesIn(makeArchive(many.slice(0, 65_535)))).toHaveLength(65_535)
    expect(await namesIn(makeArchive(many))).toHaveLength(65_540)
  })

  test('reads 70,000 members', { tags: ['large'] }, async () => {
    const many = Array.from({ length: 70_000 }, (_, index) => ({
      name: `geoTwitter20-01-01/geoTwitter20-01-01_${(index * 7919) % 70_000}`,
      method: 0,
    }))
    const archive = makeArchive(many, { zip64: true })
    expect(await namesIn(archive)).toHaveLength(70_000)
  })
})

describe('readZipDirectory refuses', () => {
  const whole = makeArchive(two)

  test('every beginning of an archive', async () => {
    for (let length = 0; length < whole.length; length++) {
      expect(await failureOf(whole.subarray(0, length))).toMatch(/^input-damaged a\.zip: .*byte/)
    }
  })

  test.each([
    ['a count that is too large', makeArchive(two, { entries: 3 }), 'input-damaged', '2 entries'],
    ['a part of several', makeArchive(two, { disk: 1 }), 'input-unsupported', 'one part of several'],
    ['a member on another disk', makeArchive([{ name: 'a', disk: 1 }]), 'input-unsupported', 'one part'],
    [
      'members at one place',
      makeArchive([{ name: 'a' }, { name: 'b', localHeaderByte: 0 }]),
      'input-damaged',
      'overlap',
    ],
    [
      'a member beyond the directory',
      makeArchive([{ name: 'a', localHeaderByte: 0xfffffffe }]),
      'input-damaged',
      'beyond',
    ],
    [
      'a member longer than the archive',
      makeArchive([{ name: 'a', compressedBytes: 0xfffffff0 }]),
      'input-damaged',
      'beyond',
    ],
    [
      'a length that should be in a missing zip64 field',
      makeArchive([{ name: 'a', compressedBytes: 0xffffffff }]),
      'input-damaged',
      'lacks the zip64 field',
    ],
    ['a member without a name', makeArchive([{ name: '' }]), 'input-damaged', 'no name'],
    ['a folder with data', makeArchive([{ name: 'd/', content: 'x' }]), 'input-damaged', 'hold data'],
    [
      'data between directory and end',
      Buffer.concat([whole.subarray(0, -22), Buffer.alloc(30), whole.subarray(-22)]),
      'input-damaged',
      'does not lead to',
    ],
    [
      'data put before the archive',
      Buffer.concat([whole.subarray(0, 7), whole]),
      'input-damaged',
      'does not lead to',
    ],
  ])('%s', async (_, archive, code, message) => {
    const failure = await failureOf(archive)
    expect(failure).toContain(code)
    expect(failure).toContain(message)
  })

  test('or lists any mutated archive, and never crashes', async () => {
    const archives = [makeArchive(two), makeArchive(two, { zip64: true, comment: 'comment' })]
    const edit = fc.record({ at: fc.nat(), bytes: fc.uint8Array({ minLength: 1, maxLength: 9 }) })
    const extreme = fc.record({
      at: fc.nat(),
      bytes: fc.constantFrom(Buffer.alloc(8, 0xff), Buffer.alloc(4, 0xff), Buffer.alloc(8)),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...archives),
        fc.array(fc.oneof(edit, extreme), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: -30, max: 0 }),
        async (archive, edits, cut) => {
          const mutated = Buffer.from(cut === 0 ? archive : archive.subarray(0, cut))
          for (const { at, bytes } of edits) {
            const place = at % mutated.length
            mutated.set(bytes.subarray(0, mutated.length - place), place)
          }
          // Anything but a list or a TallymanError is thrown on and fails the test.
          expect(await failureOf(mutated)).toBeTypeOf('string')
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('a file that becomes shorter while it is read', async () => {
    const reading = readZipDirectory(() => 0, 5000, 'a.zip')
    await expect(reading).rejects.toMatchObject({ code: 'input-changed' })
  })
})

const tweets = fileURLToPath(new URL('../../../../shared/data/tweets/', import.meta.url))

describe.skipIf(!requires('the real archives in ../shared/data/tweets', existsSync(tweets)))(
  'real archives',
  () => {
    test('list as their names say', async () => {
      const folder = `${tweets}geo-only/`
      for (const file of readdirSync(folder)) {
        const day = file.replace('.zip', '')
        for (const name of await namesIn(readFileSync(folder + file))) {
          expect(name.startsWith(`${day}/${day}_`)).toBe(true)
        }
      }
      expect(await namesIn(readFileSync(`${tweets}geoTwitter21-01-01.empty-dir.zip`))).toEqual(['-'])
    })
  },
)
