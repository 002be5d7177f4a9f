import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { requires } from '../../test/requires.ts'
import { recognize } from './magic.ts'

describe('recognize', () => {
  test.each([
    ['a.jsonl', '{}\n', 'plain'],
    ['empty', '', 'plain'],
    ['a', 'PK\x03\x04', 'zip'],
    ['a.gz', 'PK\x05\x06', 'zip'],
    ['a', gzipSync('x').toString('latin1'), 'gzip'],
    ['a.zip', gzipSync('x').toString('latin1'), 'gzip'],
    ['a', 'BZh9 is how this text begins', 'plain'],
    ['a', 'LZIP', 'plain'],
  ])('%s by its bytes', (path, head, kind) => {
    expect(recognize(Buffer.from(head, 'latin1'), path)).toEqual({ kind })
  })

  test.each([
    ['a.zip', '', 'input-damaged', 'is no zip archive, though its name says so: it is empty'],
    ['A.ZIP', '<html>', 'input-damaged', 'it begins with the bytes 3c 68 74 6d, not with PK'],
    ['a.gz', '{}', 'input-damaged', 'is no gzip file'],
    ['a', 'BZh91AY&SY', 'input-unsupported', 'bzip2'],
    ['a', '7z\xbc\xaf\x27\x1c', 'input-unsupported', '7z'],
    ['a.tar', `${'\0'.repeat(257)}ustar`, 'input-unsupported', 'tar'],
    ['a.TGZ', '\x1f\x8b\x08', 'input-unsupported', 'tar'],
  ])('refuses %s that begins with %j', (path, head, code, what) => {
    expect(recognize(Buffer.from(head, 'latin1'), path)).toMatchObject({
      kind: 'refused',
      code,
      what: expect.stringContaining(what),
    })
  })

  test('tells how to recompress, in words a shell takes', () => {
    expect(recognize(Buffer.from('\xfd7zXZ\0', 'latin1'), "it's/a.xz")).toMatchObject({
      wayOut: `Recompress it (xz -dc 'it'\\''s/a.xz' | gzip > 'it'\\''s/a.gz')`,
    })
  })
})

const sherlock = fileURLToPath(new URL('../../../shared/data/corpora/sherlock/', import.meta.url))

describe.skipIf(!requires('one text in eight codecs, in ../shared/data/corpora', existsSync(sherlock)))(
  'real codecs',
  () => {
    test.each(['Z', 'br', 'bz2', 'lz4', 'lzma', 'xz', 'zst'])('%s is refused', (extension) => {
      const head = readFileSync(`${sherlock}sherlock.${extension}`).subarray(0, 262)
      expect(recognize(head, `sherlock.${extension}`)).toMatchObject({ code: 'input-unsupported' })
    })
  },
)
