import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { requires } from '../../../test/requires.ts'
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

  test.each([
    ['a.bz2', 'BZh1\x17rE8P\x90', 'bzip2', 'bzip2 -dc'],
    ['a.xz', '\xfd7zXZ\0', 'xz', 'xz -dc'],
    ['a.zst', '\x28\xb5\x2f\xfd', 'Zstandard', 'zstd -dc'],
    ['a.lz4', '\x04\x22\x4d\x18', 'LZ4', 'lz4 -dc'],
    ['a.lz4', '\x02\x21\x4c\x18', 'LZ4', 'lz4 -dc'],
    ['a.lz', 'LZIP\x01', 'lzip', 'lzip -dc'],
    ['a.Z', '\x1f\x9d', 'compress (.Z)', 'uncompress -c'],
    ['a.7z', '7z\xbc\xaf\x27\x1c', '7z', '7z x -so'],
    ['a.rar', 'Rar!\x1a\x07', 'RAR', 'unrar p -inul'],
    ['a.br', 'any bytes', 'Brotli', 'brotli -dc'],
    ['a.lzma', 'any bytes', 'LZMA', 'xz --format=lzma -dc'],
  ])('names the codec of %s, and the command that unpacks it', (name, head, codec, unpack) => {
    const path = `in.d/${name}`
    expect(recognize(Buffer.from(head, 'latin1'), path)).toEqual({
      kind: 'refused',
      code: 'input-unsupported',
      what: `is compressed with ${codec}; tallyman reads zip, gzip and plain files`,
      wayOut: `Recompress it (${unpack} ${path} | gzip > in.d/a.gz)`,
    })
  })

  test.each([
    ['a.br.txt', 'any bytes'],
    ['br', 'any bytes'],
    ['a', 'a BZh91AY&SY'],
    ['a', 'x\x1f\x9d'],
  ])('takes %s that begins with %j for plain', (path, head) => {
    expect(recognize(Buffer.from(head, 'latin1'), path)).toEqual({ kind: 'plain' })
  })

  test.each([
    ['in/a.tar', 'in/a', 'tar -xf'],
    ['in/a', 'in/a.d', 'tar -xf'],
    ['in/a.tar.old', 'in/a.tar.old.d', 'tar -xf'],
    ['in/a.tar.gz', 'in/a', 'tar -xzf'],
    ['in/a.TGZ', 'in/a', 'tar -xzf'],
    ['in/a.taz', 'in/a', 'tar -xzf'],
  ])('tells how to unpack %s', (path, target, unpack) => {
    const head = unpack === 'tar -xf' ? `${'\0'.repeat(257)}ustar` : '\x1f\x8b\x08'
    expect(recognize(Buffer.from(head, 'latin1'), path)).toEqual({
      kind: 'refused',
      code: 'input-unsupported',
      what: 'is a tar archive; tallyman reads zip, gzip and plain files',
      wayOut: `Unpack it (mkdir ${target} && ${unpack} ${path} -C ${target}) and name the directory`,
    })
  })

  test('takes a gzip file whose name only holds that of a tar archive for what it is', () => {
    expect(recognize(Buffer.from('\x1f\x8b\x08', 'latin1'), 'a.tgz.gz')).toEqual({ kind: 'gzip' })
    expect(recognize(Buffer.from('{}'), 'b.gz')).toMatchObject({
      what: 'is no gzip file, though its name says so: it begins with the bytes 7b 7d, not with 1f 8b',
      wayOut: 'Fetch it again, or rename it if it is something else',
    })
  })

  test('tells how to recompress, in words a shell takes', () => {
    expect(recognize(Buffer.from('\xfd7zXZ\0', 'latin1'), "it's/a.xz")).toMatchObject({
      wayOut: `Recompress it (xz -dc 'it'\\''s/a.xz' | gzip > 'it'\\''s/a.gz')`,
    })
  })
})

const sherlock = fileURLToPath(new URL('../../../../shared/data/corpora/sherlock/', import.meta.url))

describe.skipIf(!requires('one text in eight codecs, in ../shared/data/corpora', existsSync(sherlock)))(
  'real codecs',
  () => {
    test.each(['Z', 'br', 'bz2', 'lz4', 'lzma', 'xz', 'zst'])('%s is refused', (extension) => {
      const head = readFileSync(`${sherlock}sherlock.${extension}`).subarray(0, 262)
      expect(recognize(head, `sherlock.${extension}`)).toMatchObject({ code: 'input-unsupported' })
    })
  },
)
