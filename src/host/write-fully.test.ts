import { closeSync, openSync, readFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import { writeFully } from './write-fully.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

it('writes all of a chunk, at the place where the last one ended', () => {
  const path = folder.at('whole')
  const fd = openSync(path, 'w')
  writeFully(fd, Buffer.from('ab'), path)
  writeFully(fd, Buffer.alloc(0), path)
  writeFully(fd, Buffer.from('c'), path)
  closeSync(fd)
  expect(readFileSync(path, 'utf8')).toBe('abc')
})

it('names the file that could not be written', () => {
  const fd = openSync('/dev/full', 'w')
  try {
    expect(() => writeFully(fd, Buffer.from('a'), '/dev/full')).toThrow(
      expect.objectContaining({
        code: 'ENOSPC',
        path: '/dev/full',
        message: "ENOSPC: no space left on device, write '/dev/full'",
      }),
    )
  } finally {
    closeSync(fd)
  }
})
