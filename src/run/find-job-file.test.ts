import { mkdirSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type TempFolder, tempFolder } from '../../test/fixtures/temp-folder.ts'
import { findJobFile } from './find-job-file.ts'

let folder: TempFolder
beforeEach(() => {
  folder = tempFolder()
})
afterEach(() => folder.remove())

function write(...names: readonly string[]): void {
  for (const name of names) writeFileSync(folder.at(name), '')
}

const find = (job: string): string => findJobFile({ job, cwd: folder.path })

describe('findJobFile', () => {
  test('gives a file as an absolute path, whatever it is called', () => {
    write('words.job.ts', 'other')
    expect(find('words.job.ts')).toBe(folder.at('words.job.ts'))
    expect(find('./other')).toBe(folder.at('other'))
    expect(findJobFile({ job: folder.at('other'), cwd: '/' })).toBe(folder.at('other'))
  })

  test('names jobs beside one that is not there', () => {
    write('a.job.ts', 'job.ts', 'b.job.txt', 'c.job.ts.bak')
    expect(() => find('words.job.ts')).toThrow(
      expect.objectContaining({
        code: 'not-found',
        message: 'Job file "words.job.ts" does not exist.',
        wayOut: 'There is "a.job.ts".',
      }),
    )
    write('b.job.mjs', 'c.job.cts')
    expect(() => find('words.job.ts')).toThrow(
      expect.objectContaining({ wayOut: 'There is "a.job.ts", "b.job.mjs", "c.job.cts".' }),
    )
    write('d.job.tsx', 'e.job.js')
    expect(() => find('words.job.ts')).toThrow(
      expect.objectContaining({ wayOut: 'There is "a.job.ts", "b.job.mjs", "c.job.cts" and 2 more.' }),
    )
  })

  test('says how to write one where there is none, or no such folder', () => {
    write('notes')
    for (const job of ['words.job.ts', 'nowhere/words.job.ts', 'notes/words.job.ts'])
      expect(() => find(job)).toThrow(
        expect.objectContaining({ code: 'not-found', wayOut: '`tallyman new NAME` writes one.' }),
      )
  })

  test('takes no folder for a job, and names those in it', () => {
    mkdirSync(folder.at('jobs'))
    expect(() => find('jobs')).toThrow(
      expect.objectContaining({
        code: 'not-found',
        message: 'Job "jobs" is a directory; a job is a file.',
        wayOut: 'Name the file, for example words.job.ts.',
      }),
    )
    write('jobs/a.job.ts')
    expect(() => find('jobs')).toThrow(expect.objectContaining({ wayOut: 'There is "a.job.ts".' }))
  })
})
