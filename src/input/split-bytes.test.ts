import { chmodSync, closeSync, openSync, statSync, utimesSync, writeSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { makeMembers } from '../../test/fixtures/gzip-members.ts'
import { gzipSplit, makeFolder, makeMember, memberSplit, rangeSplit } from '../../test/fixtures/splits.ts'
import { type ErrorCode, TallymanError } from '../errors.ts'
import { type ByteChunks, SourceFault } from './source/byte-chunks.ts'
import { OpenedFile } from './source/opened-file.ts'
import type { Split } from './split.ts'
import { SplitBytes } from './split-bytes.ts'

const folder = makeFolder()
afterAll(() => folder.remove())

const { archive, facts } = makeMember(Buffer.from('content'))
const plain = folder.write('a.txt', 'one\ntwo\n')
const splits = {
  whole: rangeSplit(plain),
  range: rangeSplit(plain, 4, 8),
  gzip: gzipSplit(folder.write('a.gz', gzipSync('one\n'))),
  member: memberSplit(folder.write('a.zip', archive), facts),
} satisfies Record<string, Split>

async function open(split: Split, chunks: ByteChunks | null): Promise<SplitBytes> {
  const bytes = new SplitBytes(split, await OpenedFile.open(split.path, split.identity, ''))
  bytes.chunks = chunks
  return bytes
}

async function explained(
  split: Split,
  fault: unknown,
  atByte = 0,
  line: number | null = null,
): Promise<unknown> {
  const bytes = await open(split, null)
  await bytes.close()
  return bytes.explain(fault, atByte, line)
}

describe('the bytes of a split, when something is wrong with them', () => {
  test.each([
    ['a file', splits.whole, 1234, null, `${splits.whole.path}, byte 1,234`],
    ['a line of it', splits.whole, 5, 1200, `${splits.whole.path}, byte 5 (line 1,200)`],
    ['a line of a part', splits.range, 6, 1, `${splits.range.path}, byte 6 (line 1 from byte 4 on)`],
    ['a member', splits.member, 3, 2, `${splits.member.path}!folder/one.jsonl, byte 3 (line 2)`],
  ])('say the place: %s', async (_, split, atByte, line, place) => {
    const error = await explained(split, new SourceFault('input-damaged', 'it is odd'), atByte, line)
    expect(error).toBeInstanceOf(TallymanError)
    expect((error as Error).message).toBe(`${place}: it is odd.`)
  })

  test.each<[ErrorCode, string | undefined]>([
    [
      'input-changed',
      'Let whatever writes the file finish, then run again: the new run plans with the new file. Of what is always written to, give a copy, or name the other files alone.',
    ],
    [
      'input-touched',
      'Leave the files that are read as they are, their rights and links too, until the run has ended.',
    ],
    [
      'input-damaged',
      "Mend the file or fetch it again, or do without it: --accept 'a.zip!folder/one.jsonl'.",
    ],
    [
      'input-unsupported',
      "Unpack it and give the unpacked files instead, or do without it: --accept 'a.zip!folder/one.jsonl'.",
    ],
    ['io', undefined],
  ])('say what to do: %s', async (code, wayOut) => {
    const cause = new Error('below')
    expect(await explained(splits.member, new SourceFault(code, 'it is odd', cause))).toMatchObject({
      code,
      wayOut,
      cause,
    })
    expect(await explained(splits.member, new SourceFault(code, 'it is odd'))).not.toHaveProperty('cause')
  })

  test('hand on what else is thrown', async () => {
    const error = new Error('something of the machine')
    expect(await explained(splits.whole, error)).toBe(error)
  })
})

describe('the bytes of a split, at their end', () => {
  const nothing: ByteChunks = { next: async () => null, close: async () => undefined }

  /** Writes to a file, and puts its time back. */
  function edit(path: string): void {
    const { atime, mtime } = statSync(path)
    const fd = openSync(path, 'r+')
    writeSync(fd, Buffer.from('X'), 0, 1, 0)
    closeSync(fd)
    utimesSync(path, atime, mtime)
  }

  test('have a file without checksums untouched, and one with them unchanged', async () => {
    const { file, cuts } = makeMembers(['one\n', 'two\n'])
    const part = { start: null, end: cuts[0] ?? null }
    for (const [kind, split, code] of [
      ['range', (path: string) => rangeSplit(path), 'input-touched'],
      ['whole gzip', (path: string) => gzipSplit(path), undefined],
      ['part of a gzip', (path: string): Split => ({ ...gzipSplit(path), part }), 'input-touched'],
      ['member', (path: string) => memberSplit(path, facts), undefined],
    ] as const) {
      const path = folder.write(`${kind}.x`, file)
      utimesSync(path, 1, 1)
      const bytes = await open(split(path), nothing)
      expect(await bytes.next()).toBeNull()
      edit(path)
      const ending = bytes.next()
      if (code === undefined) expect(await ending).toBeNull()
      else await expect(ending).rejects.toMatchObject({ code })
      await bytes.close()
      // Whoever opens it later finds what is planned.
      chmodSync(path, 0o600)
      const later = await open(split(path), nothing)
      expect(await later.next()).toBeNull()
      await later.close()
    }
  })

  test('ask the source first, give chunks back to one that takes them, and are closed once', async () => {
    const asked: string[] = []
    const chunk = Buffer.from('one')
    const full: ByteChunks = {
      next: async () => (asked.push('next') > 1 ? null : chunk),
      giveBack: (given) => asked.push(`back ${given.toString()}`),
      finish: async () => {
        asked.push('finish')
      },
      close: async () => {
        asked.push('close')
      },
    }
    const bytes = await open(splits.whole, full)
    expect(await bytes.next()).toBe(chunk)
    bytes.giveBack(chunk)
    expect(await bytes.next()).toBeNull()
    await Promise.all([bytes.close(), bytes.close()])
    expect(asked).toEqual(['next', 'back one', 'next', 'finish', 'close'])
    expect(bytes.readBytes).toBe(0)

    const sparse = await open(splits.whole, nothing)
    sparse.giveBack(chunk)
    await sparse.finish()
    await sparse.close()
    const unopened = await open(splits.whole, null)
    unopened.giveBack(chunk)
    expect(await unopened.next()).toBeNull()
    await unopened.close()
  })
})
