import { mkdirSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type TempFolder, tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { listRuns } from './list-runs.ts'

let folder: TempFolder
beforeEach(() => {
  folder = tempFolder()
})
afterEach(() => folder.remove())

function make(id: string, createdAt: number | null): void {
  mkdirSync(folder.at(id))
  if (createdAt !== null) writeFileSync(folder.at(id, 'run.json'), JSON.stringify({ createdAt }))
}

test('listRuns has the newest first: by the second in their names, and within it by run.json', () => {
  make('20201231-235959-b', 5003)
  make('20201231-235959-a', 5005)
  make('20201231-235959-a-2', 5004)
  make('20210101-000000-a', 1)
  make('20201231-235958-z', 9999)
  for (const second of ['54', '57', '55', '56']) make(`20201231-2359${second}-z`, 1)
  writeFileSync(folder.at('a file'), 'is no run')
  expect(listRuns(folder.path)).toEqual([
    '20210101-000000-a',
    '20201231-235959-a',
    '20201231-235959-a-2',
    '20201231-235959-b',
    '20201231-235958-z',
    '20201231-235957-z',
    '20201231-235956-z',
    '20201231-235955-z',
    '20201231-235954-z',
  ])
})

test('listRuns has one that cannot be read behind others of its second, and those of one millisecond by name', () => {
  make('20201231-235959-c', null)
  make('20201231-235959-b', 7)
  make('20201231-235959-a', 7)
  make('20201231-235959-d', null)
  writeFileSync(folder.at('20201231-235959-d', 'run.json'), '{')
  expect(listRuns(folder.path)).toEqual([
    '20201231-235959-b',
    '20201231-235959-a',
    '20201231-235959-d',
    '20201231-235959-c',
  ])
})

test('listRuns has none where there is no folder, and throws where it is none', () => {
  expect(listRuns(folder.at('nowhere'))).toEqual([])
  writeFileSync(folder.at('a file'), '')
  expect(() => listRuns(folder.at('a file'))).toThrow(/ENOTDIR/)
})
