import { describe, expect, test } from 'vitest'
import { surroundings } from './surroundings.ts'

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
