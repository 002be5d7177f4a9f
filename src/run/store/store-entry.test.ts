import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { shiftRejected } from './store-entry.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

describe('shiftRejected', () => {
  test('names the splits of the run that takes the list', () => {
    writeFileSync(folder.at('list'), '{"ordinal":2,"byte":7}\n{"ordinal":4,"byte":1}\n')
    const bytes = shiftRejected(folder.at('list'), folder.at('shifted'), -2)
    const text = readFileSync(folder.at('shifted'), 'utf8')
    expect(text).toBe('{"ordinal":0,"byte":7}\n{"ordinal":2,"byte":1}\n')
    expect(bytes).toBe(text.length)
  })

  test('refuses what a job has put in the place of its list', () => {
    mkdirSync(folder.at('folder'))
    symlinkSync(folder.at('list'), folder.at('link'))
    for (const from of ['folder', 'link'])
      expect(() => shiftRejected(folder.at(from), folder.at('out'), 0)).toThrow(
        expect.objectContaining({ code: 'ELOOP', message: `${folder.at(from)} is no file.` }),
      )
  })
})
