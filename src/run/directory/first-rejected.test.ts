import { mkdirSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type TempFolder, tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { RunDirectory } from './directory.ts'
import { firstRejected, sayRejectedPlace } from './first-rejected.ts'

let folder: TempFolder
let directory: RunDirectory
beforeEach(() => {
  folder = tempFolder()
  directory = new RunDirectory(folder.path)
})
afterEach(() => folder.remove())

const line = (byte: number, excerpt = ''): string => `${JSON.stringify({ path: 'a.txt', byte, excerpt })}\n`

describe('firstRejected', () => {
  test('has no more than asked for, in their order', () => {
    writeFileSync(directory.rejectedFile, [1, 2, 3].map((byte) => line(byte)).join(''))
    expect(firstRejected(directory, 2)).toEqual([
      { path: 'a.txt', byte: 1, excerpt: '' },
      { path: 'a.txt', byte: 2, excerpt: '' },
    ])
    expect(firstRejected(directory, 9).map(({ byte }) => byte)).toEqual([1, 2, 3])
  })

  test('has only those that the first 256 KiB hold whole', () => {
    const long = 'x'.repeat(100 * 1024)
    writeFileSync(directory.rejectedFile, [1, 2, 3].map((byte) => line(byte, long)).join(''))
    expect(firstRejected(directory, 9).map(({ byte }) => byte)).toEqual([1, 2])
  })

  test('has none where nothing is listed, and throws where the list cannot be read', () => {
    expect(firstRejected(directory, 9)).toEqual([])
    const below = new RunDirectory(folder.at('a file'))
    writeFileSync(below.path, '')
    expect(() => firstRejected(below, 9)).toThrow(/ENOTDIR/)
    mkdirSync(directory.rejectedFile)
    expect(() => firstRejected(directory, 9)).toThrow(/EISDIR/)
  })
})

test('sayRejectedPlace says the file or the member, the line and the byte', () => {
  const place = { path: 'day.zip', member: '03.jsonl', line: 1234, byte: 56_789 }
  expect(sayRejectedPlace(place)).toBe('day.zip!03.jsonl, line 1,234 (byte 56,789)')
  expect(sayRejectedPlace({ ...place, member: null })).toBe('day.zip, line 1,234 (byte 56,789)')
})
