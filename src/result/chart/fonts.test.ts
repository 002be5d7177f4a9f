import { describe, expect, test } from 'vitest'
import { hasPictures } from '../../../test/fixtures/optional.ts'
import { requires } from '../../../test/requires.ts'
import { drawable, fontsFor, registerFonts } from './fonts.ts'

const samples = [
  '#corona',
  '#коронавирус',
  '#κορωνοϊός',
  '#코로나바이러스',
  '#コロナウイルス',
  '#冠状病毒',
  '#كورونا',
  '#करोना',
  '😷',
  '🇰🇷',
  '👩🏽‍⚕️',
  '1️⃣',
]

describe.skipIf(!requires('packages @napi-rs/canvas and fonts', hasPictures()))('fontsFor', () => {
  /** The pixels of a text, in the fonts that are found for it. */
  async function pixelsOf(
    text: string,
    family?: string,
  ): Promise<{ readonly bytes: Buffer; readonly isColored: boolean }> {
    process.env.DISABLE_SYSTEM_FONTS_LOAD = '1'
    const { createCanvas, GlobalFonts } = await import('@napi-rs/canvas')
    const fonts = fontsFor([text])
    registerFonts(GlobalFonts, fonts)
    const context = createCanvas(120, 60).getContext('2d')
    context.font = `32px ${family ?? fonts.family}`
    context.fillText(text, 8, 44)
    const { data } = context.getImageData(0, 0, 120, 60)
    const isColored = data.some(
      (_, at) => at % 4 === 0 && (data[at + 3] ?? 0) > 0 && data[at] !== data[at + 2],
    )
    return { bytes: Buffer.from(data), isColored }
  }

  test.each(samples)(
    'finds a glyph for every character of %s, which is not the box of a missing one',
    async (sample) => {
      expect([...fontsFor([sample]).missing]).toEqual([])
      const { alias } = fontsFor(['a']).slices[0]!
      for (const { segment } of new Intl.Segmenter().segment(sample)) {
        const drawn = await pixelsOf(segment)
        const box = await pixelsOf('\u{10fffd}'.repeat([...segment].length), alias)
        expect(drawn.bytes.some((byte) => byte > 0)).toBe(true)
        expect(drawn.bytes.equals(box.bytes)).toBe(false)
      }
    },
  )

  test.each(['😷', '🇰🇷', '👩🏽‍⚕️', '1️⃣'])('draws %s in its colours', async (sample) => {
    expect((await pixelsOf(sample)).isColored).toBe(true)
    expect((await pixelsOf('a')).isColored).toBe(false)
  })

  test('shapes what belongs together as one: joined letters, a person with skin and profession, a flag', async () => {
    const { createCanvas, GlobalFonts } = await import('@napi-rs/canvas')
    const width = (text: string): number => {
      const fonts = fontsFor([text])
      registerFonts(GlobalFonts, fonts)
      const context = createCanvas(1, 1).getContext('2d')
      context.font = `32px ${fonts.family}`
      return context.measureText(text).width
    }
    expect(width('👩🏽‍⚕️')).toBeCloseTo(width('😷'), 0)
    expect(width('🇰🇷')).toBeCloseTo(width('😷'), 0)
    expect(width('كورونا')).toBeLessThan([...'كورونا'].reduce((sum, one) => sum + width(one), 0))
  })

  test('tells characters that no font has, which are then escaped', () => {
    const { missing } = fontsFor(['ไทย \ue000'])
    expect(drawable('ไทย \ue000', missing)).toBe('\\u{e44}\\u{e17}\\u{e22} \\u{e000}')
  })

  const syllables = Array.from({ length: 11_172 }, (_, index) => String.fromCodePoint(0xac00 + index))

  test('takes every syllable of Korean from the Korean font, whatever other style sheets promise', async () => {
    const { createCanvas, GlobalFonts } = await import('@napi-rs/canvas')
    const fonts = fontsFor(syllables)
    expect([...fonts.missing]).toEqual([])
    const context = createCanvas(24, 24).getContext('2d', { willReadFrequently: true })
    const inkOf = (text: string): string => {
      context.clearRect(0, 0, 24, 24)
      context.fillText(text, 2, 20)
      return Buffer.from(context.getImageData(0, 0, 24, 24).data).toString('latin1')
    }
    const boxes: string[] = []
    for (const syllable of syllables.filter((_, index) => index % 28 === 0 || index % 28 === 4)) {
      const own = fontsFor([syllable])
      registerFonts(GlobalFonts, own)
      const slice = own.slices.find(({ alias }) => /-(sc|jp|kr)-/.test(alias))
      context.font = `18px ${slice?.alias ?? 'none'}`
      if (slice?.alias.includes('-kr-') !== true || inkOf(syllable) === inkOf('\u{10fffd}'))
        boxes.push(syllable)
    }
    expect(boxes.join('')).toBe('')
  })

  test('takes no character from a font that promises it and has it not', () => {
    expect([...fontsFor(['가각\u9ff3\u9ffa']).missing]).toEqual(['\u9ff3', '\u9ffa'])
  })

  test('takes Han characters from the language of the texts they stand in', () => {
    const first = (text: string) =>
      fontsFor([text]).slices.find(({ alias }) => /-(sc|jp|kr)-/.test(alias))?.alias
    expect(first('病毒')).toContain('noto-sans-sc')
    expect(first('ウイルス病')).toContain('noto-sans-jp')
    expect(first('바이러스病')).toContain('noto-sans-kr')
  })
})
