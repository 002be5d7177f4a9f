import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { loadOptional } from '../optional-package.ts'
import type { PictureFonts } from './fonts.ts'

const require = createRequire(import.meta.url)

/** The package brings no types. */
type SubsetFont = (
  font: Buffer,
  characters: string,
  options: {
    readonly targetFormat: 'woff2'
    readonly variationAxes: Readonly<Record<string, { readonly min: number; readonly max: number }>>
  },
) => Promise<Buffer>

/** Fonts with the texts that are set in them. */
export interface FontUse {
  readonly fonts: PictureFonts
  readonly texts: readonly string[]
}

/**
 * Style rules that hold the fonts of SVGs: of each slice the characters that occur, so that pictures look the same where no font has
 * them. A slice of emoji goes in whole: subsetting takes their colours away.
 */
export async function fontFaces(uses: readonly FontUse[]): Promise<string> {
  const subset = await loadOptional('subset-font', 'An SVG', async () => require('subset-font') as SubsetFont)
  const texts = uses.flatMap((use) => use.texts)
  const characters = [...new Set(`${texts.join('')}0123456789,.%-–…·\\u{abcdef}`)].sort().join('')
  const slices = new Map(
    uses.flatMap(({ fonts }) => fonts.slices.map((slice) => [slice.alias, slice] as const)),
  )
  const faces: string[] = []
  for (const { alias, file, isEmoji } of slices.values()) {
    const whole = readFileSync(file)
    const axes = { wght: { min: 400, max: 700 } }
    const bytes = isEmoji
      ? whole
      : await subset(whole, characters, { targetFormat: 'woff2', variationAxes: axes })
    const source = `url(data:font/woff2;base64,${bytes.toString('base64')}) format('woff2')`
    faces.push(`@font-face{font-family:${alias};font-weight:400 700;src:${source}}`)
  }
  return faces.join('')
}
