import { describe, expect, it } from 'vitest'
import { parseGlob } from './glob.ts'
import { matchesBelow } from './match-below.ts'

describe('matchesBelow', () => {
  it.each([
    ['b/*.txt', 'a.txt', true],
    ['b/*.txt', 'a.zip', false],
    ['b/*.txt', 'deep/a.txt', false],
    // What matches a directory stands for all in it.
    ['b/20*', '2020/01/a.zip', true],
    ['b/*/a.zip', '2020/a.zip', true],
    ['b/**', 'a', true],
    ['b/**', 'x/y/a', true],
    ['b/**/*.zip', 'a.zip', true],
    ['b/**/*.zip', 'x/y/a.zip', true],
    ['b/**/*.zip', 'x/y/a.txt', false],
    ['b/*', '_SUCCESS', false],
    ['b/**', 'x/.hidden/a', false],
    ['b/_*', '_SUCCESS', true],
    ['b/20*', '2020/_temporary/a', false],
  ])('says of %j and %j: %j', (pattern, name, answer) => {
    expect(matchesBelow(parseGlob(pattern), name.split('/'))).toBe(answer)
  })
})
