import { describe, expect, test } from 'vitest'
import { ArchiveBytes } from './zip-bytes.ts'

const content = Buffer.from('the bytes of an archive')

/** Reads as few bytes at a time as a file system may give. */
function readFew(into: Buffer, atByte: number): number {
  return content.copy(into, 0, atByte, atByte + 3)
}

describe('ArchiveBytes', () => {
  test('reads all that is asked for, however little comes at a time', async () => {
    const archive = new ArchiveBytes(readFew, content.length, 'a.zip')
    for (let at = 0; at <= content.length; at++)
      expect(String(await archive.get(at, content.length - at))).toBe(String(content.subarray(at)))
  })

  test('says where a file ends that became shorter, and what to do', async () => {
    const archive = new ArchiveBytes(readFew, 1000, 'a.zip')
    await expect(archive.get(10, 900)).rejects.toMatchObject({
      code: 'input-changed',
      message: 'a.zip: the file became shorter while it was read.',
      wayOut: 'Let whatever writes the file finish, then run again.',
      byte: content.length,
    })
  })

  test('names archive and byte of what is damaged, and of what is not read the way out', () => {
    const archive = new ArchiveBytes(readFew, 1000, 'a.zip')
    expect(archive.damaged(1234, 'this is not so')).toMatchObject({
      code: 'input-damaged',
      message: 'a.zip: this is not so (byte 1,234).',
      wayOut: 'Fetch the archive again; "unzip -t" shows what is left of it.',
      byte: 1234,
    })
    expect(archive.unsupported(7, 'nobody reads this', 'Write another one.')).toMatchObject({
      code: 'input-unsupported',
      message: 'a.zip: nobody reads this.',
      wayOut: 'Write another one.',
      byte: 7,
    })
  })
})
