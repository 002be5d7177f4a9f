import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { requires } from '../../../test/requires.ts'
import { WorkerLog } from './worker-log.ts'

const root = mkdtempSync(join(tmpdir(), 'tallyman-log-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const MiB = 2 ** 20

describe('WorkerLog', () => {
  it('makes no file where nothing is printed', () => {
    const file = join(root, 'silent.log')
    expect(new WorkerLog(file).file).toBe(file)
    expect(existsSync(file)).toBe(false)
  })

  it('goes on after what an earlier worker of the seat printed, for nobody else to read', () => {
    const file = join(root, 'seat.log')
    for (const words of ['one\n', 'two\n']) new WorkerLog(file).write(Buffer.from(words))
    expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n')
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it.each([1000, 65_536, 3 * MiB])('ends after its first megabyte, in chunks of %i bytes', (chunkBytes) => {
    const file = join(root, `long-${chunkBytes}.log`)
    const log = new WorkerLog(file)
    const chunk = Buffer.alloc(chunkBytes, 'x')
    for (let bytes = 0; bytes < 5 * MiB; bytes += chunkBytes) log.write(chunk)
    const cut = "\n[more was printed; a worker's log ends after its first megabyte]\n"
    const text = readFileSync(file, 'latin1')
    expect(text.endsWith(cut)).toBe(true)
    expect(text.length).toBe(MiB + cut.length)
    expect(text.indexOf('[more')).toBe(text.lastIndexOf('[more'))
  })

  it('does without the file where it cannot be written', () => {
    const file = join(root, 'no-such-folder', 'worker-0.log')
    const log = new WorkerLog(file)
    log.write(Buffer.from('out\n'))
    log.write(Buffer.from('out\n'))
    expect(existsSync(file)).toBe(false)
  })

  it.skipIf(!requires('/dev/full', existsSync('/dev/full')))('does without the file on a full disk', () => {
    const log = new WorkerLog('/dev/full')
    expect(() => log.write(Buffer.from('err\n'))).not.toThrow()
  })
})
