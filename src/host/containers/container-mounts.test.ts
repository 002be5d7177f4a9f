import { dirname } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mountsOf } from './container-mounts.ts'

describe('mountsOf', () => {
  it('mounts each file by itself, and what is in a mounted folder with it', () => {
    expect(mountsOf(['/in/a', '/in/b', '/in/b', '/deep', '/deep/c'], ['/out'])).toEqual([
      { path: '/in/a', isWritable: false },
      { path: '/in/b', isWritable: false },
      { path: '/deep', isWritable: false },
      { path: '/out', isWritable: true },
    ])
  })

  it('mounts the folder of a path that cannot be said', () => {
    const paths = ['/in/a,b', '/top/x\r\ny/z', Buffer.from('/late/\xff/c', 'latin1')]
    expect(mountsOf(paths, []).map(({ path }) => path)).toEqual(['/in/a,b', '/top', '/late'])
  })

  it('mounts the folders of very many files', () => {
    const paths = Array.from({ length: 5000 }, (_, file) => `/in/${file % 3}/${file}`)
    expect(mountsOf(paths, [])).toHaveLength(3)
  })

  it('covers every path, no place twice, and says nothing that cannot be said', () => {
    const name = fc.stringMatching(/^[a-c,"\r]{1,2}$/)
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `/${names.join('/')}`)
    fc.assert(
      fc.property(fc.array(path, { maxLength: 8 }), (paths) => {
        const mounted = new Set(mountsOf(paths, []).map((mount) => mount.path))
        const isCovered = (one: string): boolean =>
          one !== '/' && (mounted.has(one) || isCovered(dirname(one)))
        const isSayable = (one: string): boolean => !/\r/.test(one.split('/')[1] ?? '')
        expect(paths.filter((one) => isSayable(one) && one !== '/').every(isCovered)).toBe(true)
        for (const one of mounted) {
          expect(one).not.toMatch(/\r/)
          expect(isCovered(dirname(one))).toBe(false)
        }
      }),
    )
  })
})
