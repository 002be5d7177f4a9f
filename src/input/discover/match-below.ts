import type { Glob, GlobSegment } from './glob.ts'

/** Does a file match a pattern, by the parts of its name below the pattern's root? Hidden parts only where the pattern asks for them. Pure. */
export function matchesBelow({ segments }: Glob, parts: readonly string[]): boolean {
  return matches(segments, parts)
}

function matches(segments: readonly GlobSegment[], parts: readonly string[]): boolean {
  const [first, ...rest] = segments
  const [part, ...below] = parts
  // A directory that matches stands for all that is in it.
  if (first === undefined) return parts.every((name) => !isHidden(name))
  if (part === undefined) return false
  if (first.kind === 'any-depth')
    return (
      (rest.length === 0 ? !isHidden(part) && matches(segments.slice(1), below) : matches(rest, parts)) ||
      (!isHidden(part) && matches(segments, below))
    )
  const isWanted = isHidden(part) ? first.hiddenStart === part[0] : true
  return isWanted && first.matches(part) && matches(rest, below)
}

function isHidden(name: string): boolean {
  return /^[._]/.test(name)
}
