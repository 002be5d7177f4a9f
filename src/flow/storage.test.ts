import { describe, expect, test } from 'vitest'
import { MemoryStorage, openSection, type Storage } from './storage.ts'

function write(storage: Storage, name: string, ...chunks: readonly string[]): void {
  const file = storage.create(name)
  for (const chunk of chunks) file.write(Buffer.from(chunk))
  file.close()
}

function read(storage: Storage, name: string): string {
  const file = storage.open(name)
  const bytes = Buffer.alloc(file.sizeBytes)
  file.read(bytes, 0)
  file.close()
  return bytes.toString()
}

describe('MemoryStorage', () => {
  test('holds what was written, chunk by chunk, even when a chunk is written to again', () => {
    const storage = new MemoryStorage()
    const chunk = Buffer.from('abc')
    const file = storage.create('a')
    file.write(chunk)
    chunk.fill('x')
    file.write(chunk)
    file.close()
    expect(read(storage, 'a')).toBe('abcxxx')
  })

  test('has a file only once it is closed, and not when it was removed', () => {
    const storage = new MemoryStorage()
    const file = storage.create('a')
    expect(() => storage.open('a')).toThrow('No file a in memory.')
    file.close()
    expect(read(storage, 'a')).toBe('')
    storage.remove('a')
    expect(() => storage.open('a')).toThrow('No file a in memory.')
  })

  test('keeps attempts apart: own files by their plain names, those of others by names with a slash', () => {
    const storage = new MemoryStorage()
    const [first, second] = [storage.within('map-0/'), storage.within('map-1/')]
    write(first, 's', 'one')
    write(second, 's', 'two')
    expect([read(first, 's'), read(second, 's'), read(first, 'map-1/s')]).toEqual(['one', 'two', 'two'])
    first.remove('s')
    expect(() => first.open('s')).toThrow('No file s')
    expect(read(storage, 'map-1/s')).toBe('two')
  })
})

describe('openSection', () => {
  const storage = new MemoryStorage()
  write(storage, 'a', '0123456789')

  test('is a stretch of a file, as a file by itself that says where it begins', () => {
    const file = openSection(storage, { name: 'a', atByte: 3, bytes: 4 })
    const into = Buffer.alloc(4)
    expect(file).toMatchObject({ name: 'a', sizeBytes: 4, startByte: 3 })
    expect(file.read(into, 0)).toBe(4)
    expect(into.toString()).toBe('3456')
  })

  test.each([
    [8, 0, '3456'],
    [8, 2, '56'],
    [1, 2, '5'],
    [8, 4, ''],
    [8, 9, ''],
  ])('gives of %i bytes from %i on what the stretch has: "%s"', (room, from, found) => {
    const into = Buffer.alloc(room)
    const count = openSection(storage, { name: 'a', atByte: 3, bytes: 4 }).read(into, from)
    expect(into.toString('utf8', 0, count)).toBe(found)
  })

  test('gives nothing of a stretch that the file does not reach any more', () => {
    expect(openSection(storage, { name: 'a', atByte: 12, bytes: 4 }).read(Buffer.alloc(4), 0)).toBe(0)
  })

  test('closes the file when it is closed', () => {
    const closed: string[] = []
    const noting: Storage = {
      create: (name) => storage.create(name),
      remove: (name) => storage.remove(name),
      open: (name) => ({ ...storage.open(name), close: () => closed.push(name) }),
    }
    const file = openSection(noting, { name: 'a', atByte: 0, bytes: 1 })
    expect(closed).toEqual([])
    file.close()
    expect(closed).toEqual(['a'])
  })
})
