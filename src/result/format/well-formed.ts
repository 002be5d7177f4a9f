const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** UTF-8 has no half of a surrogate pair: it is written as JSON has it, `\ud83d`, so that different texts stay different. */
export function wellFormed(text: string): string {
  if (text.isWellFormed()) return text
  return text.replace(loneSurrogate, (half) => `\\u${half.charCodeAt(0).toString(16)}`)
}
