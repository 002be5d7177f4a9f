/** What a series of dated files expects: which days must be there, and which files are no part of it. */
import type { ExpectedDays } from '../../job/index.ts'
import { comparePathBytes } from '../path-bytes.ts'
import { shellWord } from '../shell-word.ts'
import { acceptOption } from './accepted.ts'
import { type DatedName, readDatedName } from './dated-name.ts'
import { daysBetween, weekdayOf } from './days.ts'
import type { IgnoredInput, InputProblem, Series } from './discovery.ts'

/** A file the arguments stand for, each once. */
export interface Candidate {
  readonly path: string
  /** Named by the user, not only found in a directory or by a pattern. */
  readonly named: boolean
  /** The arguments that led to it, by their number. */
  readonly foundBy: readonly number[]
}

/** Which of the candidates are read, and what is wrong with the set of them. */
export interface SeriesPlan<C extends Candidate> {
  /** In the order given. */
  readonly read: readonly C[]
  readonly ignored: readonly IgnoredInput[]
  readonly problems: readonly InputProblem[]
  readonly notes: readonly string[]
  readonly series: Series | null
}

/** Fewer files than this are no series. */
const seriesFilesMin = 3
/** The share of its expected days that a series must have at least. */
const seriesCoverageMin = 0.5
/** A second series with at least this share of the first one's days is not passed over without asking. */
const rivalShareMin = 0.25
/** More doubled days than this are told as one problem. */
const doublesToldMax = 10

interface Dated<C> {
  readonly file: C
  readonly name: DatedName
}

/** Files that share a pattern, or the stem of several. */
interface Group<C> {
  /** Where there are several, their ends in braces: `tweets-YYYY-MM-DD{.jsonl,.jsonl.gz}`. */
  readonly pattern: string
  readonly stem: string
  readonly files: Dated<C>[]
  readonly days: ReadonlyMap<string, Dated<C>[]>
}

/**
 * Decides which files belong to a series of days, and names the gaps in it.
 *
 * Where the job expects days, each must have a file, and files of other days are not read, however they were named. Otherwise
 * at least 3 files of one pattern are a series when they cover half of the days between the first and the last that fall
 * on a weekday the series has; the other half is missing. In both cases what a directory or a pattern led to and does
 * not fit the series is not read (without expectation, only where the series is most of what was found there); files
 * named one by one are.
 */
export function planSeries<C extends Candidate>(
  candidates: readonly C[],
  expect: ExpectedDays | null,
): SeriesPlan<C> {
  const dropped = new Map<C, string>()
  if (expect !== null) dropOtherDays(candidates, expect, dropped)
  const inRange = candidates.filter((file) => !dropped.has(file))
  const rivals = dropStrangers(inRange, expect !== null, dropped)
  const read = candidates.filter((file) => !dropped.has(file))
  const groups = groupByPattern(read).filter((group) => expect !== null || isSeries(group))
  const doubles = groups.flatMap(sayDoubles)
  const main = groups[0] ?? null
  const ignored = [...dropped].map(([{ path }, reason]) => ({ path, reason }))
  const [series, gaps] =
    expect === null
      ? [main === null ? null : seriesOf(main), groups.flatMap(findGaps)]
      : expectedSeries(expect, main, read, [...dropped.keys()])
  return { read, ignored, problems: [...rivals, ...doubles, ...gaps], notes: sayOdd(read, main), series }
}

function dropOtherDays<C extends Candidate>(
  candidates: readonly C[],
  { from, to }: ExpectedDays,
  dropped: Map<C, string>,
): void {
  for (const file of candidates) {
    const day = readDatedName(file.path)?.day
    if (day === undefined || (from <= day && day <= to)) continue
    dropped.set(file, `is dated ${day}; the job expects ${from} to ${to}`)
  }
}

/** Drops what arguments led to and does not fit the series there; returns a problem for each series dropped that way. */
function dropStrangers<C extends Candidate>(
  candidates: readonly C[],
  isExpected: boolean,
  dropped: Map<C, string>,
): InputProblem[] {
  const kept = new Set<C>()
  const reasons = new Map<C, string>()
  const rivals = new Map<string, { readonly group: Group<C>; readonly problem: InputProblem }>()
  for (const found of groupByArgument(candidates)) {
    const groups = groupByPattern(found)
    const [main, ...others] = isExpected ? groups : groups.filter(isSeries)
    const rivalGroups = others.filter((group) => isSeries(group) && isRival(group, main))
    const rivalFiles = rivalGroups.reduce((sum, { files }) => sum + files.length, 0)
    const isMost = main !== undefined && main.files.length * 2 >= found.length - rivalFiles
    if (main === undefined || !(isExpected || isMost)) {
      for (const file of found) kept.add(file)
      continue
    }
    const reason = `does not fit the series ${quote(main.pattern)} (${main.files.length} files)`
    const fitting = new Set(main.files.map(({ file }) => file))
    for (const file of found) {
      if (fitting.has(file)) kept.add(file)
      else reasons.set(file, reason)
    }
    for (const group of rivalGroups) rivals.set(group.pattern, { group, problem: sayRival(group, main) })
  }
  for (const [file, reason] of reasons) {
    if (!file.named && !kept.has(file)) dropped.set(file, reason)
  }
  return [...rivals.values()]
    .filter(({ group }) => group.files.some(({ file }) => dropped.has(file)))
    .map(({ problem }) => problem)
}

