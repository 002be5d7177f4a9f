import { toFsBytes } from './path-bytes.ts'

/** What a terminal may act upon or not show, and bytes that are not UTF-8. */
const unseen = /[\p{C}\p{Zl}\p{Zp}]/u

/**
 * A text as it is typed in a shell: in quotes where it holds more than plain characters, and with `$'…'` of bash, zsh and
 * ksh where some of it can't be typed or seen.
 */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text
  if (!unseen.test(text)) return `'${text.replaceAll("'", "'\\''")}'`
  const escaped = text.replaceAll(/[\\']|[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    if (character === '\\' || character === "'") return `\\${character}`
    return [...toFsBytes(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
  })
  return `$'${escaped}'`
}
