import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import { openWhole, writeWhole } from './whole-file.ts'

const folder = tempFolder()
afterEach(() => folder.remove())

test('a file is as it was until its new text is whole, and nothing else there is touched', () => {
  const file = folder.at('answer.csv')
  writeFileSync(file, 'older')
  writeFileSync(`${file}.new`, 'weeks of work')
  const [first, second, third] = [openWhole(file), openWhole(file), openWhole(file)]
  first.write('one\n')
  second.write('two\n')
  first.write('one\n')
  expect(readFileSync(file, 'utf8')).toBe('older')
  first.commit()
  expect(readFileSync(file, 'utf8')).toBe('one\none\n')
  second.write('two\n')
  second.commit()
  third.write('three')
  third.discard()
  expect(readFileSync(file, 'utf8')).toBe('two\ntwo\n')
  writeWhole(file, 'whole')
  expect(() => writeWhole(folder.at('.'), 'no file')).toThrow()
  expect(readFileSync(file, 'utf8')).toBe('whole')
  expect(readFileSync(`${file}.new`, 'utf8')).toBe('weeks of work')
  expect(readdirSync(folder.path).sort()).toEqual(['answer.csv', 'answer.csv.new'])
})