/** For every argument the files it led to; those that were named themselves are not among them. */
function groupByArgument<C extends Candidate>(candidates: readonly C[]): C[][] {
  const byArgument = new Map<number, C[]>()
  for (const file of candidates) {
    for (const argument of file.foundBy) {
      const files = byArgument.get(argument)
      if (files === undefined) byArgument.set(argument, [file])
      else files.push(file)
    }
  }
  return [...byArgument.values()]
}

/** The dated files by pattern: most days first, then by bytes of the pattern. */
function groupByPattern<C extends Candidate>(files: readonly C[]): Group<C>[] {
  const byPattern = new Map<string, Dated<C>[]>()
  for (const file of files) {
    const name = readDatedName(file.path)
    if (name === null) continue
    const group = byPattern.get(name.pattern)
    if (group === undefined) byPattern.set(name.pattern, [{ file, name }])
    else group.push({ file, name })
  }
  const groups = [...byPattern].map(([pattern, files]) => groupOf(pattern, files)).sort(compareGroups)
  return joinForms(groups).sort(compareGroups)
}

function compareGroups<C>(left: Group<C>, right: Group<C>): number {
  return right.days.size - left.days.size || comparePathBytes(left.pattern, right.pattern)
}

function groupOf<C>(pattern: string, files: Dated<C>[]): Group<C> {
  return { pattern, stem: files[0]?.name.stem ?? pattern, files, days: groupByDay(files) }
}

/**
 * One series of what is kept partly in one form, partly in another: older days packed, the last ones not. Forms that
 * have most of their days in common are copies of each other, and stay apart.
 */
function joinForms<C extends Candidate>(groups: readonly Group<C>[]): Group<C>[] {
  const joined: Group<C>[] = []
  for (const group of groups) {
    const at = joined.findIndex((other) => other.stem === group.stem && areOneSeries(other, group))
    const other = joined[at]
    if (other === undefined) joined.push(group)
    else joined[at] = groupOf(joinPatterns(other, group), [...other.files, ...group.files])
  }
  return joined
}

/** @param smaller has no more days than the other */
function areOneSeries<C>(larger: Group<C>, smaller: Group<C>): boolean {
  const both = [...smaller.days.keys()].filter((day) => larger.days.has(day)).length
  return both * 2 < smaller.days.size
}

function joinPatterns<C>({ stem, files }: Group<C>, { pattern }: Group<C>): string {
  const ends = new Set(
    [...files.map(({ name }) => name.pattern), pattern].map((one) => one.slice(stem.length)),
  )
  return `${stem}{${[...ends].sort(comparePathBytes).join(',')}}`
}

function groupByDay<C>(files: readonly Dated<C>[]): Map<string, Dated<C>[]> {
  const byDay = new Map<string, Dated<C>[]>()
  for (const dated of files) {
    const others = byDay.get(dated.name.day)
    if (others === undefined) byDay.set(dated.name.day, [dated])
    else others.push(dated)
  }
  return byDay
}

function isSeries<C>(group: Group<C>): boolean {
  return (
    group.days.size >= seriesFilesMin && group.days.size >= expectedDays(group).length * seriesCoverageMin
  )
}

/** The days of the group's span that are no days of rest. */
function expectedDays<C>({ days }: Group<C>): string[] {
  const [from, to] = spanOf(days)
  const span = daysBetween(from, to)
  const rest = restWeekdays(span, days)
  return span.filter((day) => !rest.has(weekdayOf(day)))
}

/** Saturdays or Sundays are days of rest when both of two are missing; any other weekday takes four to be believed. */
const weekend: ReadonlySet<number> = new Set([0, 6])
const weekendsMin = 2
const weekdaysMin = 4

/** The weekdays that the series never has, though its span has had so many of them that it cannot be chance. */
function restWeekdays(span: readonly string[], days: ReadonlyMap<string, unknown>): Set<number> {
  const present = new Set([...days.keys()].map(weekdayOf))
  const counts = new Map<number, number>()
  for (const day of span) counts.set(weekdayOf(day), (counts.get(weekdayOf(day)) ?? 0) + 1)
  const rest = [...counts].filter(
    ([weekday, count]) =>
      !present.has(weekday) && count >= (weekend.has(weekday) ? weekendsMin : weekdaysMin),
  )
  return new Set(rest.map(([weekday]) => weekday))
}

function spanOf(days: ReadonlyMap<string, unknown>): [from: string, to: string] {
  const sorted = [...days.keys()].sort()
  return [sorted[0] ?? '', sorted.at(-1) ?? '']
}

