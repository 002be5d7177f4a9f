import { existsSync, mkdirSync, readFileSync, readlinkSync, realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type TempFolder, tempFolder } from '../../test/fixtures/temp-folder.ts'
import { buildVersion, linkPackage, packageRoot, packageVersion } from './package.ts'

let folder: TempFolder
beforeEach(() => {
  folder = tempFolder()
})
afterEach(() => folder.remove())

test('packageRoot is where the package lies', () => {
  expect(JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'))).toMatchObject({
    name: 'tallyman',
    version: packageVersion(),
  })
})

describe('linkPackage', () => {
  test('leads to this package, also where another one was linked, and where that is gone', () => {
    const link = folder.at('node_modules', 'tallyman')
    for (const before of [null, folder.path, '/nowhere/tallyman']) {
      if (before !== null) {
        linkPackage(folder.path)
        folder.remove()
        mkdirSync(folder.at('node_modules'), { recursive: true })
        symlinkSync(before, link)
      }
      linkPackage(folder.path)
      expect(realpathSync(link)).toBe(realpathSync(packageRoot))
      expect(readlinkSync(link)).toBe(packageRoot)
    }
  })
})

test('buildVersion tells versions, builds and runtimes apart', () => {
  const built = join(packageRoot, 'dist', 'built-from')
  const build = existsSync(built) ? readFileSync(built, 'utf8').slice(0, 8) : 'unknown'
  expect(buildVersion()).toBe(`${packageVersion()}, build ${build}, Node ${process.versions.node}`)
  expect(build).toMatch(/^[0-9a-f]{8}$|^unknown$/)
})
