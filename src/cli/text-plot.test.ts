import { expect, test } from 'vitest'
import type { Drawing } from '../result/index.ts'
import { textPlot } from './text-plot.ts'

const drawn: Omit<Drawing, 'content'> = {
  name: 'n',
  title: 'title',
  subtitle: 'subtitle',
  unit: 'count',
  logFrom: null,
  notes: [],
  marks: [],
  warnings: [],
  source: 'source',
}
const body = (drawing: Drawing, columns = 60): string[] => textPlot(drawing, columns).slice(3, -2)
const days = Array.from({ length: 366 }, (_, day) =>
  new Date(Date.UTC(2020, 0, 1 + day)).toISOString().slice(0, 10),
)

function bars(values: readonly (readonly [string, number | bigint])[], logFrom: number | null): string[] {
  const panel = {
    title: null,
    bars: values.map(([label, total]) => ({ label, parts: [Number(total)], total })),
  }
  return body({ ...drawn, logFrom, content: { kind: 'bars', series: [''], panels: [panel] } })
}

test('textPlot draws bars from where a logarithmic scale begins, and none of what has no logarithm', () => {
  const lines = bars(
    [
      ['a', 100],
      ['b', 1],
      ['c', 0.01],
      ['d', 0],
      ['e', -1],
    ],
    0.001,
  )
  const lengths = lines.slice(0, 5).map((line) => line.replace(/[^█]/g, '').length)
  expect(lengths[0]).toBeGreaterThan(40)
  expect(lengths[1]! / lengths[0]!).toBeCloseTo(3 / 5, 1)
  expect(lengths[2]! / lengths[0]!).toBeCloseTo(1 / 5, 1)
  expect(lengths.slice(3)).toEqual([0, 0])
})

test('textPlot writes whole numbers to the last digit', () => {
  expect(bars([['a', 9007199254740993n]], null)[0]).toContain('9,007,199,254,740,993')
})

test('textPlot gives a line of nought an axis that is one', () => {
  const axis = { kind: 'names', places: ['a', 'b'], partial: [] } as const
  const panels = [{ title: null, values: [[0, 0]] }]
  const lines = body({ ...drawn, content: { kind: 'lines', isStacked: false, axis, series: [''], panels } })
  expect(lines[0]?.trim()).toBe('1')
  expect(lines[7]?.trim()).toBe('0')
})

test('textPlot marks a day that nothing is known of also where several share a cell', () => {
  const axis = { kind: 'days', places: days, partial: [] } as const
  const values = [days.map((_, day) => (day === 100 ? null : day))]
  const marks = [{ mark: 'gap', words: '1 day without data.' }] as const
  const content = {
    kind: 'lines',
    isStacked: false,
    axis,
    series: [''],
    panels: [{ title: null, values }],
  } as const
  const lines = textPlot({ ...drawn, marks, content }, 100)
  expect(lines.filter((line) => /^ +·$/.test(line))).toHaveLength(1)
  expect(lines).toContain('·: 1 day without data.')
})

test('textPlot draws a heat map within the width, with gaps that are none of its shades', () => {
  const year = (gaps: number[]): Drawing => {
    const cells = days.flatMap((_, x) => (gaps.includes(x) ? [] : [[x, 0, 5] as const]))
    const panels = [{ title: null, cells }]
    return { ...drawn, content: { kind: 'heat', xs: days, ys: ['tag'], gaps: { xs: gaps, ys: [] }, panels } }
  }
  const lines = body(year([50]), 100)
  expect(lines[0]).toBe(`tag  ${'█'.repeat(95)}`)
  expect(lines[1]).toMatch(/^ +·$/)
  const week = Array.from({ length: 30 }, (_, day) => 40 + day)
  expect(body(year(week), 100)[0]).toMatch(/^tag {2}█+·{6,8}█+$/)
})
