import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { planDrawings } from '../../../test/fixtures/drawings.ts'
import { hasPictures } from '../../../test/fixtures/optional.ts'
import { type GivenResult, writeTestResult } from '../../../test/fixtures/results.ts'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { requires } from '../../../test/requires.ts'
import type { Chart } from '../../job/index.ts'
import { fontsFor, registerFonts } from './fonts.ts'
import { render } from './render.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

/** A label in each script, and how often it was counted. */
const counts: readonly (readonly [string, number])[] = [
  ['코로나', 900],
  ['コロナ', 777],
  ['病毒疫', 640],
  ['करो', 500],
  ['كورونا', 333],
  ['😷🤒🌍', 250],
  ['вирус', 123],
  ['virus', 40],
]

/** A picture, as dark and bright: where the bars are, and where anything is. */
interface Pixels {
  readonly width: number
  readonly height: number
  isBar(x: number, y: number): boolean
  isInk(x: number, y: number): boolean
  colorAt(x: number, y: number): string
}

function pixelsOf(data: Uint8ClampedArray, width: number, height: number): Pixels {
  const at = (x: number, y: number): readonly number[] => [
    ...data.subarray(4 * (y * width + x)).subarray(0, 3),
  ]
  return {
    width,
    height,
    isBar: (x, y) => String(at(x, y)) === '0,114,178',
    isInk: (x, y) => Math.min(...at(x, y)) < 140,
    colorAt: (x, y) => String(at(x, y)),
  }
}

