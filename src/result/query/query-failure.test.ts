import { expect, onTestFinished, test } from 'vitest'
import { writeTestResult } from '../../../test/fixtures/results.ts'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { askableTables } from './query-failure.ts'

test('askableTables names columns as a query takes them: properties of values, quoted where they must be', async () => {
  const folder = tempFolder()
  onTestFinished(() => folder.remove())
  const directory = folder.at('result')
  writeTestResult(directory, {
    tables: {
      party: [
        ['CDU', { n: 1, 'total sum': 2.5 }],
        ['SPD', { n: 2, 'total sum': 3 }],
      ],
      month: [[['2021-01', 'SPD'], 7]],
      none: [],
    },
  })
  expect(await askableTables(directory)).toEqual([
    { name: 'month', columns: ['key_1', 'key_2', 'value'] },
    { name: 'none', columns: ['key', 'value'] },
    { name: 'party', columns: ['key', 'n', '"total sum"'] },
  ])
})
