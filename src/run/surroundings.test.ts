import { describe, expect, test } from 'vitest'
import { surroundings, variablesOf } from './surroundings.ts'

describe('surroundings', () => {
  test('are the time zone and the language of the environment, without how its letters are encoded', () => {
    expect(surroundings({ TZ: 'Asia/Seoul', LANG: 'ko_KR.UTF-8' })).toBe('Asia/Seoul, ko_KR')
    expect(surroundings({ TZ: 'UTC', LANG: 'ca_ES.UTF-8@valencia' })).toBe('UTC, ca_ES@valencia')
  })

  test('have the language that V8 would take of several', () => {
    const LANG = 'ko_KR.UTF-8'
    expect(surroundings({ TZ: 'UTC', LC_ALL: 'sv_SE', LC_MESSAGES: 'de_DE', LANG })).toBe('UTC, sv_SE')
    expect(surroundings({ TZ: 'UTC', LC_MESSAGES: 'de_DE', LANG })).toBe('UTC, de_DE')
    expect(surroundings({ TZ: 'UTC', LC_TIME: 'de_DE', LANG })).toBe('UTC, ko_KR')
  })

  test('are the same where V8 has the same: American English without any language', () => {
    for (const env of [{}, { LANG: 'C' }, { LANG: 'C.UTF-8' }, { LC_ALL: 'POSIX' }, { LANG: 'en_US.UTF-8' }])
      expect(surroundings({ TZ: 'UTC', ...env })).toBe('UTC, en_US')
  })

  test('have the zone of the machine where the environment names none', () => {
    expect(surroundings({})).toMatch(/^[\w+-]+(\/[\w+-]+)*, en_US$/)
  })
})

describe('variablesOf', () => {
  const here = { TZ: 'Europe/Berlin', LANG: 'de_DE.UTF-8' }

  test.each([
    ['Asia/Seoul, ko_KR', { TZ: 'Asia/Seoul', LC_ALL: 'ko_KR.UTF-8' }],
    [
      'EST5EDT,M3.2.0,M11.1.0, ca_ES@valencia',
      { TZ: 'EST5EDT,M3.2.0,M11.1.0', LC_ALL: 'ca_ES.UTF-8@valencia' },
    ],
    ['Europe/Berlin, en_US', { TZ: 'Europe/Berlin', LC_ALL: 'en_US.UTF-8' }],
  ])('make other surroundings those: %s', (said, expected) => {
    const variables = variablesOf(said, here)
    expect(variables).toEqual(expected)
    expect(surroundings({ ...here, LC_MESSAGES: 'fr_FR', ...variables })).toBe(said)
  })

  test('are none where the surroundings are those anyway', () => {
    expect(variablesOf('Europe/Berlin, de_DE', here)).toEqual({})
  })
})
