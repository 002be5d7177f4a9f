import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { writeWhole } from './durable.ts'

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
