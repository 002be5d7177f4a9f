/** How files, members and splits are called wherever people read of them. */
import { showCount } from '../quantities.ts'
import type { GzipPart, Split } from './split.ts'

/** A file, or a member of an archive: `archive!member`. */
export function inputName(path: string, member: string | null): string {
  return member === null ? path : `${path}!${member}`
}

/** The archive member a split is; null for every other split. */
export function memberOf(split: Split): string | null {
  return split.kind === 'zip-member' ? split.member : null
}

/** The file or member a split is of. */
export function splitName(split: Split): string {
  return inputName(split.path, memberOf(split))
}

/**
 * A split with what it is of its file or member, where it is not the whole: `a.txt, bytes 10 to 20`, `a.gz, gzip members 3 to 7`.
 */
export function saySplit(split: Split): string {
  const name = splitName(split)
  if (split.kind === 'gzip' && split.part !== undefined)
    return split.part.index === undefined ? sayMembers(split.part, name) : sayData(split.part, name)
  if (split.kind !== 'range') return name
  const { startByte, endByte, identity } = split
  const isWhole = startByte === 0 && endByte === identity.sizeBytes
  return isWhole ? name : `${name}, bytes ${showCount(startByte)} to ${showCount(endByte)}`
}

/** The last part's last member is not known before it is read. */
function sayMembers({ start, end }: GzipPart, name: string): string {
  const first = `${name}, gzip members ${showCount((start?.members ?? 0) + 1)}`
  return end === null ? `${first} and after` : `${first} to ${showCount(end.members)}`
}

/** How much the last part holds is not known before it is read. */
function sayData({ start, end }: GzipPart, name: string): string {
  const first = `${name}, bytes ${showCount(start?.dataByte ?? 0)}`
  return end === null ? `${first} and after, inflated` : `${first} to ${showCount(end.dataByte)}, inflated`
}

/** Several splits that one task reads, in few words: the first, and how many more. */
export function saySplits(splits: readonly Split[]): string {
  const [first] = splits
  if (first === undefined) return 'nothing'
  const more = splits.length - 1
  return more === 0 ? saySplit(first) : `${saySplit(first)} and ${showCount(more)} more`
}
