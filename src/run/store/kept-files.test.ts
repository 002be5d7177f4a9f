import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { requires } from '../../../test/requires.ts'
import { TallymanError } from '../../errors.ts'
import { linkOrCopy, unlessRefused } from './kept-files.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

const other = '/dev/shm'
const hasOther = existsSync(other) && statSync(other).dev !== statSync(folder.path).dev

describe('unlessRefused', () => {
  test('says whether the system let it, and hides no mistake of ours', () => {
    expect(unlessRefused(() => undefined)).toBe(true)
    expect(unlessRefused(() => rmSync(folder.at('none')))).toBe(false)
    const mistakes = [new TypeError('no function'), new TallymanError('file-damaged', 'It is damaged.')]
    for (const mistake of mistakes)
      expect(() =>
        unlessRefused(() => {
          throw mistake
        }),
      ).toThrow(mistake)
  })
})

describe('linkOrCopy', () => {
  test('makes a link, which is the same file', () => {
    writeFileSync(folder.at('a'), 'text')
    linkOrCopy(folder.at('a'), folder.at('b'))
    expect(statSync(folder.at('b')).ino).toBe(statSync(folder.at('a')).ino)
  })

  test.skipIf(!requires('/dev/shm, on a file system of its own', hasOther))(
    'copies to another file system',
    () => {
      const away = mkdtempSync(join(other, 'tallyman-test-'))
      try {
        writeFileSync(folder.at('c'), 'text')
        linkOrCopy(folder.at('c'), join(away, 'c'))
        expect(readFileSync(join(away, 'c'), 'utf8')).toBe('text')
      } finally {
        rmSync(away, { recursive: true })
      }
    },
  )

  test('refuses what is no file', () => {
    mkdirSync(folder.at('folder'))
    expect(() => linkOrCopy(folder.at('folder'), folder.at('d'))).toThrow(
      `${folder.at('folder')} is no file.`,
    )
  })
})
