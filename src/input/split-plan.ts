import { assertNever, TallymanError } from '../errors.ts'
import type { InputFile } from './discover/discovery.ts'
import type { GzipCut, Split } from './split.ts'
import { likelyBytes } from './split-size.ts'

/** How inputs are cut. */
export interface SplitOptions {
  /** Longest range of a plain file, in bytes. */
  readonly splitBytes: number
  /** May a plain file be cut into ranges? Not where the whole file is one record. */
  readonly splittable: boolean
}

/** A split before it has its place in the global order. */
type Unplaced = Split extends infer S ? (S extends Split ? Omit<S, 'ordinal'> : never) : never

/**
 * Cuts files into splits: plain files into ranges of `splitBytes` (the last one shorter; an empty file is one empty
 * range), gzip files at those of their members that were found or where their index says, every member of a zip archive as a whole. Does no I/O, and depends on
 * nothing but its arguments: the same files and sizes give the same splits on every machine.
 *
 * @param files in the order and with the members in the order `discoverInputs` gives
 * @returns splits with ordinals 0, 1, 2, … in global order: file, then member name, then start
 */
export function planSplits(files: readonly InputFile[], { splitBytes, splittable }: SplitOptions): Split[] {
  requirePositive('splitBytes', splitBytes)
  const splits: Split[] = []
  for (const file of files) {
    for (const split of cut(file, splittable ? splitBytes : Number.POSITIVE_INFINITY)) {
      splits.push({ ordinal: splits.length, ...split })
    }
  }
  return splits
}

function* cut(file: InputFile, rangeBytesMax: number): Generator<Unplaced> {
  const { path, identity } = file
  switch (file.kind) {
    case 'plain': {
      const { sizeBytes } = identity
      for (let startByte = 0; startByte < sizeBytes || startByte === 0; startByte += rangeBytesMax) {
        const endByte = Math.min(sizeBytes, startByte + rangeBytesMax)
        yield { kind: 'range', path, identity, startByte, endByte }
      }
      return
    }
    case 'gzip':
      yield* cutGzip(file, rangeBytesMax)
      return
    case 'zip':
      for (const { name, encrypted: _, ...where } of file.members) {
        yield { kind: 'zip-member', path, identity, member: name, ...where }
      }
      return
    default:
      assertNever(file.kind)
  }
}

/** Parts of at least `partBytes` of data each, but for the last; the whole file where it has not two of them. */
function* cutGzip({ path, identity, cuts = [], index }: InputFile, partBytes: number): Generator<Unplaced> {
  const named = index === undefined ? {} : { index }
  let start: GzipCut | null = null
  for (const cut of cuts) {
    if (cut.dataByte - (start?.dataByte ?? 0) < partBytes) continue
    yield { kind: 'gzip', path, identity, part: { start, end: cut, ...named } }
    start = cut
  }
  yield { kind: 'gzip', path, identity, ...(start === null ? {} : { part: { start, end: null, ...named } }) }
}

/** Bounds what one task holds in its plan and loses in a crash, however small its splits are. */
const taskSplitsMax = 1024

/**
 * Packs neighbouring splits into tasks of at most `taskBytes` decompressed bytes and 1,024 splits; a split longer than that
 * is a task of its own. Files share tasks only where there are more than `filesApartMax` of them. What a gzip file holds is not known
 * before it is read, and is estimated at 6 times its size.
 *
 * @param splits in global order
 * @returns tasks in global order; their concatenation is `splits`
 */
export function packSplits(splits: readonly Split[], taskBytes: number, filesApartMax: number): Split[][] {
  requirePositive('taskBytes', taskBytes)
  const keepsApart = new Set(splits.map(({ path }) => path)).size <= filesApartMax
  const tasks: Split[][] = []
  let task: Split[] = []
  let bytes = 0
  for (const split of splits) {
    const splitBytes = likelyBytes(split)
    const before = task[0]
    const isFull = task.length === taskSplitsMax || bytes + splitBytes > taskBytes
    if (before !== undefined && (isFull || (keepsApart && before.path !== split.path))) {
      tasks.push(task)
      task = []
      bytes = 0
    }
    task.push(split)
    bytes += splitBytes
  }
  if (task.length > 0) tasks.push(task)
  return tasks
}

function requirePositive(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return
  throw new TallymanError('usage', `Size "${name}" is "${value}"; it takes a whole number of bytes from 1.`)
}
