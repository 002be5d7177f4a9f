import { describe, expect, test } from 'vitest'
import { expandBraces } from './braces.ts'

describe('expandBraces', () => {
  test.each([
    ['a', ['a']],
    ['{a,b}', ['a', 'b']],
    ['x{a,b}y{1,2}', ['xay1', 'xay2', 'xby1', 'xby2']],
    ['{a,b{1,2}}', ['a', 'b1', 'b2']],
    ['{01..03}', ['01', '02', '03']],
    ['{8..10}', ['8', '9', '10']],
    ['{08..10}', ['08', '09', '10']],
    ['{3..1}', ['3', '2', '1']],
    ['{-1..1}', ['-1', '0', '1']],
    ['{a..c}', ['a', 'b', 'c']],
    ['{a,}', ['a', '']],
    ['{a}', ['{a}']],
    ['{}', ['{}']],
    ['{a', ['{a']],
    ['{{a,b}', ['{a', '{b']],
    ['\\{a,b}', ['\\{a,b}']],
    ['{a\\,b,c}', ['a\\,b', 'c']],
  ])('%s as bash does', (pattern, words) => {
    expect(expandBraces(pattern)).toEqual(words)
  })

  test('refuses more words than anyone means', () => {
    expect(() => expandBraces('{1..999999999}')).toThrow('stands for more than 10,000 names')
    expect(() => expandBraces('{1..200}{1..200}')).toThrow('stands for more than 10,000 names')
  })
})
