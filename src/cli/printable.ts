import { createRequire } from 'node:module'

/**
 * What a terminal would act upon instead of showing, or show as nothing at all: control characters (C0, DEL, C1), line and
 * paragraph separators, the bidirectional controls that can make a line read as another (Unicode TR 36), other ignorable
 * characters such as tags and zero-width spaces, noncharacters; and lone surrogates, which are no characters. Two texts
 * that differ shall look different. What shapes the visible characters around it stays: the joiners of emoji and of Indic
 * and Persian words, and variation selectors.
 */
const unprintable =
  /[\p{Cc}\p{Surrogate}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\ufff9-\ufffb]|(?!\u034f|\u200c|\u200d|\p{Variation_Selector})\p{Default_Ignorable_Code_Point}/gu

/** The package that knows every script. To load it takes longer than all else a small run has to do, and few texts need it. */
let stringWidth: typeof import('string-width').default | null = null

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Text from data, safe to show on one line: what a terminal would act upon is escaped as in JavaScript. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => {
    const point = character.codePointAt(0) ?? 0
    const hex = point.toString(16)
    return short[character] ?? (point < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`)
  })
}

/** The same, but line breaks stay: for messages and stacks of several lines. */
export function printableLines(text: string): string {
  return text.split(/\r?\n/).map(printable).join('\n')
}

/**
 * More than a line of any terminal shows. What lies beyond is not looked at: to find the next grapheme takes the longer the
 * longer the whole text is (V8 of Node 20), so that a value of 500 kB was measured for minutes.
 */
const measuredUnitsMax = 4096

/** Cells a text takes in a terminal; of a text of more than 4,096 UTF-16 units, those its beginning takes. */
export function widthOf(text: string): number {
  if (isPlain(text)) return Math.min(text.length, measuredUnitsMax)
  stringWidth ??= (createRequire(import.meta.url)('string-width') as typeof import('string-width')).default
  return stringWidth(text.slice(0, measuredUnitsMax))
}

/** Is every character of it one cell wide? */
function isPlain(text: string): boolean {
  return /^[ -~]*$/.test(text)
}

let segmenter: Intl.Segmenter | null = null

/** The text, cut to so many cells (1 or more) between two graphemes, with an ellipsis where something is cut off. */
export function clip(text: string, cells: number): string {
  const beginning = text.slice(0, measuredUnitsMax)
  if (isPlain(beginning)) return text.length <= cells ? text : `${beginning.slice(0, cells - 1)}…`
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  let [kept, width] = ['', 0]
  for (const { segment, index } of segmenter.segment(beginning)) {
    width += widthOf(segment)
    // The ellipsis takes a cell as well. A long text is not looked at beyond what fits.
    if (width <= cells - 1) kept = text.slice(0, index + segment.length)
    else if (width > cells) return `${kept}…`
  }
  return beginning.length === text.length ? text : `${kept}…`
}

/** Pads to so many cells. */
export function pad(text: string, cells: number, side: 'left' | 'right'): string {
  const spaces = ' '.repeat(Math.max(0, cells - widthOf(text)))
  return side === 'left' ? spaces + text : text + spaces
}
