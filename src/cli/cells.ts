import { createRequire } from 'node:module'

/** The package that knows every script. To load it takes longer than all else a small run has to do, and few texts need it. */
let stringWidth: typeof import('string-width').default | null = null

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
