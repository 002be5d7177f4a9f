/**
 * A string in JSON as the stream writes it: pure ASCII, every other character as `\uXXXX` in lower case (a pair of them
 * beyond U+FFFF), `/` as `\/`, and the angle brackets escaped too.
 */
export function jsonText(text: string): string {
  return isPlain.test(text) ? `"${text}"` : JSON.stringify(text).replace(escaped, escapeUnit)
}

const isPlain = /^[\w .,:;!?@#$%&*()+=[\]{}|~'-]*$/

const escaped = /[/<>\u007f-\uffff]/g

function escapeUnit(unit: string): string {
  return unit === '/' ? '\\/' : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** A string in JSON, or null. */
export function jsonTextOrNull(text: string | null): string {
  return text === null ? 'null' : jsonText(text)
}
