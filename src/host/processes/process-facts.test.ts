import { closeSync, existsSync, mkdtempSync, openSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { requires } from '../../../test/requires.ts'
import { readOpenFiles, readProcessLimits } from './process-facts.ts'

const hasProc = requires('/proc', existsSync('/proc/self/limits'))

describe.skipIf(!hasProc)('readOpenFiles', () => {
  it('names what a process has open, and counts beyond the names', () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tallyman-open-')))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const before = readOpenFiles(process.pid, 1000)?.count ?? 0
    const fds = ['a', 'b', 'c'].map((name) => openSync(join(folder, name), 'w'))
    const files = readOpenFiles(process.pid, 1000)
    for (const fd of fds) closeSync(fd)
    expect(files?.names).toEqual(expect.arrayContaining(['a', 'b', 'c'].map((name) => join(folder, name))))
    expect(files?.count).toBeGreaterThanOrEqual(before + 3)
    expect(readOpenFiles(process.pid, 2)?.names).toHaveLength(2)
  })

  it('returns null for a process that is not there', () => {
    expect(readOpenFiles(2 ** 30, 10)).toBeNull()
  })
})

describe.skipIf(!hasProc)('readProcessLimits', () => {
  it('reads soft and hard limits by name, and none of a process that is not there', () => {
    const limits = readProcessLimits(process.pid)
    expect(limits['Max open files']).toMatch(/^(\d+|unlimited) (\d+|unlimited) files$/)
    expect(limits['Max address space']).toMatch(/ bytes$/)
    expect(readProcessLimits(2 ** 30)).toEqual({})
  })
})
