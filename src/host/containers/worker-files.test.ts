import { readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { hashFiles, workerFiles } from './worker-files.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

describe('hashFiles', () => {
  const [a, b] = ['a', 'b'].map((name) => folder.at(name)) as [string, string]
  const note = folder.at('state/of/note.json')
  const past = new Date('2020-03-01')
  const write = (file: string, text: string): void => {
    writeFileSync(file, text)
    utimesSync(file, past, past)
  }

  it('is another one for other contents or other names, and is noted', async () => {
    write(a, 'one')
    write(b, 'two')
    const first = await hashFiles([a, b], note)
    expect(first).toMatch(/^[0-9a-f]{64}$/)
    expect(await hashFiles([b, a], folder.at('other.json'))).not.toBe(first)
    expect(await hashFiles([a], folder.at('other.json'))).not.toBe(first)
    expect(JSON.parse(readFileSync(note, 'utf8')).sha256).toBe(first)
    expect(await hashFiles([a, b], folder.at('elsewhere.json'))).toBe(first)
    // As long, and as old.
    write(b, 'too')
    const second = await hashFiles([a, b], note)
    expect(second).not.toBe(first)
    write(b, 'two')
    expect(await hashFiles([a, b], note)).toBe(first)
  })

  it('is what was noted as long as the files are as they were, and read again where the note is none', async () => {
    write(a, 'one')
    const first = await hashFiles([a], note)
    const { identity } = JSON.parse(readFileSync(note, 'utf8'))
    const noted = 'f'.repeat(64)
    writeFileSync(note, JSON.stringify({ identity, sha256: noted }))
    expect(await hashFiles([a], note)).toBe(noted)
    for (const broken of [
      '',
      'null',
      '{"identity":',
      '[]',
      JSON.stringify({ identity, sha256: 'f' }),
      '{}',
    ]) {
      writeFileSync(note, broken)
      expect(await hashFiles([a], note)).toBe(first)
      expect(JSON.parse(readFileSync(note, 'utf8'))).toEqual({ identity, sha256: first })
    }
  })

  it('does without a note that cannot be written', async () => {
    write(a, 'one')
    expect(await hashFiles([a], `${a}/note.json`)).toBe(await hashFiles([a], note))
  })
})

describe('workerFiles', () => {
  it('are Node, a shell and what both are linked to, each once and in order', async () => {
    const files = await workerFiles(process.execPath)
    expect(files).toEqual([...new Set(files)].sort())
    for (const file of [process.execPath, '/bin/sh', '/bin/sleep']) expect(files).toContain(file)
    expect(files.filter((file) => /\/libc\.so\.6$|\/ld-[^/]*\.so/.test(file)).length).toBeGreaterThan(1)
  })
})
