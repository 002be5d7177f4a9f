import { readdirSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type TempFolder, tempFolder } from '../../test/fixtures/temp-folder.ts'
import { measureWriting, readFileSystemType } from './file-system.ts'

let folder: TempFolder
beforeEach(() => {
  folder = tempFolder()
})
afterEach(() => folder.remove())

it('readFileSystemType takes the mount that a path is on, the last of those at one place', () => {
  const file = folder.at('mountinfo')
  writeFileSync(
    file,
    '22 1 8:1 / / rw - ext4 /dev/sda1 rw\n23 22 0:20 / /home rw shared:1 - nfs4 box:/home rw\n24 22 0:21 / /home/my\\040disk rw - xfs /dev/sdb rw\n25 22 0:22 / /tmp rw - ext4 /dev/sdc rw\n26 22 0:23 / /tmp rw - tmpfs tmpfs rw\n',
  )
  const types = ['/', '/homes', '/home/ada', '/home', '/home/my disk/x', '/tmp/x'].map((path) =>
    readFileSystemType(path, file),
  )
  expect(types).toEqual(['ext4', 'ext4', 'nfs4', 'nfs4', 'xfs', 'tmpfs'])
  expect(readFileSystemType('/', '/nonexistent')).toBe(null)
  expect(readFileSystemType('/proc')).toBe('proc')
})

it('measureWriting leaves nothing, and fails where nothing can be written', async () => {
  expect(await measureWriting(folder.path)).toBeGreaterThan(0)
  expect(readdirSync(folder.path)).toEqual([])
  await expect(measureWriting('/proc')).rejects.toThrow(/EN|EACCES|EPERM/)
})
