/** Width of a text in pixels. */
export type Measure = (text: string, fontPx: number, isBold?: boolean) => number

/** Keeps a text in its own direction: without it '#كورونا 12' is ordered wrongly in a line from left to right. */
export function isolate(text: string): string {
  return !text.startsWith('\u2068') && /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/.test(text)
    ? `\u2068${text}\u2069`
    : text
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** The text, or as much of its beginning as fits with an ellipsis. */
export function cut(
  text: string,
  widthMax: number,
  fontPx: number,
  measure: Measure,
  isBold = false,
): string {
  if (measure(text, fontPx, isBold) <= widthMax) return isolate(text)
  const graphemes = [...segmenter.segment(text.slice(0, 400))].map(({ segment }) => segment)
  let [low, high] = [0, graphemes.length]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (measure(`${graphemes.slice(0, middle).join('')}…`, fontPx, isBold) <= widthMax) low = middle
    else high = middle - 1
  }
  return isolate(`${graphemes.slice(0, low).join('').trimEnd()}…`)
}

/** Breaks a text into lines of at most this width, between words where that can be. */
export function wrap(
  text: string,
  widthMax: number,
  fontPx: number,
  measure: Measure,
  isBold = false,
): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (measure(longer, fontPx, isBold) <= widthMax) line = longer
    else {
      if (line !== '') lines.push(line)
      line = word
      while (measure(line, fontPx, isBold) > widthMax) {
        const graphemes = [...segmenter.segment(line)].map(({ segment }) => segment)
        let fits = graphemes.length - 1
        while (fits > 1 && measure(graphemes.slice(0, fits).join(''), fontPx, isBold) > widthMax)
          fits -= Math.ceil(fits / 20)
        lines.push(graphemes.slice(0, fits).join(''))
        line = graphemes.slice(fits).join('')
      }
    }
  }
  return [...lines, line].filter((one, index) => one !== '' || index === 0)
}

/** The least round number that is no less: 1, 2, 2.5, 4, 5 or 8 times a power of ten. */
export function roundUp(value: number): number {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  const step = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((one) => one * power >= value * (1 - 1e-9)) ?? 10
  return Number((step * power).toPrecision(12))
}
