import { dayOf } from '../../job/index.ts'
import { baseName } from './directory.ts'

/** A file name with a day in it. */
export interface DatedName {
  /** YYYY-MM-DD. */
  readonly day: string
  /**
   * The name with the day's place written out, and every other number as `N`: files that share it are pieces of one
   * series. For example `geoTwitterYY-MM-DD.zip`, or `access-YYYY-MM-DD.N.gz` for the numbered pieces of a day.
   */
  readonly pattern: string
  /** The pattern without its last part: what a day's data has in common in whatever form it lies there, packed or not. */
  readonly stem: string
  /** The name this one would have on another day. */
  nameOn(day: string): string
}

/** The end of a name that tells how the same lines are kept: as they are, or packed. */
const formOfData = /(\.(jsonl|ndjson|json|txt|log))?(\.(gz|zip))?$/

/** How a day is written in names, with the way from YYYY-MM-DD. */
const forms = [
  { written: 'YYYY-MM-DD', write: (day: string) => day },
  { written: 'YYYY_MM_DD', write: (day: string) => day.replaceAll('-', '_') },
  { written: 'YYYYMMDD', write: (day: string) => day.replaceAll('-', '') },
  { written: 'YY-MM-DD', write: (day: string) => day.slice(2) },
] as const

/** Reads the day in the last part of a path (see `dayOf`); null where there is none. */
export function readDatedName(path: string): DatedName | null {
  const base = baseName(path)
  const day = dayOf(base)
  if (day === null) return null
  for (const { written, write } of forms) {
    const start = findAlone(base, write(day))
    if (start < 0) continue
    const before = base.slice(0, start)
    const after = base.slice(start + written.length)
    const pattern = withoutNumbers(before) + written + withoutNumbers(after)
    return {
      day,
      pattern,
      stem: pattern.replace(formOfData, ''),
      nameOn: (other) => before + write(other) + after,
    }
  }
  return null
}

/** Where digits stand in a text without another digit before or after them; -1 where they do not. */
function findAlone(text: string, digits: string): number {
  const isDigit = (character: string | undefined): boolean =>
    character !== undefined && /^\d$/.test(character)
  for (let at = text.indexOf(digits); at >= 0; at = text.indexOf(digits, at + 1)) {
    if (!isDigit(text[at - 1]) && !isDigit(text[at + digits.length])) return at
  }
  return -1
}

function withoutNumbers(text: string): string {
  return text.replaceAll(/\d+/g, 'N')
}
