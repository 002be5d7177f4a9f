import { createRequire } from 'node:module'

/** One part of a pattern between slashes. */
export type GlobSegment =
  | { readonly kind: 'any-depth' }
  | {
      readonly kind: 'name'
      /** Does a name match, hidden or not? */
      matches(name: string): boolean
      /** `.` or `_` where the part itself begins with it, and so asks for hidden names. */
      readonly hiddenStart: string | null
      /** Is it a name, and no pattern of one? */
      readonly isWritten: boolean
    }

/** A pattern cut at its slashes. */
export interface Glob {
  /** The directory the pattern begins in, as named; empty for the current one. */
  readonly root: string
  readonly segments: readonly GlobSegment[]
}

/** Has this text a character that makes it a pattern? */
export function isPattern(text: string): boolean {
  return /[*?[]|[@!+]\(/.test(text.replaceAll(/\\./gs, ''))
}

/**
 * Reads a pattern as the shell does: `*` and `?` match within a name, `[…]` one character of a set (`[!…]`, `[[:digit:]]`),
 * `@(a|b)`, `!(…)`, `+(…)` and `*(…)` as in bash, and `**` any number of directories. A backslash takes the meaning from the
 * character after it. Braces are expanded before (see `braces.ts`). Case counts.
 *
 * @param pattern one for which `isPattern` holds
 */
export function parseGlob(pattern: string): Glob {
  const parts = pattern.split('/')
  const first = parts.findIndex(isPattern)
  const root = parts.slice(0, first).map(unquote).join('/')
  const segments: GlobSegment[] = []
  for (const part of parts.slice(first)) {
    if (part === '' || part === '.') continue
    if (part !== '**') segments.push(nameSegment(part))
    else if (segments.at(-1)?.kind !== 'any-depth') segments.push({ kind: 'any-depth' })
  }
  return { root: root === '' && pattern.startsWith('/') ? '/' : root, segments }
}

function nameSegment(part: string): GlobSegment {
  const start = /^\\?[._]/.exec(part)?.[0].at(-1) ?? null
  if (!isPattern(part)) {
    const literal = unquote(part)
    return { kind: 'name', matches: (name) => name === literal, hiddenStart: start, isWritten: true }
  }
  // Loaded with the first pattern: most workers and many runs meet none.
  const picomatch = createRequire(import.meta.url)('picomatch') as typeof import('picomatch')
  const expression = picomatch.makeRe(quoteOthers(part), {
    dot: true,
    nobrace: true,
    nonegate: true,
    posix: true,
    windows: false,
    // Names may hold newlines, which a dot in the expression would not match otherwise.
    flags: 's',
  })
  return { kind: 'name', matches: (name) => expression.test(name), hiddenStart: start, isWritten: false }
}

/** Quotes what picomatch would read as parts of a regular expression and the shell does not: braces, and bare parentheses. */
function quoteOthers(part: string): string {
  let quoted = ''
  let groups = 0
  for (let at = 0; at < part.length; at++) {
    const character = part[at] ?? ''
    if (character === '\\') {
      at++
      // Two backslashes in a row are one to picomatch, but not always; a set of one is the same everywhere.
      quoted += part[at] === '\\' ? '[\\\\]' : `\\${part[at] ?? '\\'}`
    } else if ('@!+*?'.includes(character) && part[at + 1] === '(' && part.indexOf(')', at) > 0) {
      quoted += `${character}(`
      groups++
      at++
    } else if (character === ')' && groups > 0) {
      quoted += ')'
      groups--
    } else quoted += '(){}'.includes(character) ? `\\${character}` : character
  }
  return quoted
}

function unquote(part: string): string {
  return part.replaceAll(/\\(.)/gs, '$1')
}
