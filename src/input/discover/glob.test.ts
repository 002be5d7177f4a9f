import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPattern, parseGlob } from './glob.ts'

function matches(pattern: string, name: string): boolean {
  const [segment] = parseGlob(pattern).segments
  return segment?.kind === 'name' && segment.matches(name)
}

describe('parseGlob', () => {
  test.each([
    ['*.zip', 'a b.zip', true],
    ['*.zip', 'a.zipx', false],
    ['*.zip', 'A.ZIP', false],
    ['*', 'new\nline', true],
    ['*', 'quo\'te"', true],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['a[0-9].gz', 'a7.gz', true],
    ['a[!0-9].gz', 'a7.gz', false],
    ['a[[:digit:]]', 'a7', true],
    ['report (1)*', 'report (1).csv', true],
    ['report (1)*', 'report 1.csv', false],
    ['a{1}*', 'a{1}b', true],
    ['a|b*', 'a|b', true],
    ['a"b*', 'a"bc', true],
    ['a+(b)', 'abbb', true],
    ['!(*_all).zip', 'x.zip', true],
    ['!(*_all).zip', 'x_all.zip', false],
    ['!*', '!a', true],
    ['!*', 'a', false],
    ['\\**', '*a', true],
    ['\\**', 'a', false],
    ['*\udcff*', 'a\udcffb', true],
  ])('%s on %s: %s', (pattern, name, expected) => {
    expect(matches(pattern, name)).toBe(expected)
  })

  test.each([
    ['*/a.b', 'a.b', true],
    ['*/a.b', 'axb', false],
    ['*/a.b', 'a.bc', false],
    ['*/a\\*', 'a*', true],
    ['*/a\\*', 'ab', false],
    ['*/./a', 'a', true],
    ['*//a', 'a', true],
    ['*/a)*', 'a)b', true],
    ['*/a@(b', 'a@(b', true],
    ['*/a\\\\*', 'a\\b', true],
    ['*/a\\\\*', 'ab', false],
    ['*/+(a)(b)', 'aa(b)', true],
    ['*/+(a))', 'aa)', true],
  ])('%s on %s below: %s', (pattern, name, expected) => {
    const { segments } = parseGlob(pattern)
    const [, below] = segments
    expect(segments.length).toBe(2)
    expect(below?.kind === 'name' && below.matches(name)).toBe(expected)
  })

  test('asks for hidden names where a part begins as they do', () => {
    const starts = ['.*', '_*', '\\.*', 'a.*', '*.a'].map((pattern) => {
      const [segment] = parseGlob(pattern).segments
      return segment?.kind === 'name' ? segment.hiddenStart : undefined
    })
    expect(starts).toEqual(['.', '_', '.', null, null])
    expect(matches('*', '.hidden')).toBe(true)
  })

  test('matches a name with any characters by its start', () => {
    const name = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !text.includes('/'))
    fc.assert(
      fc.property(name, (text) => {
        const quoted = text.replaceAll(/[\\*?[\]!@+(){}|"^$.]/g, '\\$&')
        expect(matches(`${quoted}*`, `${text}.zip`)).toBe(true)
        expect(matches(`${quoted}*`, `x${text}`.slice(0, 1))).toBe('x'.startsWith(text))
      }),
    )
  })

  test('keeps the directories before the first pattern apart', () => {
    expect(parseGlob('a b/c\\*/d*/e').root).toBe('a b/c*')
    expect(parseGlob('/*').root).toBe('/')
    expect(parseGlob('*').root).toBe('')
    expect(parseGlob('**/**/x*').segments.map(({ kind }) => kind)).toEqual(['any-depth', 'name'])
  })
})

test('isPattern sees unquoted pattern characters only', () => {
  expect(['*', 'a?', 'a[1]', '@(a|b)'].every(isPattern)).toBe(true)
  expect(['a', 'a\\*', 'a (1)', 'a!b', 'a]'].some(isPattern)).toBe(false)
})