function seriesOf<C>(group: Group<C>): Series {
  const [from, to] = spanOf(group.days)
  const missing = expectedDays(group).filter((day) => !group.days.has(day))
  return { pattern: group.pattern, from, to, missing }
}

function findGaps<C extends Candidate>(group: Group<C>): InputProblem[] {
  return seriesOf(group).missing.map((day) => sayMissing(day, group, []))
}

function expectedSeries<C extends Candidate>(
  { from, to }: ExpectedDays,
  main: Group<C> | null,
  read: readonly C[],
  dropped: readonly C[],
): [Series, InputProblem[]] {
  const covered = new Set(read.map(({ path }) => readDatedName(path)?.day))
  const missing = daysBetween(from, to).filter((day) => !covered.has(day))
  const problems = missing.map((day) => {
    const others = dropped.filter(({ path }) => readDatedName(path)?.day === day)
    return sayMissing(day, main, others)
  })
  return [{ pattern: main?.pattern ?? 'YYYY-MM-DD', from, to, missing }, problems]
}

function sayMissing<C extends Candidate>(
  day: string,
  group: Group<C> | null,
  others: readonly Candidate[],
): InputProblem {
  const like = group?.files[0]?.name.nameOn(day)
  const expected = like === undefined ? '' : `; ${quote(like)} would be expected`
  const instead = others.map(({ path }) => quote(path)).join(', ')
  const but = instead === '' ? '' : `. Dated that day, but named otherwise and not read: ${instead}`
  return seriesProblem(
    day,
    'input-missing',
    `no file holds this day${expected}${but}`,
    `Add the file; if the day cannot be had, go on without it: ${acceptOption(day)}.`,
  )
}

/** The days for which a series has several files, unless its names tell pieces of a day apart by numbers. */
function sayDoubles<C extends Candidate>({ pattern, days }: Group<C>): InputProblem[] {
  const doubles = [...days].filter(([, files]) => {
    const names = new Set(files.map(({ file, name }) => nameWithoutForm(file, name)))
    return names.size < files.length
  })
  const paths = (files: readonly Dated<C>[]): string => files.map(({ file }) => quote(file.path)).join(', ')
  if (doubles.length > doublesToldMax) {
    const [, files] = doubles[0] ?? ['', []]
    return [
      seriesProblem(
        pattern,
        'input-damaged',
        `${doubles.length} days have several files of one name, or the same in several forms, the first of them ${paths(files)}; all are read, so each of these days counts more than once`,
        `Name the directory with the right ones; if all of them are right, say so: ${acceptOption(pattern)}.`,
      ),
    ]
  }
  return doubles.map(([day, files]) =>
    seriesProblem(
      day,
      'input-damaged',
      `several files hold this day, and all are read, so that it counts more than once: ${paths(files)}`,
      `Take away what is a copy; if all of them are right, say so: ${acceptOption(day)}.`,
    ),
  )
}

/** The last part of a path, up to where its pattern tells how the day's data is kept. */
function nameWithoutForm({ path }: Candidate, { pattern, stem }: DatedName): string {
  return path.slice(path.lastIndexOf('/') + 1, path.length - (pattern.length - stem.length))
}

/** Has a second series so many days that it may have been meant as well? */
function isRival<C>(group: Group<C>, main: Group<C> | undefined): boolean {
  return main !== undefined && group.days.size >= main.days.size * rivalShareMin
}

function sayRival<C>(rival: Group<C>, main: Group<C>): InputProblem {
  const patterns = [main, rival].map(({ pattern }) => shellWord(toShellPattern(pattern))).join(' ')
  return seriesProblem(
    rival.pattern,
    'input-missing',
    `${rival.files.length} files of this pattern are a second series beside ${quote(main.pattern)} (${main.files.length} files), and are not read`,
    `Name the one that is meant, or both, by patterns such as ${patterns}; or go on without the second: ${acceptOption(rival.pattern)}.`,
  )
}

/** A pattern of a series as one that the command line takes. */
function toShellPattern(pattern: string): string {
  return pattern.replace(/YYYY[-_]?MM[-_]?DD|YY-MM-DD/, '*').replaceAll('N', '*')
}

/** Names what was named one by one and does not fit the series that most files belong to. */
function sayOdd<C extends Candidate>(read: readonly C[], main: Group<C> | null): string[] {
  if (main === null || main.files.length * 2 < read.length) return []
  const fitting = new Set<C>(main.files.map(({ file }) => file))
  return read
    .filter((file) => file.named && !fitting.has(file))
    .map(
      ({ path }) => `${path}: does not fit the series ${quote(main.pattern)}; it is read, as it was named.`,
    )
}

function seriesProblem(
  path: string,
  code: 'input-missing' | 'input-damaged',
  what: string,
  wayOut: string,
): InputProblem {
  return { path, member: null, byte: null, code, message: `${path}: ${what}.`, wayOut }
}

function quote(text: string): string {
  return JSON.stringify(text)
}
