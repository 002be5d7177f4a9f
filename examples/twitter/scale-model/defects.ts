/** What can be wrong with an archive, by name. All of it has happened to people who did the homework. */

/** For each defect: the day it strikes, and what it does to that day's archive. */
export const defects = {
  'missing-day': { day: '2020-02-20', does: 'is not there' },
  'truncated-zip': { day: '2020-03-24', does: 'ends in the middle, as after a broken download' },
  'half-day': { day: '2020-04-16', does: 'has twelve of its 24 members' },
  'bad-crc': { day: '2020-05-02', does: 'has a wrong checksum on its first member' },
  'empty-archive': { day: '2020-06-07', does: 'holds a folder and nothing in it' },
  'half-line': { day: '2020-07-08', does: 'has a member whose last line is cut' },
  'bad-line': { day: '2020-08-09', does: 'has a line that is an error message of the stream, not JSON' },
  'bad-utf8': { day: '2020-09-10', does: 'has a line that is Latin-1, not UTF-8' },
  'odd-files': {
    day: null,
    does: 'a readme and an archive of another naming scheme, tweets-20220406.zip, lie beside',
  },
} as const satisfies Record<string, { day: string | null; does: string }>

export type DefectName = keyof typeof defects

export function isDefect(name: string): name is DefectName {
  return Object.hasOwn(defects, name)
}

export interface Strike {
  readonly defect: DefectName
  /** The day whose archive is struck; null for what lies beside the archives. */
  readonly day: string | null
}

/**
 * Which defect strikes which day: its own, or, in a model that does not have that day, one of the others, counted off so
 * that two defects meet only where there are fewer days than defects.
 */
export function strikesOf(names: readonly DefectName[], days: readonly string[]): Strike[] {
  const order = Object.keys(defects)
  return names.map((defect) => {
    const own = defects[defect].day
    if (own === null || days.includes(own)) return { defect, day: own }
    return { defect, day: days[(1 + order.indexOf(defect)) % days.length] ?? null }
  })
}
