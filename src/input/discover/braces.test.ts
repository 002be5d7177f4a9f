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
    ['{c..a}', ['c', 'b', 'a']],
    ['{b..b}', ['b']],
    ['{5..5}', ['5']],
    ['{1..010}', ['001', '002', '003', '004', '005', '006', '007', '008', '009', '010']],
    ['{-01..1}', ['-01', '000', '001']],
    ['{10..8}', ['10', '9', '8']],
    ['{100..100}', ['100']],
    ['{x1..2}', ['{x1..2}']],
    ['{1..2x}', ['{1..2x}']],
    ['{1..a}', ['{1..a}']],
    ['{aa..c}', ['{aa..c}']],
    ['{a..cc}', ['{a..cc}']],
    ['{a..}', ['{a..}']],
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
    expect(() => expandBraces('{1..200}{1..200}')).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: 'Pattern "{1..200}{1..200}" stands for more than 10,000 names.',
        wayOut: 'Use "*" in place of the braces, or name the directory.',
      }),
    )
    expect(expandBraces('{1..10000}').length).toBe(10_000)
    expect(() => expandBraces('{1..10001}')).toThrow('stands for more than 10,000 names')
  })
})
