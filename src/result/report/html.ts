import { printable } from '../../printable.ts'
import { showCount } from '../../quantities.ts'

/** A piece of HTML, as opposed to text that has to be escaped. */
export interface Html {
  readonly html: string
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? character)
}

/** Builds HTML; what is put in is text, and shown as such, unless it is HTML already. */
export function html(
  parts: TemplateStringsArray,
  ...values: readonly (Html | readonly Html[] | string | number | null)[]
): Html {
  const pieces = parts.map(
    (part, index) => part + (index < values.length ? pieceOf(values[index] ?? null) : ''),
  )
  return { html: pieces.join('') }
}

function pieceOf(value: Html | readonly Html[] | string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value))
  return 'html' in value ? value.html : value.map((one) => one.html).join('\n')
}

/** A longer text is cut, and its length said: a key may be as long as a book. */
const charactersMax = 500

/** Text from data: control characters are escaped, it keeps its own direction, and is cut where it is long. */
export function data(text: string, max = charactersMax): Html {
  if (text.length <= max) return html`<bdi>${printable(text)}</bdi>`
  // Not within a character of two units.
  const start = text.slice(0, max).replace(/[\ud800-\udbff]$/, '')
  return html`<bdi>${`${printable(start)}…`}</bdi> <span class="faint">(${showCount(text.length)} characters)</span>`
}
