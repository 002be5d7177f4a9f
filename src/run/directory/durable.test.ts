import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sync, writePieces, writeWhole } from './durable.ts'

describe('writeWhole', () => {
  test('replaces a file at once', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tallyman-durable-'))
    const file = join(folder, 'whole.json')
    writeWhole(file, 'one')
    writeWhole(file, 'two')
    expect(readFileSync(file, 'utf8')).toBe('two')
    expect(existsSync(`${file}.new`)).toBe(false)
    rmSync(folder, { recursive: true })
  })
})

describe('writePieces', () => {
  test('writes what is made piece by piece, for those whom it is for, and nothing where making it fails', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tallyman-durable-'))
    const file = join(folder, 'pieces.json')
    writePieces(file, ['a', 'é', '', 'b'], 0o600)
    expect(readFileSync(file, 'utf8')).toBe('aéb')
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600')
    const failing = function* (): Generator<string> {
      yield 'half'
      throw new Error('no more')
    }
    expect(() => writePieces(file, failing())).toThrow('no more')
    expect(readFileSync(file, 'utf8')).toBe('aéb')
    rmSync(folder, { recursive: true })
  })
})

describe('sync', () => {
  test('takes files and folders, and throws where there is none', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tallyman-durable-'))
    writeWhole(join(folder, 'a'), 'one')
    sync(join(folder, 'a'))
    sync(folder)
    expect(() => sync(join(folder, 'b'))).toThrow(/ENOENT/)
    rmSync(folder, { recursive: true })
  })
})