interface Box {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** The bars of a picture, from the top; `right` and `bottom` are exclusive. */
function barsIn(pixels: Pixels): Box[] {
  const bars: Box[] = []
  // A label or a title has no long line of just this colour.
  const spanAt = (y: number): Pick<Box, 'left' | 'right'> | null => {
    const xs = Array.from({ length: pixels.width }, (_, x) => x).filter((x) => pixels.isBar(x, y))
    const [left] = xs
    return left === undefined || xs.length < 20 ? null : { left, right: (xs.at(-1) ?? left) + 1 }
  }
  for (let y = 0; y < pixels.height; y += 1) {
    const span = spanAt(y)
    const last = bars.at(-1)
    if (span === null) continue
    if (last?.bottom === y) bars[bars.length - 1] = { ...last, bottom: y + 1 }
    else bars.push({ ...span, top: y, bottom: y + 1 })
  }
  return bars
}

/** What is written in a place, glyph by glyph where they do not touch: each as text of its pixels, from its own top left. */
function glyphsIn(pixels: Pixels, { left, right, top, bottom }: Box): string[][] {
  const columns = Array.from({ length: right - left }, (_, index) =>
    Array.from({ length: bottom - top }, (_, y) => (pixels.isInk(left + index, top + y) ? '#' : ' ')).join(
      '',
    ),
  )
  const glyphs: string[][] = []
  let isInGlyph = false
  for (const column of columns) {
    const hasInk = column.trim() !== ''
    if (hasInk && !isInGlyph) glyphs.push([])
    if (hasInk) glyphs.at(-1)?.push(column)
    isInGlyph = hasInk
  }
  return glyphs
}

/** Are these the same sign again and again, as the boxes of missing glyphs are? A tenth of their pixels may differ. */
function areBoxes(glyphs: readonly (readonly string[])[]): boolean {
  const [first, ...others] = glyphs
  if (first === undefined || others.length === 0) return false
  return others.every((glyph) => {
    if (Math.abs(glyph.length - first.length) > 1) return false
    const pairs = [...first.join('')].map((one, index) => one === glyph.join('')[index])
    return pairs.filter((isSame) => !isSame).length < pairs.length / 10
  })
}

describe.skipIf(!requires('packages @napi-rs/canvas and fonts', hasPictures()))('render', () => {
  let pixels: Pixels
  let bars: Box[]
  let results = 0

  async function draw(given: GivenResult, chart: Chart): Promise<Pixels> {
    const place = folder.at(`result-${results++}`)
    writeTestResult(place, given)
    const [drawing] = await planDrawings(place, [chart])
    const { createCanvas, loadImage } = await import('@napi-rs/canvas')
    const image = await loadImage(await render(drawing!, 'png'))
    const context = createCanvas(image.width, image.height).getContext('2d')
    context.drawImage(image, 0, 0)
    return pixelsOf(context.getImageData(0, 0, image.width, image.height).data, image.width, image.height)
  }

  beforeAll(async () => {
    pixels = await draw({ tables: { tag: counts } }, { kind: 'bars', x: 'key' })
    bars = barsIn(pixels)
  })

  test('draws bars from where a logarithmic scale begins, and none of what has no logarithm', async () => {
    const rows = [
      ['a', 100],
      ['b', 1],
      ['c', 0.01],
      ['d', 0],
      ['e', -1],
    ] as const
    const drawn = barsIn(await draw({ tables: { t: rows } }, { kind: 'bars', x: 'key', log: true }))
    expect(drawn).toHaveLength(3)
    expect(new Set(drawn.map(({ left }) => left)).size).toBe(1)
    const [most = 0, middle = 0, least = 0] = drawn.map(({ left, right }) => right - left)
    expect(middle / most).toBeCloseTo(3 / 5, 2)
    expect(least / most).toBeCloseTo(1 / 5, 2)
  })

  test('draws a column without data in a colour that is none of the scale, and 0 in the first of the scale', async () => {
    const days = ['2020-03-01', '2020-03-03'] as const
    const rows = [
      [['a', days[0]], 9],
      [['b', days[1]], 9],
    ] as const
    const heat = await draw({ tables: { t: rows } }, { kind: 'heat', x: 'key_2', y: 'key_1' })
    const share = (color: string): number => {
      const points = Array.from({ length: 500 }, (_, at) => [
        Math.floor((heat.width * (at % 50)) / 50),
        Math.floor((heat.height * Math.floor(at / 50)) / 10),
      ])
      return points.filter(([x = 0, y = 0]) => heat.colorAt(x, y) === color).length
    }
    expect(share('255,243,205')).toBeGreaterThan(10)
    expect(share('227,238,249')).toBeGreaterThan(10)
  })

  test('draws every cell of a heat map, whatever their number', async () => {
    const rows = Array.from(
      { length: 100 * 31 },
      (_, at) => [[at % 100, `y${Math.floor(at / 100)}`], 9] as const,
    )
    const heat = await draw({ tables: { t: rows } }, { kind: 'heat', x: 'key_1', y: 'key_2', top: 31 })
    const colors = new Map<string, number>()
    for (let y = 0; y < heat.height; y += 11)
      for (let x = 0; x < heat.width; x += 11)
        colors.set(heat.colorAt(x, y), (colors.get(heat.colorAt(x, y)) ?? 0) + 1)
    const [darkest = 0] = [...colors].filter(([color]) => color === '8,48,107').map(([, points]) => points)
    expect(darkest / ((heat.width * heat.height) / 121)).toBeGreaterThan(0.5)
  })

  test('draws a bar for each count, as long as the count is', () => {
    expect(bars).toHaveLength(counts.length)
    const [first] = bars.map(({ left, right }) => right - left)
    for (const [index, { left, right }] of bars.entries()) {
      const expected = (first! * counts[index]![1]) / counts[0]![1]
      expect(Math.abs(right - left - expected)).toBeLessThanOrEqual(2)
    }
  })

  test.each(counts.map(([label], index) => [label, index] as const))(
    'writes %s beside its bar, and not the boxes of missing glyphs',
    (label, index) => {
      const { left, top, bottom } = bars[index]!
      const glyphs = glyphsIn(pixels, { left: 0, right: left - 4, top: top - 6, bottom: bottom + 6 })
      expect(glyphs.length, label).toBeGreaterThanOrEqual(1)
      expect(glyphs.flat().join('').replaceAll(' ', '').length, label).toBeGreaterThan(100)
      expect(areBoxes(glyphs), label).toBe(false)
    },
  )

  test('would be found to write boxes, if it did', async () => {
    const { createCanvas, GlobalFonts } = await import('@napi-rs/canvas')
    const fonts = fontsFor(['virus'])
    registerFonts(GlobalFonts, fonts)
    const context = createCanvas(400, 60).getContext('2d')
    context.fillStyle = '#ffffff'
    context.fillRect(0, 0, 400, 60)
    context.fillStyle = '#333333'
    context.font = `26px ${fonts.slices[0]!.alias}`
    context.fillText('코로나', 10, 40)
    const { data } = context.getImageData(0, 0, 400, 60)
    const glyphs = glyphsIn(pixelsOf(data, 400, 60), { left: 0, right: 400, top: 0, bottom: 60 })
    expect(glyphs).toHaveLength(3)
    expect(areBoxes(glyphs)).toBe(true)
  })
})
