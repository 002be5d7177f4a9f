import { appendFileSync, renameSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import { GrowingLines } from './growing-lines.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

test('GrowingLines reads on where it was, also in a file that has got another name', () => {
  const file = folder.at('log.inprogress')
  const lines = new GrowingLines(file)
  expect(lines.take()).toEqual([])
  appendFileSync(file, 'one\ntw')
  expect(lines.take()).toEqual(['one'])
  appendFileSync(file, 'o\nthree\n')
  renameSync(file, folder.at('log'))
  expect(lines.take()).toEqual(['two', 'three'])
  expect(lines.take()).toEqual([])
  lines.close()
  lines.close()
})
