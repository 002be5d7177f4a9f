import { afterAll, expect, test } from 'vitest'
import { writeTestResult } from '../../test/fixtures/results.ts'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import { Pictures } from './pictures.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

test('Pictures says in the place of a chart that cannot be drawn why, and has none that the job has not', async () => {
  const place = folder.at('result')
  writeTestResult(place, {
    tables: { t: [['<&>', 'text']] },
    describe: { charts: [{ kind: 'bars', x: 'key', title: 'T' }] },
  })
  const pictures = new Pictures()
  const svg = String(await pictures.svg(place, 0))
  expect(svg).toMatch(/^<svg [^>]*>.*>Chart t is not drawn\.<.*its value is "text", no number\..*<\/svg>$/)
  expect(await pictures.svg(place, 6)).toBeNull()
})
