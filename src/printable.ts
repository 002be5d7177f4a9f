/** Text from data, as it is shown to people: on a terminal and on the page, whose code runs in a browser. */

/**
 * What a terminal would act upon instead of showing, or show as nothing at all: control characters (C0, DEL, C1), line and
 * paragraph separators, the bidirectional controls that can make a line read as another (Unicode TR 36), other ignorable
 * characters such as tags and zero-width spaces, noncharacters; and lone surrogates, which are no characters. Two texts
 * that differ shall look different. What shapes the visible characters around it stays: the joiners of emoji and of Indic
 * and Persian words, and variation selectors.
 */
const unprintable =
  /[\p{Cc}\p{Surrogate}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\ufff9-\ufffb]|(?!\u034f|\u200c|\u200d|\p{Variation_Selector})\p{Default_Ignorable_Code_Point}/gu

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

/** May a text be shown without quotes? Not one that would then pass for something else (a number, null, nothing), or is not shown as it is. */
export function isPlainText(text: string): boolean {
  const isShown = text !== '' && text === text.trim() && !text.includes('  ') && printable(text) === text
  return isShown && Number.isNaN(Number(text)) && !isJson(text)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    // Not JSON: it cannot be taken for another value.
    return false
  }
}
