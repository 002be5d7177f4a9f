import type { ExpectedDays } from '../../job/index.ts'
import { comparePathBytes } from '../path-bytes.ts'
import { inputName } from '../split-name.ts'
import { acceptInput } from './accepted.ts'
import { walkArguments } from './arguments.ts'
import { mapBounded } from './bounded.ts'
import type { Discovery, IgnoredInput, InputFile, InputProblem } from './discovery.ts'
import { type Inspection, inspect, type Reading } from './inspect.ts'
import { type Candidate, planSeries } from './series.ts'
import type { FoundFile, IgnoredEntry, PlacedProblem } from './walk.ts'

/** What the inputs of a run depend on beside the arguments. */
export interface DiscoverOptions extends Reading {
  /** Absolute path of the directory that relative arguments start from. */
  readonly cwd: string
  /** The days that must have an input; none by default. */
  readonly expect?: ExpectedDays | null
  /** Absolute paths, without links, of directories that are no input, unless one is named: tallyman's own. */
  readonly own?: readonly string[]
}

/** Archives open at a time: enough for a disk's queue, far below the limit on open files. */
const openMax = 16

/**
 * Finds the inputs of a run before anything is read: which files the arguments stand for, what each of them is, which
 * members the archives have, and what is missing, damaged, or lies there without being an input.
 *
 * Files come in the order of the bytes of their absolute paths, directories' links resolved, and each once, whatever the
 * arguments, their order and their spelling. A symbolic link and the file it leads to are one file, shown under the file's own
 * name where that is among the inputs; hard links are files of their own, since nothing tells which is the copy.
 *
 * Cost: lists directories, opens every file once (16 at a time) and reads 262 bytes of it, of a zip archive its directory, of a large
 * gzip file what finding its members takes (`findGzipCuts`).
 *
 * @param args files, directories, and patterns; where a file of that very name exists, a pattern is a name
 * @throws {TallymanError} `input-missing` or `input-unsupported` for an argument that stands for no file; what is wrong with
 *   single files is in `problems`
 */
export async function discoverInputs(args: readonly string[], options: DiscoverOptions): Promise<Discovery> {
  const walk = await walkArguments(args, options.cwd, options.own)
  const { files, links } = mergeNames(walk.found)
  const plan = planSeries(files, options.expect ?? null)
  const inspected = await mapBounded(plan.read, openMax, ({ place, path }) => inspect(place, path, options))
  const inputs = inspected.flatMap(({ file }) => file ?? [])
  const empties = judgeEmpty(inspected)
  return {
    files: inputs,
    ignored: mergeIgnored([...walk.ignored, ...links], files, plan.ignored, inspected),
    problems: orderProblems([
      ...mergeProblems(walk.problems),
      ...inspected.flatMap(({ problems }) => problems),
      ...empties.problems,
      ...plan.problems,
    ]),
    notes: [...plan.notes, ...sayHardLinks(inputs), ...sayPacked(inputs), ...empties.notes],
    series: plan.series,
  }
}

interface PlacedFile extends Candidate {
  readonly place: string
}

/** Puts the names of each file together, and the files in order. */
function mergeNames(found: readonly FoundFile[]): { files: PlacedFile[]; links: IgnoredEntry[] } {
  const byFile = new Map<string, FoundFile[]>()
  for (const name of found) {
    const names = byFile.get(name.realPath)
    if (names === undefined) byFile.set(name.realPath, [name])
    else names.push(name)
  }
  const files: PlacedFile[] = []
  const links = new Map<string, IgnoredEntry>()
  for (const names of byFile.values()) {
    const [best, ...others] = names.sort(byAptness)
    if (best === undefined) continue
    const { path, place } = best
    files.push({
      path,
      place,
      named: names.some(({ named }) => named),
      foundBy: names.filter(({ named }) => !named).map(({ argument }) => argument),
    })
    for (const other of others) {
      if (other.place === place) continue
      const reason = `is a link to the same file as ${JSON.stringify(path)}, which is read`
      links.set(other.place, { path: other.path, place: other.place, reason })
    }
  }
  files.sort((left, right) => comparePathBytes(left.place, right.place))
  return { files, links: [...links.values()] }
}

/** The file's own name before links to it, then by place, then the shortest way of writing it. */
function byAptness(left: FoundFile, right: FoundFile): number {
  const isLink = ({ place, realPath }: FoundFile): number => (place === realPath ? 0 : 1)
  return (
    isLink(left) - isLink(right) ||
    comparePathBytes(left.place, right.place) ||
    left.path.length - right.path.length ||
    comparePathBytes(left.path, right.path)
  )
}

