import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { InputBytes } from '../../flow/index.ts'
import { FileStorage } from './file-storage.ts'

const root = mkdtempSync(join(tmpdir(), 'tallyman-storage-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let run: string
beforeEach(() => {
  run = mkdtempSync(join(root, 'run-'))
})

function openStorage(attempt = 'attempts/map-00000.1'): FileStorage {
  return new FileStorage(run, attempt)
}

function readAll(file: InputBytes): Buffer {
  const bytes = Buffer.alloc(file.sizeBytes)
  expect(file.read(bytes, 0)).toBe(file.sizeBytes)
  file.close()
  return bytes
}

describe('FileStorage', () => {
  it('makes the directory of its attempt, and the folders above it', () => {
    openStorage('attempts/reduce-00003.2')
    expect(existsSync(join(run, 'attempts/reduce-00003.2'))).toBe(true)
  })

  it('writes a file chunk by chunk, though the chunk is used again', () => {
    const storage = openStorage()
    const file = storage.create('s0.spill')
    const chunk = Buffer.from('first')
    file.write(chunk)
    chunk.write('again')
    file.write(chunk)
    file.write(Buffer.alloc(0))
    file.close()
    expect(readFileSync(join(run, 'attempts/map-00000.1/s0.spill'), 'utf8')).toBe('firstagain')
    expect(readAll(storage.open('s0.spill')).toString()).toBe('firstagain')
  })

  it('writes chunks of any length as they come', () => {
    const storage = openStorage()
    const file = storage.create('long')
    const chunks = [1, 5, 16_383, 16_384, 16_385, 70_000, 16, 16_370, 0, 3].map((length, index) =>
      Buffer.alloc(length, index + 1),
    )
    for (const chunk of chunks) file.write(chunk)
    file.close()
    expect(readFileSync(join(run, 'attempts/map-00000.1/long')).equals(Buffer.concat(chunks))).toBe(true)
  })

  it('reads from any byte, and fewer bytes than asked for only at the end', () => {
    const storage = openStorage()
    const file = storage.create('a')
    file.write(Buffer.from('0123456789'))
    file.close()
    const open = storage.open('a')
    const into = Buffer.alloc(4)
    expect([open.name, open.sizeBytes]).toEqual(['a', 10])
    expect([open.read(into, 3), into.toString()]).toEqual([4, '3456'])
    expect([open.read(into, 8), into.toString('latin1', 0, 2)]).toEqual([2, '89'])
    expect(open.read(into, 10)).toBe(0)
    open.close()
  })

  it('opens a name with a slash relative to the run, whatever the attempt has of that name', () => {
    mkdirSync(join(run, 'committed/map-00004'), { recursive: true })
    writeFileSync(join(run, 'committed/map-00004/s0.spill'), 'theirs')
    const storage = openStorage()
    const own = storage.create('s0.spill')
    own.write(Buffer.from('ours'))
    own.close()
    expect(readAll(storage.open('committed/map-00004/s0.spill')).toString()).toBe('theirs')
    expect(readAll(storage.open('s0.spill')).toString()).toBe('ours')
  })

  it('refuses a name that was used before: two attempts never write into one file', () => {
    openStorage().create('s0.spill').close()
    expect(() => openStorage().create('s0.spill')).toThrow(/EEXIST/)
    expect(() => openStorage('attempts/map-00000.2').create('s0.spill').close()).not.toThrow()
  })

  it('removes a file of its own', () => {
    const storage = openStorage()
    storage.create('merge-0-0.spill').close()
    storage.remove('merge-0-0.spill')
    expect(readdirSync(join(run, 'attempts/map-00000.1'))).toEqual([])
  })

  it('throws file-damaged, naming the file, for one that was finished and is gone', () => {
    const storage = openStorage()
    for (const name of ['s0.spill', 'committed/map-00000/s0.spill'])
      expect(() => storage.open(name)).toThrow(expect.objectContaining({ code: 'file-damaged', file: name }))
  })
})
