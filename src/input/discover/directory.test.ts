import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { lstat, stat } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type TempFolder, tempFolder } from '../../../test/fixtures/temp-folder.ts'
import {
  baseName,
  isAboutPath,
  isAbsent,
  joinPath,
  kindOf,
  listDirectory,
  readTarget,
  resolveLinks,
  sayErrno,
} from './directory.ts'

let folder: TempFolder
beforeEach(() => {
  folder = tempFolder()
})
afterEach(() => folder.remove())

const failure = (code: string): Error => Object.assign(new Error(`${code}: it said no`), { code })

describe('listDirectory', () => {
  it('has names with what they are, by their bytes', async () => {
    for (const name of ['b', 'a', 'ä', 'B', 'z']) writeFileSync(folder.at(name), '')
    mkdirSync(folder.at('c'))
    symlinkSync('a', folder.at('d'))
    expect(await listDirectory(folder.path)).toEqual([
      { name: 'B', kind: 'file' },
      { name: 'a', kind: 'file' },
      { name: 'b', kind: 'file' },
      { name: 'c', kind: 'directory' },
      { name: 'd', kind: 'link' },
      { name: 'z', kind: 'file' },
      { name: 'ä', kind: 'file' },
    ])
  })
})

describe('kindOf', () => {
  it('tells a link from what it leads to, and a device from files', async () => {
    symlinkSync('.', folder.at('link'))
    expect(kindOf(await lstat(folder.at('link')))).toBe('link')
    expect(kindOf(await stat(folder.at('link')))).toBe('directory')
    expect(kindOf(await stat('/dev/null'))).toBe('device')
    spawnSync('mkfifo', [folder.at('pipe')])
    expect(kindOf(await stat(folder.at('pipe')))).toBe('named pipe')
  })
})

describe('links', () => {
  it('are read as they are written, and resolved to where they lead', async () => {
    mkdirSync(folder.at('a'))
    symlinkSync('./a/../a', folder.at('link'))
    expect(await readTarget(folder.at('link'))).toBe('./a/../a')
    expect(await resolveLinks(folder.at('link'))).toBe(folder.at('a'))
  })
})

describe('paths', () => {
  it('are put together and taken apart', () => {
    expect([joinPath('', 'a'), joinPath('/', 'a'), joinPath('b', 'a'), joinPath('b/', 'a')]).toEqual([
      'a',
      '/a',
      'b/a',
      'b/a',
    ])
    expect(['a/b/c', 'c', '/c', 'a/'].map(baseName)).toEqual(['c', 'c', 'c', ''])
  })
})

describe('sayErrno', () => {
  it.each([
    ['ENOENT', 'does not exist'],
    ['ENOTDIR', 'does not exist'],
    ['EACCES', 'may not be read by you (permission denied)'],
    ['EPERM', 'may not be read by you (permission denied)'],
    ['ELOOP', 'is a symbolic link that leads back to itself'],
    ['ENAMETOOLONG', 'has a name longer than the file system takes'],
    ['EIO', 'cannot be read (EIO: it said no)'],
  ])('says %s as the rest of a sentence', (code, words) => {
    expect(sayErrno(failure(code))).toBe(words)
  })
})

describe('isAbsent and isAboutPath', () => {
  it('tell a wrong name and a lacking right from a machine that fails', () => {
    const codes = [
      'ENOENT',
      'ENOTDIR',
      'ENAMETOOLONG',
      'ERR_INVALID_ARG_VALUE',
      'EACCES',
      'EPERM',
      'ELOOP',
      'EIO',
    ]
    expect(codes.filter((code) => isAbsent(failure(code)))).toEqual(codes.slice(0, 4))
    expect(codes.filter((code) => isAboutPath(failure(code)))).toEqual(codes.slice(0, 7))
  })
})
