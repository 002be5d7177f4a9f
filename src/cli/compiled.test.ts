import { copyFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { cacheBytes, cachedDataOf, cacheOf, compile, exportsOf, load } from './compiled.ts'

const folder = mkdtempSync(join(tmpdir(), 'tallyman-compiled-'))
const file = join(folder, 'sum.cjs')
const cache = cacheOf(file)

afterEach(() => rmSync(cache, { force: true }))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A module, and what V8 has compiled of it. */
function writeModule(answer: number): void {
  writeFileSync(
    file,
    `function answer() { return ${answer} }\nmodule.exports = { answer, said: answer(), file: __filename }\n`,
  )
}

function writeCache(): Buffer {
  const script = compile(file)
  exportsOf(script, file)
  const bytes = cacheBytes(script, file)
  writeFileSync(cache, bytes)
  return bytes
}

describe('load', () => {
  it('gives what a module exports, with and without what was compiled of it', () => {
    writeModule(41)
    const expected = { said: 41, file }
    expect(load(file)).toMatchObject(expected)
    writeCache()
    expect(compile(file, cachedDataOf(file)).cachedDataRejected).toBe(false)
    expect(load(file)).toMatchObject(expected)
  })

  it('goes by nothing that was compiled before the file was written, though both are as long', () => {
    writeModule(41)
    writeCache()
    const past = new Date(Date.now() - 60_000)
    utimesSync(cache, past, past)
    writeModule(42)
    expect(load(file)).toMatchObject({ said: 42 })
  })

  it('goes by nothing that was compiled elsewhere, whose stacks would name that place', () => {
    writeModule(41)
    const bytes = writeCache()
    const moved = join(folder, 'moved.cjs')
    copyFileSync(file, moved)
    writeFileSync(cacheOf(moved), bytes)
    expect(cachedDataOf(moved)).toBeUndefined()
    expect(load(moved)).toMatchObject({ said: 41, file: moved })
  })

  it('does without what is cut off, changed or no such file', () => {
    writeModule(41)
    const bytes = writeCache()
    const changed = Buffer.from(bytes)
    changed.fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 8)
    for (const other of [
      bytes.subarray(0, bytes.length >> 1),
      changed,
      Buffer.from('no cache'),
      Buffer.alloc(0),
    ]) {
      writeFileSync(cache, other)
      expect(load(file)).toMatchObject({ said: 41 })
    }
  })
})

it('was compiled ahead with the command line that is built', () => {
  const main = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.cjs')
  expect(compile(main, cachedDataOf(main)).cachedDataRejected).toBe(false)
})
