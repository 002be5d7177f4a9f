/** How files, members and splits are called wherever people read of them. */
import { decimal } from './source/say.ts'
import type { Split } from './split.ts'

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

/** A split with the bytes it is, where it is not a whole file or member: `a.txt, bytes 10 to 20`. */
export function saySplit(split: Split): string {
  const name = splitName(split)
  if (split.kind !== 'range') return name
  const { startByte, endByte, identity } = split
  const isWhole = startByte === 0 && endByte === identity.sizeBytes
  return isWhole ? name : `${name}, bytes ${decimal(startByte)} to ${decimal(endByte)}`
}

/** Several splits that one task reads, in few words: the first, and how many more. */
export function saySplits(splits: readonly Split[]): string {
  const [first] = splits
  if (first === undefined) return 'nothing'
  const more = splits.length - 1
  return more === 0 ? saySplit(first) : `${saySplit(first)} and ${decimal(more)} more`
}
