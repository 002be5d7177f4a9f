import { describe, expect, it } from 'vitest'
import { changedBuiltIns } from './built-ins.ts'

describe('changedBuiltIns', () => {
  it('names functions that are not the ones there were, three at most', () => {
    expect(changedBuiltIns()).toBe('')
    const names = ['cbrt', 'cosh', 'expm1', 'hypot'] as const
    const before = names.map((name) => Math[name])
    try {
      Math.cosh = () => 0
      expect(changedBuiltIns()).toBe('Math.cosh')
      for (const name of names) Math[name] = () => 0
      expect(changedBuiltIns().split(', ')).toHaveLength(3)
    } finally {
      for (const [index, name] of names.entries()) Math[name] = before[index]!
    }
    expect(changedBuiltIns()).toBe('')
  })
})
