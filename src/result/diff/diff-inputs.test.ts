import { describe, expect, test } from 'vitest'
import { input } from '../../../test/fixtures/results.ts'
import { diffInputs } from './diff-inputs.ts'

describe('diffInputs', () => {
  test('tells what was added, removed, changed and in what, the weightiest first', () => {
    const before = [
      input({ path: 'in/a' }),
      input({ path: 'in/b', mtimeNs: '1' }),
      input({ path: 'in/c' }),
      input({ path: 'in/d', sizeBytes: 1, records: 1, mtimeNs: '1' }),
    ]
    const after = [
      input({ path: 'in/b', mtimeNs: '2' }),
      input({ path: 'in/c' }),
      input({ path: 'in/d', sizeBytes: 2, records: 2, mtimeNs: '2' }),
      input({ path: 'in/e' }),
    ]
    const { added, removed, changed, same } = diffInputs(before, after)
    expect(added.map(({ path }) => path)).toEqual(['in/e'])
    expect(removed.map(({ path }) => path)).toEqual(['in/a'])
    expect(changed.map((one) => [one.after.path, one.aspects])).toEqual([
      ['in/d', ['records', 'size', 'mtime']],
      ['in/b', ['mtime']],
    ])
    expect(same).toBe(1)
  })

  test('takes a file of the same name in another folder for the same, where no other has that name', () => {
    const before = ['/data/1.zip', '/data/2.zip', '/data/x/3.zip', '/data/y/3.zip'].map((path) =>
      input({ path }),
    )
    const after = ['t/1.zip', 't/2.zip', 't/3.zip'].map((path) => input({ path }))
    const { added, removed, changed } = diffInputs(before, after)
    expect(changed.map((one) => [one.before.path, one.after.path, one.aspects])).toEqual([
      ['/data/1.zip', 't/1.zip', ['path']],
      ['/data/2.zip', 't/2.zip', ['path']],
    ])
    expect(removed.map(({ path }) => path)).toEqual(['/data/x/3.zip', '/data/y/3.zip'])
    expect(added.map(({ path }) => path)).toEqual(['t/3.zip'])
  })

  test('pairs by path before it pairs by name', () => {
    const before = [input({ path: 'a/1' }), input({ path: 'b/1' })]
    const after = [input({ path: 'b/1' }), input({ path: 'c/1' })]
    const { changed, same } = diffInputs(before, after)
    expect(same).toBe(1)
    expect(changed.map((one) => [one.before.path, one.after.path])).toEqual([['a/1', 'c/1']])
  })
})
