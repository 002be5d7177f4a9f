import { describe, expect, it } from 'vitest'
import { readDatedName } from './dated-name.ts'

const on = (path: string, day: string): string | undefined => readDatedName(path)?.nameOn(day)

describe('readDatedName', () => {
  it.each([
    ['in/geoTwitter20-03-01.zip', '2020-03-01', 'geoTwitterYY-MM-DD.zip', 'geoTwitterYY-MM-DD'],
    ['access-2020-03-01.7.gz', '2020-03-01', 'access-YYYY-MM-DD.N.gz', 'access-YYYY-MM-DD.N'],
    ['log_2020_03_01', '2020-03-01', 'log_YYYY_MM_DD', 'log_YYYY_MM_DD'],
    ['v2/dump20200301.jsonl.gz', '2020-03-01', 'dumpYYYYMMDD.jsonl.gz', 'dumpYYYYMMDD'],
    [
      'part12-2020-03-01-of-0034.ndjson',
      '2020-03-01',
      'partN-YYYY-MM-DD-of-N.ndjson',
      'partN-YYYY-MM-DD-of-N',
    ],
    ['2020-03-01.log.1', '2020-03-01', 'YYYY-MM-DD.log.N', 'YYYY-MM-DD.log.N'],
    ['2020-03-01.tar.gz', '2020-03-01', 'YYYY-MM-DD.tar.gz', 'YYYY-MM-DD.tar'],
  ])('reads %s', (path, day, pattern, stem) => {
    expect(readDatedName(path)).toMatchObject({ day, pattern, stem })
  })

  it('says what a name would be on another day, in the form it is written in', () => {
    expect(on('in/geoTwitter20-03-01.zip', '2021-12-31')).toBe('geoTwitter21-12-31.zip')
    expect(on('access-2020-03-01.7.gz', '2021-12-31')).toBe('access-2021-12-31.7.gz')
    expect(on('log_2020_03_01', '2021-12-31')).toBe('log_2021_12_31')
    expect(on('dump20200301.txt', '2021-12-31')).toBe('dump20211231.txt')
  })

  it('takes the day where it stands alone', () => {
    expect(readDatedName('1202003011-20200301.txt')?.pattern).toBe('N-YYYYMMDD.txt')
    expect(readDatedName('words.txt')).toBeNull()
    expect(readDatedName('2020-03-01/words.txt')).toBeNull()
  })
})
