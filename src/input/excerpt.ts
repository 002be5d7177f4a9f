const excerptCharactersMax = 200

/** The first characters of some bytes, as text for people; what is not UTF-8 shows as U+FFFD. */
export function excerptOf(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, Math.min(end, start + 4 * excerptCharactersMax))
  return [...text.slice(0, 2 * excerptCharactersMax)].slice(0, excerptCharactersMax).join('')
}
