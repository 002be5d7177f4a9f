import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runProgram } from '../../test/fixtures/bundled.ts'
import { fileTree } from '../../test/fixtures/file-tree.ts'
import { requires } from '../../test/requires.ts'
import { type DiskSpace, readDiskSpace, spareSpace } from './disk-space.ts'

const gigabyte = 1e9

/** May this process mount in a mount table of its own? */
const mounting = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'])
const canMount = requires('the right to mount', mounting.status === 0)

describe('readDiskSpace', () => {
  test('says what df says', async () => {
    const folder = fileTree()
    const space = await readDiskSpace(folder)
    const { stdout } = spawnSync('df', ['-PB1', folder], { encoding: 'utf8' })
    const [, total, , available] = stdout.split('\n')[1]?.split(/\s+/) ?? []
    expect(space.totalBytes).toBe(Number(total))
    // Others write meanwhile.
    expect(Math.abs(space.freeBytes - Number(available))).toBeLessThan(5 * gigabyte)
    expect(space.freeBytes).toBeGreaterThan(0)
  })

  test('takes the nearest folder that exists', async () => {
    const folder = fileTree()
    const { totalBytes } = await readDiskSpace(join(folder, 'not', 'yet'))
    expect(totalBytes).toBe((await readDiskSpace(folder)).totalBytes)
  })

  test('throws what the system says of a path that is none', async () => {
    const folder = fileTree({ file: '' })
    await expect(readDiskSpace(join(folder, 'file', 'below'))).rejects.toThrow('ENOTDIR')
  })

  test.skipIf(!canMount)('reads a file system of known size', () => {
    const folder = fileTree()
    const space = runProgram(
      `import { writeFileSync } from 'node:fs'
       import { readDiskSpace } from './src/host/disk-space.ts'
       writeFileSync('${folder}/half', Buffer.alloc(4 << 20))
       console.log(JSON.stringify(await readDiskSpace('${folder}')))`,
      { before: inMounts(`mount -t tmpfs -o size=8M,nr_inodes=100 none ${folder}`) },
    )
    expect(space).toEqual({
      totalBytes: 8 * 2 ** 20,
      freeBytes: 4 * 2 ** 20,
      totalFiles: 100,
      // The folder itself is one.
      freeFiles: 98,
    })
  })
})

describe('spareSpace', () => {
  const space = (totalBytes: number, freeBytes: number): DiskSpace => ({
    totalBytes,
    freeBytes,
    totalFiles: null,
    freeFiles: null,
  })

  test.each([
    ['a small disk keeps 5 %', space(10 * gigabyte, 3 * gigabyte), 2.5 * gigabyte],
    ['a large one 1 GB', space(10_000 * gigabyte, 3 * gigabyte), 2 * gigabyte],
    ['both are the same at 20 GB', space(20 * gigabyte, gigabyte), 0],
    ['below the floor it is negative', space(10_000 * gigabyte, gigabyte / 4), -0.75 * gigabyte],
  ])('%s', (_, disk, bytes) => {
    expect(spareSpace(disk)).toEqual({ bytes, files: Number.POSITIVE_INFINITY })
  })

  test('counts files where the file system does', () => {
    const files = (totalFiles: number, freeFiles: number): number =>
      spareSpace({ ...space(0, 0), totalFiles, freeFiles }).files
    expect(files(1000, 60)).toBe(10)
    expect(files(10_000_000, 15_000)).toBe(5000)
    expect(files(10_000_000, 0)).toBe(-10_000)
  })
})

/** A command that runs another after mounting something that nobody else sees. */
function inMounts(mount: string): readonly string[] {
  return ['unshare', '--mount', 'sh', '-c', `${mount} && exec "$@"`, 'sh']
}
