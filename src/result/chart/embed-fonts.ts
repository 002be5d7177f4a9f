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

/**
 * Puts fonts into an SVG: of each slice the characters that occur, so that the picture looks the same where no font has them. A
 * slice of emoji goes in whole: subsetting takes their colours away.
 */
export async function embedFonts(
  svg: string,
  { slices }: PictureFonts,
  texts: readonly string[],
  read: (file: string) => Buffer,
): Promise<string> {
  const subset = await loadOptional('subset-font', 'An SVG', async () => require('subset-font') as SubsetFont)
  const characters = [...new Set(`${texts.join('')}0123456789,.%-–…·\\u{abcdef}`)].sort().join('')
  const faces: string[] = []
  for (const { alias, file, isEmoji } of slices) {
    const whole = read(file)
    const bytes = isEmoji
      ? whole
      : await subset(whole, characters, {
          targetFormat: 'woff2',
          variationAxes: { wght: { min: 400, max: 700 } },
        })
    faces.push(
      `@font-face{font-family:${alias};font-weight:400 700;src:url(data:font/woff2;base64,${bytes.toString('base64')}) format('woff2')}`,
    )
  }
  return svg.replace(/<svg[^>]*>/, (head) => `${head}<style>${faces.join('')}</style>`)
}
