import { existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
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

  /** Has this Node find an `ldd` of these lines of a shell; the true one is "$ldd". */
  function putLdd(lines: string): void {
    const path = process.env.PATH ?? ''
    const file = folder.at('ldd')
    const found = path.split(delimiter).map((place) => join(place, 'ldd'))
    writeFileSync(file, `#!/bin/sh\nldd=${found.find((one) => existsSync(one))}\n${lines}\n`, { mode: 0o755 })
    process.env.PATH = `${folder.path}${delimiter}${path}`
    onTestFinished(() => {
      process.env.PATH = path
    })
  }

  it.each([
    ['is killed', 'kill -KILL $$'],
    ['is told of a program whose loader was killed', 'echo "not a dynamic executable" >&2; exit 1'],
  ])('are all that they are where what tells of libraries %s, once', async (_how, dies) => {
    const all = await workerFiles(process.execPath)
    const once = folder.at('once')
    rmSync(once, { force: true })
    putLdd(`if [ ! -e ${once} ]; then touch ${once}; ${dies}; fi\nexec "$ldd" "$@"`)
    expect(await workerFiles(process.execPath)).toEqual(all)
  })

  it('are not told where that is killed again and again', async () => {
    putLdd('kill -KILL $$')
    await expect(workerFiles(process.execPath)).rejects.toMatchObject({
      code: 'engine-unfit',
      message: expect.stringMatching(
        /^ldd: what .* are linked to cannot be found out: ldd was ended by SIGKILL\.$/,
      ),
    })
  })
})
