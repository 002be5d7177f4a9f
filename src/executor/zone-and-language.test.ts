import { expect, test } from 'vitest'
import { zoneAndLanguage } from './zone-and-language.ts'

test('zoneAndLanguage has what is set of languages, a time zone in any case, and nothing else', () => {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  const env = { LANG: 'de_DE.UTF-8', LC_ALL: 'C', LC_TIME: '', HOME: '/root', LANGUAGE: 'de', PATH: '/bin' }
  expect(zoneAndLanguage(env)).toEqual({ LANG: 'de_DE.UTF-8', LC_ALL: 'C', LC_TIME: '', TZ: timeZone })
  expect(zoneAndLanguage({})).toEqual({ TZ: timeZone })
})
