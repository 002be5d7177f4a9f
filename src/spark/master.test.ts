import { describe, expect, it } from 'vitest'
import { localThreads, withAttempts } from './master.ts'

describe('localThreads', () => {
  it('knows how many threads a local master has, and that others are none', () => {
    expect(localThreads('local', 8)).toBe(1)
    expect(localThreads('local[3]', 8)).toBe(3)
    expect(localThreads('local[*]', 8)).toBe(8)
    expect(localThreads('local[2,4]', 8)).toBe(2)
    expect(localThreads('local-cluster[2,1,512]', 8)).toBeNull()
    expect(localThreads('spark://host:7077', 8)).toBeNull()
    expect(localThreads('yarn', 8)).toBeNull()
  })
})

describe('withAttempts', () => {
  it('says how often a local master tries, unless that is said', () => {
    expect(withAttempts('local', 3)).toBe('local[1,3]')
    expect(withAttempts('local[2]', 3)).toBe('local[2,3]')
    expect(withAttempts('local[*]', 4)).toBe('local[*,4]')
    expect(withAttempts('local[2,9]', 3)).toBe('local[2,9]')
    expect(withAttempts('spark://host:7077', 3)).toBe('spark://host:7077')
  })
})
