import { TallymanError } from '../../errors.ts'

/** More than any year of days needs; fewer than would hang the planner. */
const alternativesMax = 10_000

/**
 * The words a pattern with braces stands for, in the shell's order: `{a,b}`, nested ones, and the ranges `{1..12}`,
 * `{01..12}` (zeros kept) and `{a..e}`. Braces without a comma or a range are ordinary characters, and so are those after
 * a backslash, which stays.
 *
 * @returns at least one word; just the pattern where it has nothing to expand
 * @throws {TallymanError} `usage` when there would be more than 10,000
 */
export function expandBraces(pattern: string): string[] {
  const done: string[] = []
  const open = [pattern]
  for (let word = open.pop(); word !== undefined; word = open.pop()) {
    const brace = findBrace(word)
    if (brace === null) done.push(word)
    else {
      const { before, alternatives, after } = brace
      // The last one goes in first, so that the first one comes out first.
      for (const alternative of alternatives.reverse()) open.push(before + alternative + after)
    }
    if (done.length + open.length > alternativesMax) {
      throw new TallymanError(
        'usage',
        `Pattern ${JSON.stringify(pattern)} stands for more than 10,000 names.`,
        {
          wayOut: 'Use "*" in place of the braces, or name the directory.',
        },
      )
    }
  }
  return done
}

interface Brace {
  readonly before: string
  readonly alternatives: string[]
  readonly after: string
}

/** The first pair of braces that stands for several words. */
function findBrace(word: string): Brace | null {
  for (let at = 0; at < word.length; at++) {
    if (word[at] === '\\') at++
    else if (word[at] === '{') {
      const pair = readPair(word, at)
      if (pair === null) continue
      const alternatives = pair.parts.length > 1 ? pair.parts : expandRange(pair.parts[0] ?? '')
      if (alternatives !== null)
        return { before: word.slice(0, at), alternatives, after: word.slice(pair.end) }
    }
  }
  return null
}

/** What lies between the brace at `start` and its partner, cut at the commas that are in no inner pair. */
function readPair(word: string, start: number): { parts: string[]; end: number } | null {
  const parts: string[] = []
  let partStart = start + 1
  let depth = 0
  for (let at = start; at < word.length; at++) {
    const character = word[at]
    if (character === '\\') at++
    else if (character === '{') depth++
    else if (character === ',' && depth === 1) {
      parts.push(word.slice(partStart, at))
      partStart = at + 1
    } else if (character === '}' && --depth === 0) {
      parts.push(word.slice(partStart, at))
      return { parts, end: at + 1 }
    }
  }
  return null
}

/** The words of `1..12`, `01..12` or `a..e`, counting down where the first is larger; null for what is no range. */
function expandRange(text: string): string[] | null {
  const numbers = /^(-?\d{1,9})\.\.(-?\d{1,9})$/.exec(text)
  if (numbers !== null) {
    const [, from = '', to = ''] = numbers
    const isPadded = [from, to].some((number) => /^-?0\d/.test(number))
    const width = isPadded ? Math.max(from.length, to.length) : 0
    return countFrom(Number(from), Number(to)).map((number) => {
      const sign = number < 0 ? '-' : ''
      return sign + String(Math.abs(number)).padStart(width - sign.length, '0')
    })
  }
  const [, first, last] = /^([a-zA-Z])\.\.([a-zA-Z])$/.exec(text) ?? []
  if (first === undefined || last === undefined) return null
  return countFrom(first.charCodeAt(0), last.charCodeAt(0)).map((unit) => String.fromCharCode(unit))
}

/** From one number to the other, one more than may be: enough for the caller to refuse. */
function countFrom(from: number, to: number): number[] {
  const step = from <= to ? 1 : -1
  const length = Math.min(Math.abs(to - from), alternativesMax) + 1
  return Array.from({ length }, (_, index) => from + index * step)
}
