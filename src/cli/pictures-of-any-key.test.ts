import { afterAll, describe, expect, test } from 'vitest'
import { planDrawings } from '../../test/fixtures/drawings.ts'
import { hasPictures } from '../../test/fixtures/optional.ts'
import { writeTestResult } from '../../test/fixtures/results.ts'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import { requires } from '../../test/requires.ts'
import type { Chart } from '../job/index.ts'
import { render } from '../result/index.ts'
import { textPlot } from './text-plot.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

/** What an object has that has nothing, and what a function or a list has. */
const names = [...Object.getOwnPropertyNames(Object.prototype), 'prototype', 'length', 'name', 'call']
const charts: readonly Chart[] = [
  { kind: 'bars', x: 'other', series: 'name', facet: 'other', top: 100, unit: '__proto__' },
  { kind: 'lines', x: 'name', series: 'other' },
  { kind: 'heat', x: 'name', y: 'other', top: 100 },
  { kind: 'map', x: 'name', unit: 'hasOwnProperty', title: '__proto__' },
  { kind: 'histogram', title: '{constructor} {__proto__}', unit: 'valueOf' },
]

/** What every object inherits: names, and what stands behind them. */
function inherited(): readonly (readonly [string, unknown])[] {
  return Reflect.ownKeys(Object.prototype).map((name) => [
    String(name),
    Object.getOwnPropertyDescriptor(Object.prototype, name)?.value,
  ])
}

describe.skipIf(!requires('packages @napi-rs/canvas and fonts', hasPictures()))('pictures', () => {
  test('have any key in them, and change nothing that other objects inherit', async () => {
    const before = inherited()
    const place = folder.at('result')
    const rows = names.flatMap((name, at) => [
      [[name, '__proto__'], at + 1] as const,
      [[name, 'toString'], 2] as const,
    ])
    const job = {
      name: 'constructor',
      tables: [{ name: 't', kind: 'count' as const, columns: ['name', 'other'] }],
    }
    writeTestResult(place, { tables: { t: rows }, describe: job })
    for (const drawing of await planDrawings(place, charts)) {
      const svg = String(await render(drawing, 'svg'))
      expect(svg.includes('[object')).toBe(false)
      expect(svg.includes('__proto__')).toBe(true)
      expect((await render(drawing, 'png')).subarray(1, 4).toString()).toBe('PNG')
      expect(textPlot(drawing, 100).join('\n')).toContain('constructor')
      expect(inherited()).toEqual(before)
    }
  })
})
