import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { requires } from '../../test/requires.ts'
import { WorkerLog } from './worker-log.ts'

const root = mkdtempSync(join(tmpdir(), 'tallyman-log-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const MiB = 2 ** 20

describe('WorkerLog', () => {
  it('makes no file where nothing is printed', () => {
    const file = join(root, 'silent.log')
    expect(new WorkerLog(file).close()).toBe('')
    expect(existsSync(file)).toBe(false)
  })

  it('keeps what was printed on both streams, in order, and the last words of stderr', () => {
    const file = join(root, 'both.log')
    const log = new WorkerLog(file)
    log.write(Buffer.from('out 1\n'))
    log.writeError(Buffer.from('err 1\n'))
    log.write(Buffer.from('out 2\n'))
    log.writeError(Buffer.from('err 2\n'))
    expect(log.close()).toBe('err 1\nerr 2\n')
    expect(readFileSync(file, 'utf8')).toBe('out 1\nerr 1\nout 2\nerr 2\n')
  })

  it('goes on after what an earlier worker of the seat printed', () => {
    const file = join(root, 'seat.log')
    for (const words of ['one\n', 'two\n']) new WorkerLog(file).write(Buffer.from(words))
    expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n')
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

  it('keeps the end of what was said on stderr, within a bound, beyond the first megabyte too', () => {
    const log = new WorkerLog(join(root, 'last-words.log'))
    for (let line = 0; line < 30_000; line++) log.writeError(Buffer.from(`line ${line}\n`))
    log.writeError(Buffer.from('FATAL ERROR: it ends here\n'))
    const words = log.close()
    expect(words.endsWith('line 29999\nFATAL ERROR: it ends here\n')).toBe(true)
    expect(words.length).toBeLessThanOrEqual(16 * 1024)
    expect(statSync(join(root, 'last-words.log')).size).toBeLessThan(1.1 * MiB)
  })

  it('does without the file where it cannot be written, and still knows the last words', () => {
    const log = new WorkerLog(join(root, 'no-such-folder', 'worker-0.log'))
    log.write(Buffer.from('out\n'))
    log.writeError(Buffer.from('err\n'))
    expect(log.close()).toBe('err\n')
  })

  it.skipIf(!requires('/dev/full', existsSync('/dev/full')))('does without the file on a full disk', () => {
    const log = new WorkerLog('/dev/full')
    log.writeError(Buffer.from('err\n'))
    expect(log.close()).toBe('err\n')
  })
})
