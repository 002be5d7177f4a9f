import { chmodSync, mkdirSync, renameSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { plainFile, planOf } from '../../../test/fixtures/plans.ts'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import type { Split } from '../../input/index.ts'
import { isAsPlanned } from './as-planned.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

/** A split of a file as it is now. */
function planned(path: string): Split {
  const { size, mtimeNs, ctimeNs, ino } = statSync(folder.at(path), { bigint: true })
  const [split] = planOf([plainFile(path, Number(size))]).splits
  const identity = { sizeBytes: Number(size), mtimeNs: `${mtimeNs}`, ctimeNs: `${ctimeNs}`, inode: `${ino}` }
  return { ...split!, identity }
}

function write(path: string, text: string): void {
  writeFileSync(folder.at(path), text)
  utimesSync(folder.at(path), 1, 1)
}

describe('isAsPlanned', () => {
  test('tells a file from another one of the same size and time', () => {
    write('a.txt', 'old')
    write('b.txt', 'new')
    const split = planned('a.txt')
    expect(isAsPlanned(split, folder.path)).toBe(true)
    renameSync(folder.at('b.txt'), folder.at('a.txt'))
    expect(isAsPlanned(split, folder.path)).toBe(false)
  })

  test('tells a file that was written to, also where its time was put back, or whose rights were changed', () => {
    for (const change of [() => write('c.txt', 'new'), () => chmodSync(folder.at('c.txt'), 0o600)]) {
      write('c.txt', 'old')
      const split = planned('c.txt')
      change()
      expect(isAsPlanned(split, folder.path)).toBe(false)
    }
  })

  test('finds a file behind a link where the system does', () => {
    mkdirSync(folder.at('far', 'below'), { recursive: true })
    symlinkSync(folder.at('far', 'below'), folder.at('link'))
    write('far/e.txt', 'old')
    const split = { ...planned('far/e.txt'), path: 'link/../e.txt' }
    expect(isAsPlanned(split, folder.path)).toBe(true)
    expect(isAsPlanned({ ...split, path: `${folder.path}/link/../e.txt` }, '/')).toBe(true)
  })

  test('is false of what is gone, and true of what a server has', () => {
    write('d.txt', 'old')
    expect(isAsPlanned({ ...planned('d.txt'), path: 'gone.txt' }, folder.path)).toBe(false)
    expect(isAsPlanned({ ...planned('d.txt'), path: 's3://bucket/d.txt' }, folder.path)).toBe(true)
  })
})
