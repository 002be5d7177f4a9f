import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePack } from './pack.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-pack-'))
  mkdirSync(join(folder, 'run', 'job'), { recursive: true })
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Makes the archive of a job that is this text. */
function pack(code: string): Promise<string> {
  const jobFolder = join(folder, 'run', 'job')
  writeFileSync(join(jobFolder, 'job.mjs'), code)
  return makePack({ folder: join(folder, 'kept'), jobFolder, codeSha256: code.padEnd(16, '0') })
}

describe('makePack', () => {
  it('makes an archive that runs where it is unpacked, once for each content', {
    timeout: 120_000,
  }, async () => {
    const one = await pack('import { count } from "tallyman"; console.log(typeof count)')
    const place = join(folder, 'executor')
    mkdirSync(place)
    // As Hadoop unpacks it: tar alone would not go on after the first part of a gzip file.
    execFileSync('sh', ['-c', `gzip -dc "${one}" | (cd "${place}" && tar -xf -)`])
    const run = (...args: readonly string[]): string =>
      execFileSync(join(place, 'bin', 'node'), args, { cwd: tmpdir(), encoding: 'utf8', input: '' })
    expect(run(join(place, 'job', 'job.mjs'))).toBe('function\n')
    // Its stdin ends at once, and it with it.
    expect(run(join(place, 'node_modules', 'tallyman', 'dist', 'spark', 'task-process-main.js'))).toBe('')

    expect(await pack('import { count } from "tallyman"; console.log(typeof count)')).toBe(one)
    const other = await pack('console.log(2)')
    expect(other).not.toBe(one)
    const names = readdirSync(join(folder, 'kept'))
    expect(names.filter((name) => name.startsWith('engine-'))).toHaveLength(1)
    expect(names.filter((name) => name.startsWith('pack-'))).toHaveLength(2)
    expect(names).toHaveLength(3)
    expect(readFileSync(one).equals(readFileSync(other))).toBe(false)
  })
})