/** Everything that is not read, each once; what another argument made an input is not among it. */
function mergeIgnored(
  entries: readonly IgnoredEntry[],
  files: readonly PlacedFile[],
  strangers: readonly IgnoredInput[],
  inspected: readonly Inspection[],
): IgnoredInput[] {
  const taken = withDirectories(files.map(({ place }) => place))
  const byPlace = new Map<string, IgnoredInput>()
  for (const { path, place, reason } of entries) {
    const before = byPlace.get(place)
    if (taken.has(place) || (before !== undefined && before.path.length <= path.length)) continue
    byPlace.set(place, { path, reason })
  }
  return [...byPlace.values(), ...strangers, ...inspected.flatMap(({ ignored }) => ignored)].sort(
    (left, right) => comparePathBytes(left.path, right.path),
  )
}

/** Places together with all directories above them. */
function withDirectories(places: readonly string[]): Set<string> {
  const all = new Set<string>()
  for (const place of places) {
    for (let path = place; path !== '' && !all.has(path); path = path.slice(0, path.lastIndexOf('/')))
      all.add(path)
  }
  return all
}

/** Several arguments may have met the same trouble, spelt differently. */
function mergeProblems(placed: readonly PlacedProblem[]): InputProblem[] {
  const byPlace = new Map<string, InputProblem>()
  for (const { place, problem } of placed) {
    const before = byPlace.get(place)
    if (before === undefined || problem.path.length < before.path.length) byPlace.set(place, problem)
  }
  return [...byPlace.values()]
}

function orderProblems(problems: readonly InputProblem[]): InputProblem[] {
  return [...problems].sort(
    (left, right) =>
      comparePathBytes(left.path, right.path) || comparePathBytes(left.member ?? '', right.member ?? ''),
  )
}

/** Has this input bytes to read? Of a gzip file nothing is known yet, and it is taken to have. */
function hasData({ kind, identity, members }: InputFile): boolean {
  if (kind === 'zip') return members.some(({ uncompressedBytes }) => uncompressedBytes > 0)
  return identity.sizeBytes > 0
}

/** An archive without data among inputs that have some is a problem; other empty things are worth a word. */
function judgeEmpty(inspected: readonly Inspection[]): { problems: InputProblem[]; notes: string[] } {
  const problems: InputProblem[] = []
  const notes: string[] = []
  const othersHaveData = inspected.some(({ file }) => file !== null && hasData(file))
  for (const { file, problems: told } of inspected) {
    // Whoever could not read some of an archive's members cannot tell that it holds nothing.
    if (file === null || told.length > 0) continue
    if (!hasData(file)) {
      if (file.kind === 'zip' && othersHaveData) problems.push(sayEmptyArchive(file))
      else if (othersHaveData) notes.push(`${file.path}: the file is empty, while others are not.`)
      else notes.push(`${file.path}: there is nothing in it.`)
      continue
    }
    for (const { name, uncompressedBytes } of file.members) {
      if (uncompressedBytes > 0) continue
      notes.push(`${inputName(file.path, name)}: the member is empty, while others of the archive are not.`)
    }
  }
  return { problems, notes }
}

function sayEmptyArchive({ path }: InputFile): InputProblem {
  return {
    path,
    member: null,
    byte: null,
    code: 'input-damaged',
    message: `${path}: the file is an archive without a record, while others have some.`,
    wayOut: `Fetch it again; if it is known to be empty, say so: ${acceptInput(path)}.`,
  }
}

/** Names of one file that are no symbolic links: both are read, which may not be what was meant. */
function sayHardLinks(files: readonly InputFile[]): string[] {
  const first = new Map<string, string>()
  return files.flatMap(({ path, identity: { inode, sizeBytes, mtimeNs } }) => {
    const identity = `${inode} ${sizeBytes} ${mtimeNs}`
    const other = first.get(identity)
    if (other === undefined) first.set(identity, path)
    return other === undefined
      ? []
      : [`${path}: is the same file on disk as ${JSON.stringify(other)}; both are read.`]
  })
}

/** `gzip -k` leaves both, and so may who packs a folder while it is read. */
function sayPacked(files: readonly InputFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path))
  return files.flatMap(({ path }) => {
    const unpacked = path.replace(/\.(?:gz|zip)$/i, '')
    return unpacked === path || !paths.has(unpacked)
      ? []
      : [
          `${path}: lies beside ${JSON.stringify(unpacked)}; both are read, and where the one is the other, packed, all of it counts twice.`,
        ]
  })
}
