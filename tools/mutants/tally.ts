/** What Stryker's report says, as numbers and as text. */
import { z } from 'zod'

const mutantSchema = z.object({
  mutatorName: z.string(),
  replacement: z.string().optional(),
  status: z.string(),
  location: z.object({
    start: z.object({ line: z.number(), column: z.number() }),
    end: z.object({ line: z.number(), column: z.number() }),
  }),
})

const reportSchema = z.object({
  files: z.record(z.string(), z.object({ source: z.string(), mutants: z.array(mutantSchema) })),
})

type Mutant = z.infer<typeof mutantSchema>

/** How the mutants of one file, or of many, ended. */
export interface Tally {
  readonly path: string
  readonly killed: number
  /** The tests ran on and on, which a person would see too: counted as killed. */
  readonly timeouts: number
  readonly survived: number
  /** No test runs this code at all. */
  readonly uncovered: number
}

/** A mutant that no test notices. */
export interface Survivor {
  readonly path: string
  readonly line: number
  readonly mutator: string
  readonly original: string
  readonly replacement: string
  readonly isCovered: boolean
}

const lost = ['Survived', 'NoCoverage']

/** One tally a file, by path. Mutants that were left out on purpose, or that cannot even be loaded, are in none. */
export function tallyFiles(report: unknown): Tally[] {
  return Object.entries(reportSchema.parse(report).files)
    .map(([path, { mutants }]) => {
      const count = (status: string) => mutants.filter((mutant) => mutant.status === status).length
      return {
        path,
        killed: count('Killed'),
        timeouts: count('Timeout'),
        survived: count('Survived'),
        uncovered: count('NoCoverage'),
      }
    })
    .filter((tally) => mutantsOf(tally) > 0)
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** The mutants that no test noticed, by path and line. */
export function survivorsIn(report: unknown): Survivor[] {
  return Object.entries(reportSchema.parse(report).files)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([path, { source, mutants }]) =>
      mutants
        .filter(({ status }) => lost.includes(status))
        .sort((a, b) => a.location.start.line - b.location.start.line)
        .map((mutant) => ({
          path,
          line: mutant.location.start.line,
          mutator: mutant.mutatorName,
          original: textAt(source, mutant.location),
          replacement: mutant.replacement ?? '',
          isCovered: mutant.status === 'Survived',
        })),
    )
}

function textAt(source: string, { start, end }: Mutant['location']): string {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  const last = lines.length - 1
  lines[last] = lines[last]!.slice(0, end.column - 1)
  lines[0] = lines[0]!.slice(start.column - 1)
  return lines.join('\n')
}

export function total(path: string, tallies: readonly Tally[]): Tally {
  const sum = (of: (tally: Tally) => number) => tallies.reduce((all, tally) => all + of(tally), 0)
  return {
    path,
    killed: sum(({ killed }) => killed),
    timeouts: sum(({ timeouts }) => timeouts),
    survived: sum(({ survived }) => survived),
    uncovered: sum(({ uncovered }) => uncovered),
  }
}

export function mutantsOf({ killed, timeouts, survived, uncovered }: Tally): number {
  return killed + timeouts + survived + uncovered
}

/** Percent of the mutants that a test noticed; 100 of none. */
export function scoreOf(tally: Tally): number {
  const all = mutantsOf(tally)
  return all === 0 ? 100 : (100 * (tally.killed + tally.timeouts)) / all
}

const headings = ['mutants', 'killed', 'timeout', 'survived', 'no test', 'score']

/** A table with one line a file, and their sum as its first line. */
export function tableOf(sum: Tally, tallies: readonly Tally[]): string {
  const width = Math.max(...[sum, ...tallies].map(({ path }) => path.length))
  const line = (name: string, cells: readonly string[]) =>
    `${name.padEnd(width)}${cells.map((cell) => cell.padStart(10)).join('')}`
  const row = (tally: Tally) =>
    line(tally.path, [
      ...[mutantsOf(tally), tally.killed, tally.timeouts, tally.survived, tally.uncovered].map(String),
      `${scoreOf(tally).toFixed(1)} %`,
    ])
  return `${[line('', headings), row(sum), ...tallies.map(row)].join('\n')}\n`
}

/** One survivor as a line, cut to what a terminal shows. */
export function survivorLine({ path, line, mutator, original, replacement, isCovered }: Survivor): string {
  const short = (text: string) => text.replace(/\s+/g, ' ').slice(0, 100)
  const untested = isCovered ? '' : ' (no test runs this)'
  return `${path}:${line}  ${mutator}: ${short(original)} → ${short(replacement)}${untested}`
}

/**
 * The recorded report with the section of one room in it, in place of the one it had.
 *
 * @param recorded sections of rooms, each of which begins with a line `== ROOM`
 */
export function withSection(recorded: string, room: string, section: string): string {
  const sections = recorded.split(/^(?=== )/m).filter((one) => one.startsWith('== '))
  const others = sections.filter((one) => !one.startsWith(`== ${room} `)).map((one) => one.trimEnd())
  return `${[...others, `== ${room} ${section.trimEnd()}`].join('\n\n')}\n`
}
