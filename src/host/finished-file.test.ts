import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import { openFinishedFile, readLeftFile } from './finished-file.ts'

const folder = tempFolder()
afterAll(() => folder.remove())
writeFileSync(folder.at('file'), '12345')
mkdirSync(folder.at('folder'))
symlinkSync('file', folder.at('link'))
symlinkSync('/dev/zero', folder.at('endless'))
const hasPipe = spawnSync('mkfifo', [folder.at('pipe')]).status === 0

describe('readLeftFile', () => {
  it('reads a file that is no longer than it may be', () => {
    expect(readLeftFile(folder.at('file'), 5)?.toString()).toBe('12345')
    expect(readLeftFile(folder.at('file'), 4)).toBeNull()
    expect(readLeftFile(folder.at('none'), 5)).toBeNull()
  })

  it.each(['folder', 'link', 'endless', ...(hasPipe ? ['pipe'] : [])])(
    'neither follows nor waits for what a job has put in its place: %s',
    (name) => {
      expect(readLeftFile(folder.at(name), 64)).toBeNull()
    },
  )
})

describe('openFinishedFile', () => {
  it('does not follow a link that has taken the place of what was written', () => {
    expect(() => openFinishedFile(folder.at('link'), 'link')).toThrow(/something else is in its place/)
  })
})
