/** What one start has printed, of lines that several have printed one after the other, the first of which may be cut: all, where they differ. */
export function oneStart(printed: string): string {
  const lines = printed.split('\n')
  for (let length = 1; length <= lines.length / 2; length++)
    if (lines.every((line, at) => at < length || line === lines[at - length]))
      return lines.slice(-length).join('\n')
  return printed
}
