import { describe, expect, test } from 'vitest'
import { acceptOption, matchesAccepted } from './accepted.ts'
import type { InputProblem } from './discovery.ts'

function problem(path: string, member: string | null = null): InputProblem {
  return { path, member, byte: null, code: 'input-damaged', message: '' }
}

describe('matchesAccepted', () => {
  test.each([
    ['d/a.zip', null, 'd/a.zip', true],
    ['d/a.zip', null, './d/a.zip', true],
    ['d/a.zip', null, 'a.zip', true],
    ['d/a.zip', null, 'd', false],
    ['d/a.zip', null, 'A.zip', false],
    ['2020-02-20', null, '2020-02-20', true],
    ['d/a.zip', 'x/y', 'd/a.zip!x/y', true],
    ['d/a.zip', 'x/y', 'a.zip!x/y', true],
    ['d/a.zip', 'x/y', 'a.zip', true],
    ['d/a.zip', 'x/y', 'y', false],
    ['d/a.zip', null, 'a.zip!x/y', false],
    ['d/a.zip', null, './/./d/a.zip', true],
    ['d/a.zip', null, 'x./d/a.zip', false],
    ['a.zip!null', null, 'a.zip!null', true],
    ['d/a.zip', null, 'd/a.zip!null', false],
  ])('%s, member %s, by %s: %s', (path, member, name, expected) => {
    expect(matchesAccepted(problem(path, member), ['other', name])).toBe(expected)
  })

  test('takes a name that is not UTF-8 in the form a command line gives it', () => {
    const typed = Buffer.from('bad\xff\xe6\x97.gz', 'latin1').toString('utf8')
    expect(matchesAccepted(problem('d/bad\udcff\udce6\udc97.gz'), [typed])).toBe(true)
    expect(matchesAccepted(problem('d/bad\udcff\udce6\udc97.gz', 'm'), [`${typed}!m`])).toBe(true)
    expect(matchesAccepted(problem('d/worse\udcff.gz'), [typed])).toBe(false)
  })

  test('accepts nothing by no name', () => {
    expect(matchesAccepted(problem('a'), [])).toBe(false)
  })
})

test('acceptOption is quoted for a shell', () => {
  expect(acceptOption('d/a.zip')).toBe('--accept d/a.zip')
  expect([acceptOption('-a.zip'), acceptOption('a-')]).toEqual(['--accept=-a.zip', '--accept a-'])
  expect(acceptOption("it's a.zip!x")).toBe(`--accept 'it'\\''s a.zip!x'`)
})
