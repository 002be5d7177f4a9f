import { describe, expect, it } from 'vitest'
import { sayAlone, sayCost } from './end-of-run.ts'
import { shownPath } from './shown-path.ts'

const fresh = { bytes: 0 }

describe('sayCost', () => {
  it('tells bytes once where nothing was compressed', () => {
    expect(sayCost({ bytes: 2000, readBytes: 2000 }, { before: fresh, elapsedMs: 2000 })).toBe(
      '2 kB in 2.0 s, 1 kB/s',
    )
    expect(sayCost({ bytes: 238e6, readBytes: 40.9e6 }, { before: fresh, elapsedMs: 3700 })).toBe(
      '238 MB (40.9 MB on disk) in 3.7 s, 64.3 MB/s',
    )
  })

  it('tells no rate of less than half a second', () => {
    expect(sayCost({ bytes: 30, readBytes: 30 }, { before: fresh, elapsedMs: 17 })).toBe('30 B in 17 ms')
    expect(sayCost({ bytes: 30, readBytes: 30 }, { before: fresh, elapsedMs: 499 })).toBe('30 B in 0.5 s')
    expect(sayCost({ bytes: 30, readBytes: 30 }, { before: fresh, elapsedMs: 500 })).toBe(
      '30 B in 0.5 s, 60 B/s',
    )
  })

  it('takes the rate over what this session has read', () => {
    expect(sayCost({ bytes: 5000, readBytes: 5000 }, { before: { bytes: 3000 }, elapsedMs: 2000 })).toBe(
      '5 kB, 2 kB of it now, in 2.0 s, 1 kB/s',
    )
    expect(sayCost({ bytes: 5000, readBytes: 5000 }, { before: { bytes: 5000 }, elapsedMs: 2000 })).toBe(
      '5 kB, all of it read before, in 2.0 s',
    )
  })
})

describe('sayAlone', () => {
  it('holds the work of all tasks against how long they took side by side', () => {
    expect(sayAlone(31_000, { before: fresh, elapsedMs: 20_000 })).toBe(
      'one thread alone would have worked 31 s, 1.6 times as long',
    )
    expect(sayAlone(12_000, { before: fresh, elapsedMs: 20_000 })).toBe(
      'one thread alone would have worked 12 s: no longer than the workers took',
    )
  })

  it('says nothing of what was short, or begun before', () => {
    expect(sayAlone(1000, { before: fresh, elapsedMs: 1000 })).toBeNull()
    expect(sayAlone(9000, { before: { bytes: 1 }, elapsedMs: 9000 })).toBeNull()
  })
})

describe('shownPath', () => {
  it.each([
    ['/data/a/b', '/data', 'a/b'],
    ['/data', '/data', '/data'],
    ['/other/a', '/data', '/other/a'],
    ['/data/new\nline', '/data', 'new\\nline'],
  ])('shows %j from %s as %s', (path, cwd, shown) => {
    expect(shownPath(path, cwd)).toBe(shown)
  })
})
