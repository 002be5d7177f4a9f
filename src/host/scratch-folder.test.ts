import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { scratchFolder } from './scratch-folder.ts'

function parentFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), 'tallyman scratch '))
  onTestFinished(() => rmSync(parent, { recursive: true }))
  return parent
}

/** The number of a process that is gone. */
function goneProcess(): number {
  return spawnSync('true').pid
}

it('scratchFolder removes the folders of processes that are gone, with all that is in them', () => {
  const parent = parentFolder()
  const [space] = basename(scratchFolder('query', parent)).match(/\d+/) ?? []
  const left = join(parent, `tallyman-so-far-${space}.${goneProcess()}.1-abcdef`)
  mkdirSync(join(left, 'deep'), { recursive: true })
  writeFileSync(join(left, 'deep', 'file'), 'x')
  scratchFolder('query', parent)
  expect(existsSync(left)).toBe(false)
})

it('scratchFolder removes the folder of an earlier process that had the number of one that is there', () => {
  const parent = parentFolder()
  const [space] = basename(scratchFolder('query', parent)).match(/\d+/) ?? []
  mkdirSync(join(parent, `tallyman-app-${space}.${process.pid}.1-abcdef`))
  const own = scratchFolder('app', parent)
  expect(readdirSync(parent).filter((name) => name.startsWith('tallyman-app-'))).toEqual([basename(own)])
})

it('scratchFolder leaves what is of a process that is there, of another namespace, or not of its making', () => {
  const parent = parentFolder()
  const first = basename(scratchFolder('query', parent))
  const [space] = first.match(/\d+/) ?? []
  const others = [
    `tallyman-query-1${space}.${goneProcess()}.1-abcdef`,
    `tallyman-query-${space}.${goneProcess()}-abcdef`,
    'tallyman-query-abcdef',
    'something',
  ]
  for (const name of others) mkdirSync(join(parent, name))
  const second = basename(scratchFolder('query', parent))
  expect(readdirSync(parent).sort()).toEqual([first, second, ...others].sort())
})
