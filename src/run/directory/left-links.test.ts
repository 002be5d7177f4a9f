/** What a job in a container may leave where attempts write: links to what only the coordinator, outside, can reach. */
import { existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { linkOrCopy } from '../store/kept-files.ts'
import { createRunDirectory, type RunDirectory } from './directory.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

let directory: RunDirectory
beforeEach(() => {
  directory = createRunDirectory(folder.at('runs'), {
    job: 'words.job.ts',
    cwd: folder.path,
    now: new Date(0),
  })
  mkdirSync(folder.at('precious'), { recursive: true })
  writeFileSync(folder.at('precious', 'thesis.txt'), 'all of it\n')
})

describe('RunDirectory', () => {
  it('commits nothing of what a link in the place of an attempt leads to', () => {
    symlinkSync(folder.at('precious'), directory.absolute(directory.relativeAttemptFolder('map-00000.1')))
    directory.commitAttempt('map-00000.1', 'map-00000')
    const committed = directory.absolute(directory.relativeCommittedFolder('map-00000'))
    expect(lstatSync(committed).isDirectory()).toBe(true)
    expect(readdirSync(committed)).toEqual([])
  })

  it('removes no file that a link leads to', async () => {
    symlinkSync(folder.at('precious'), directory.absolute(directory.relativeCommittedFolder('map-00000')))
    await directory.discardCommitted()
    expect(readdirSync(folder.at('precious'))).toEqual(['thesis.txt'])
    expect(existsSync(directory.absolute('committed'))).toBe(false)
  })
})

describe('linkOrCopy', () => {
  it('keeps no link for later runs', () => {
    symlinkSync(folder.at('precious', 'thesis.txt'), join(directory.path, 'p0.spill'))
    expect(() => linkOrCopy(join(directory.path, 'p0.spill'), join(directory.path, 'kept'))).toThrow(
      /no file/,
    )
    expect(existsSync(join(directory.path, 'kept'))).toBe(false)
  })
})
