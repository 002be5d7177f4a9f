import { printable } from '../../printable.ts'
import { ink } from './style.ts'

const lineCharacters = 100
const [lineHeight, margin] = [22, 24]

/** A chart that cannot be drawn, and why. */
export interface NotDrawn {
  readonly name: string
  readonly refused: { readonly message: string; readonly wayOut?: string | undefined }
}

/** Why a chart is not drawn, as sentences. */
export function sayNotDrawn({ name, refused: { message, wayOut } }: NotDrawn): string[] {
  return [`Chart ${name} is not drawn.`, message, ...(wayOut === undefined ? [] : [wayOut])]
}

/** An SVG that says so, in the place of the chart; it needs no package. */
export function refusedPicture(chart: NotDrawn): string {
  const words = sayNotDrawn(chart)
  const lines = words.flatMap((sentence) => broken(sentence))
  const height = lines.length * lineHeight + 2 * margin
  const texts = lines.map(
    (line, index) =>
      `<text x="${margin}" y="${margin + (index + 0.7) * lineHeight}"${index === 0 ? ' font-weight="bold"' : ''}>${escaped(line)}</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" width="1000" height="${height}" viewBox="0 0 1000 ${height}" font-family="sans-serif" font-size="16" fill="${ink.warnInk}"><rect width="100%" height="100%" fill="${ink.warnPaper}"/>${texts.join('')}</svg>`
}

/** Lines that are not too long, broken between words where that can be. */
function broken(sentence: string): string[] {
  return sentence.match(new RegExp(`.{1,${lineCharacters}}(?:\\s|$)|.{1,${lineCharacters}}`, 'gsu')) ?? []
}

function escaped(text: string): string {
  const signs: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
  return printable(text).replace(/[&<>]/g, (sign) => signs[sign] ?? sign)
}
