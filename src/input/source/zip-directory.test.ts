import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ZipFile } from 'yazl'
import {
  type ArchiveMember,
  damagedArchive,
  makeArchive,
  refusalOf,
} from '../../../test/fixtures/archives.ts'
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

/** Code, message without path, byte and way out. */
async function refusal(archive: Buffer): Promise<Record<string, unknown>> {
  return refusalOf(readIn(archive))
}

/** A zip64 extra field (APPNOTE 4.5.3): numbers of 8 bytes, and of 4. */
function zip64Field(wide: readonly bigint[], short: readonly number[] = []): Buffer {
  const field = Buffer.alloc(4 + wide.length * 8 + short.length * 4)
  field.writeUInt16LE(1, 0)
  field.writeUInt16LE(field.length - 4, 2)
  for (const [index, value] of wide.entries()) field.writeBigUInt64LE(value, 4 + 8 * index)
  for (const [index, value] of short.entries()) field.writeUInt32LE(value, 4 + 8 * wide.length + 4 * index)
  return field
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
    const ofMacOS = 'is what macOS adds to archives, and no data'
    expect(skipped).toEqual([
      { name: '__MACOSX/d/._x', reason: ofMacOS },
      { name: 'd/.DS_Store', reason: ofMacOS },
      { name: 'link', reason: 'is a symbolic link in the archive' },
    ])
  })

  test('knows what macOS adds by its name, at any depth, and leaves what only looks like it', async () => {
    const added = ['__MACOSX/plain', '.DS_Store', '._x', '._', 'a/b/.DS_Store', 'a/b/._long name']
    const data = ['.DS_Store.txt', '._folder/x', 'a/__MACOSX/x', 'x.DS_Store', 'x._y', 'x__MACOSX/y']
    const { members, skipped } = await readIn(makeArchive([...added, ...data].map((name) => ({ name }))))
    expect(skipped.map(({ name }) => name)).toEqual(added)
    expect(members.map(({ name }) => name)).toEqual(data)
  })

  test('takes for a link only what was archived on Unix: elsewhere the same bits mean something else', async () => {
    const externalAttributes = 0o120777 << 16
    const archive = makeArchive([
      { name: 'fat', externalAttributes },
      { name: 'file', madeBy: 3, externalAttributes: 0o100644 << 16 },
      { name: 'ntfs', madeBy: 10, externalAttributes },
    ])
    expect(await namesIn(archive)).toEqual(['fat', 'file', 'ntfs'])
  })

  test('takes entries in any order; of equal names the one that lies first comes first', async () => {
    // Each member takes 31 bytes and "x".
    const archive = makeArchive(
      [64, 0, 32].map((localHeaderByte) => ({ name: 'a', content: 'x', method: 0, localHeaderByte })),
    )
    const { members } = await readIn(archive)
    expect(members.map(({ localHeaderByte }) => localHeaderByte)).toEqual([0, 32, 64])
  })

  test('passes over extra fields and comments of its entries', async () => {
    const extra = Buffer.from([0x55, 0x54, 5, 0, 3, 1, 2, 3, 4])
    const members = [
      { name: 'a', content: 'x', extra, comment: 'a comment' },
      { name: 'b', content: 'y', comment: 'another' },
      { name: 'c', content: 'z', extra },
    ]
    expect(await namesIn(makeArchive(members))).toEqual(['a', 'b', 'c'])
  })

  test('reads from the zip64 field what does not fit, and only that', async () => {
    const max = Number.MAX_SAFE_INTEGER
    const { members } = await readIn(
      makeArchive([
        { name: 'length', uncompressedBytes: 0xffffffff, extra: zip64Field([2n ** 33n + 5n]) },
        { name: 'longest', uncompressedBytes: 0xffffffff, extra: zip64Field([BigInt(max)]) },
        { name: 'part', content: 'x', disk: 0xffff, extra: zip64Field([], [0]) },
        {
          name: 'part and length',
          uncompressedBytes: 0xffffffff,
          disk: 0xffff,
          // Behind a field of something else.
          extra: Buffer.concat([Buffer.from([9, 9, 2, 0, 1, 0]), zip64Field([7n], [0])]),
        },
        { name: 'without', content: 'xyz', extra: zip64Field([99n]) },
      ]),
    )
    expect(members.map(({ name, uncompressedBytes }) => [name, uncompressedBytes])).toEqual([
      ['length', 2 ** 33 + 5],
      ['longest', max],
      ['part', 1],
      ['part and length', 7],
      ['without', 3],
    ])
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

  test('an entry that is cut off, also where only its fixed part is there', async () => {
    const entryBytes = 47
    const lastByte = whole.length - 22 - entryBytes
    const what = "an entry of the archive's directory is cut off"
    // Its name, its extra field or its comment are said to go on behind the directory.
    for (const place of [28, 30, 32]) {
      const longer = Buffer.from(whole)
      longer.writeUInt16LE(5, lastByte + place)
      expect(await refusal(longer)).toEqual(damagedArchive(what, lastByte))
    }
    for (const bytes of [1, 20, 45, 46]) {
      const shorter = Buffer.concat([whole.subarray(0, lastByte + bytes), whole.subarray(-22)])
      shorter.writeUInt32LE(entryBytes + bytes, shorter.length - 10)
      expect(await refusal(shorter)).toEqual(damagedArchive(what, lastByte))
    }
  })

  test('an entry that is none', async () => {
    for (const [index, entryByte] of [whole.length - 22 - 94, whole.length - 22 - 47].entries()) {
      const other = Buffer.from(whole)
      other.writeUInt8(0x51, entryByte)
      expect(await refusal(other), String(index)).toEqual(
        damagedArchive("there is no entry where the archive's directory should have one", entryByte),
      )
    }
  })

  test('members that overlap by one byte, whichever comes first in the directory', async () => {
    const name = 'a name'
    const members = [0, 36].map((localHeaderByte) => ({ name, content: 'x', method: 0, localHeaderByte }))
    for (const order of [members, members.toReversed()])
      expect(await refusal(makeArchive(order))).toEqual(
        damagedArchive('the members "a name" and "a name" overlap', 36),
      )
  })

  test('a zip64 field that holds too little, or goes on behind the entry', async () => {
    const what = 'an entry of the archive lacks the zip64 field it refers to'
    const cutOff = zip64Field([5n])
    cutOff.writeUInt16LE(16, 2)
    const lacking: ArchiveMember[] = [
      { name: 'a', uncompressedBytes: 0xffffffff, extra: zip64Field([], [5]) },
      { name: 'a', uncompressedBytes: 0xffffffff, compressedBytes: 0xffffffff, extra: zip64Field([5n]) },
      { name: 'a', uncompressedBytes: 0xffffffff, disk: 0xffff, extra: zip64Field([5n]) },
      { name: 'a', disk: 0xffff },
      { name: 'a', uncompressedBytes: 0xffffffff, extra: cutOff },
      { name: 'a', uncompressedBytes: 0xffffffff, extra: Buffer.from([1, 0, 8]) },
    ]
    for (const member of lacking) {
      const archive = makeArchive([member])
      expect(await refusal(archive)).toEqual(damagedArchive(what, archive.readUInt32LE(archive.length - 6)))
    }
  })

  test('a member that is longer than any file can be', async () => {
    const extra = zip64Field([2n ** 53n])
    expect(await refusal(makeArchive([{ name: 'a', uncompressedBytes: 0xffffffff, extra }]))).toEqual(
      damagedArchive('a member of the archive is said to be longer than any file', 33),
    )
  })

  test('a member in another part of the archive, and says how to join them', async () => {
    for (const member of [{ disk: 1 }, { disk: 0xffff, extra: zip64Field([], [1]) }])
      expect(await refusal(makeArchive([{ name: 'a', ...member }]))).toEqual({
        code: 'input-unsupported',
        what: 'the archive is one part of several.',
        byte: 33,
        wayOut: 'Join the parts first: zip -s 0 part.zip --out whole.zip',
      })
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
