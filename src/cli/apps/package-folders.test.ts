import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packageFolders } from './package-folders.ts'

let folder: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'tallyman-packages-')))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function make(...parts: readonly string[]): string {
  const path = join(folder, ...parts)
  mkdirSync(path, { recursive: true })
  return path
}

describe('packageFolders', () => {
  it('is a checkout, with packages in it or without', () => {
    const root = make('tallyman')
    expect(packageFolders(root)).toEqual([root])
    make('tallyman', 'node_modules')
    expect(packageFolders(root)).toEqual([root])
  })

  it('is a checkout, and where its packages are that are only linked there', () => {
    const root = make('tallyman')
    const packages = make('elsewhere', 'node_modules')
    symlinkSync(packages, join(root, 'node_modules'))
    expect(packageFolders(root)).toEqual([root, packages])
  })

  it('is where npm has installed it, beside what it needs, though it is reached by a link', () => {
    const root = make('app', 'node_modules', 'tallyman')
    const link = join(folder, 'link')
    symlinkSync(root, link)
    expect(packageFolders(link)).toEqual([join(folder, 'app', 'node_modules')])
  })

  it('is all that pnpm has installed, where packages are only linked beside each other', () => {
    const root = make('app', 'node_modules', '.pnpm', 'tallyman@0.1.0', 'node_modules', 'tallyman')
    const link = join(folder, 'app', 'node_modules', 'tallyman')
    symlinkSync(root, link)
    expect(packageFolders(link)).toEqual([join(folder, 'app', 'node_modules')])
  })
})
