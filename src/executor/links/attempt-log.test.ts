import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { requires } from '../../../test/requires.ts'
import { AttemptLog, AttemptLogs, parseLog } from './attempt-log.ts'

const root = mkdtempSync(join(tmpdir(), 'tallyman-attempt-log-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const MiB = 2 ** 20
const bounds = { headBytesMax: 10, tailBytesMax: 6 }

describe('AttemptLog', () => {
  it('makes no file where nothing is printed', () => {
    const file = join(root, 'silent.log')
    expect(new AttemptLog(file, bounds).close()).toBe(0)
    expect(existsSync(file)).toBe(false)
  })

  it('keeps all of what fits, whole, for nobody else to read', () => {
    const file = join(root, 'short.log')
    const log = new AttemptLog(file, bounds)
    for (const words of ['12345678', '9', 'abcdef']) log.write(Buffer.from(words))
    expect(log.close()).toBe(15)
    expect(readFileSync(file, 'utf8')).toBe('123456789abcdef')
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it.each([1, 3, 7, 100])(
    'keeps the first and the last of more, in chunks of %i bytes, and says how much is missing',
    (chunkBytes) => {
      const file = join(root, `long-${chunkBytes}.log`)
      const log = new AttemptLog(file, bounds)
      const all = Array.from({ length: 5000 }, (_, index) => String(index % 10)).join('')
      for (let at = 0; at < all.length; at += chunkBytes)
        log.write(Buffer.from(all.slice(at, at + chunkBytes)))
      expect(log.close()).toBe(16)
      const text = `${all.slice(0, 10)}\n[tallyman: ${all.length - 16} bytes dropped here]\n${all.slice(-6)}`
      expect(readFileSync(file, 'utf8')).toBe(text)
      expect(parseLog(text)).toEqual({ text, headLength: 10, droppedBytes: all.length - 16 })
    },
  )

  it('has what came last in its file although it was never closed, but for the last second', () => {
    const file = join(root, 'cut-off.log')
    const log = new AttemptLog(file, bounds)
    log.write(Buffer.from('1234567890and more'))
    expect(readFileSync(file, 'utf8')).toBe('1234567890\n[tallyman: 2 bytes dropped here]\nd more')
    log.close()
  })

  it('does without the file where it cannot be written', () => {
    const log = new AttemptLog(join(root, 'no-such-folder', 'a.log'), bounds)
    for (let count = 0; count < 5; count++) log.write(Buffer.from('0123456789'))
    expect(log.close()).toBe(16)
  })

  it.skipIf(!requires('/dev/full', existsSync('/dev/full')))('does without the file on a full disk', () => {
    const log = new AttemptLog('/dev/full', bounds)
    for (let count = 0; count < 5; count++) log.write(Buffer.from('0123456789'))
    expect(log.close()).toBe(16)
  })
})

describe('AttemptLogs', () => {
  it('bounds a log that never ends, and all of them together', () => {
    const folder = mkdtempSync(join(root, 'many-'))
    const logs = new AttemptLogs(folder)
    const chunk = Buffer.alloc(MiB, 'x')
    for (let attempt = 0; attempt < 300; attempt++) {
      const log = logs.open(`map-${attempt}.1`)
      for (let count = 0; count < 3; count++) log.write(chunk)
      logs.close(log)
    }
    const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size)
    expect(sizes).toHaveLength(300)
    expect(Math.max(...sizes)).toBeLessThan(MiB / 2)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(66 * MiB)
    const last = readFileSync(logs.fileOf('map-299.1'), 'utf8')
    expect(parseLog(last).droppedBytes).toBe(3 * MiB - 2048)
  })
})

describe('parseLog', () => {
  it('knows a log in which nothing is missing', () => {
    expect(parseLog('one\ntwo\n')).toEqual({ text: 'one\ntwo\n', headLength: 8, droppedBytes: 0 })
  })
})
