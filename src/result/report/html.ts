import { printable } from '../../printable.ts'

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

/** Text from data: control characters are escaped, and it keeps its own direction. */
export function data(text: string): Html {
  return html`<bdi>${printable(text)}</bdi>`
}
