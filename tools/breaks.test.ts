import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { brokenPromises } from './breaks/all.ts'
import { type Break, broken } from './breaks/break.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const all = brokenPromises.flatMap(({ breaks }) => breaks)

describe('breaks', () => {
  it('are of every promise, and each has a name of its own', () => {
    expect(brokenPromises.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
  })

  it('fit the sources, and name tests that are there', () => {
    const misfits = all.flatMap((one) => {
      try {
        broken(readFileSync(root + one.file, 'utf8'), one)
        return one.noticedBy.map(({ file }) => file).filter((file) => !existsSync(root + file))
      } catch (error) {
        return [String(error)]
      }
    })
    expect(misfits).toEqual([])
  })

  it('have each a row in docs/reliability.md, with the tests that say so', () => {
    const page = readFileSync(`${root}docs/reliability.md`, 'utf8').replaceAll(/ +/g, ' ')
    const rows = all.map(({ what, noticedBy }) => {
      const files = [...new Set(noticedBy.map(({ file }) => `\`${file}\``))]
      return `| ${what} | ${files.join(', ')} |`
    })
    expect(
      rows.filter((row) => !page.includes(row)),
      'Put these rows into the table of promises.',
    ).toEqual([])
  })

  it('are refused where their text is gone, or stands there twice', () => {
    const one: Break = { name: 'x', what: '', file: 'a.ts', text: '$1', replacement: '$&', noticedBy: [] }
    expect(broken('a $1 b', one)).toBe('a $& b')
    expect(() => broken('a b', one)).toThrow('Break "x" does not fit any more: a.ts has its text 0 times.')
    expect(() => broken('$1 $1', one)).toThrow('2 times')
  })
})
