/** Which lines are a split's own. */
import type { LineBounds } from './decode/lines.ts'
import type { Split } from './split.ts'

/** Where a split begins in its file or member, decompressed. */
export function startByteOf(split: Split): number {
  if (split.kind === 'range') return split.startByte
  return split.kind === 'gzip' ? (split.part?.start?.dataByte ?? 0) : 0
}

/**
 * The bounds that its lines are cut with. A range is read from the byte before it, which tells whether a line begins with it; what
 * stands before a part of a gzip file is not known, and so its first line is always left to the part before.
 */
export function lineBoundsOf(split: Split): Omit<LineBounds, 'lineBytesMax'> {
  const startByte = startByteOf(split)
  if (split.kind === 'range') {
    return { firstByte: Math.max(0, startByte - 1), skipFirst: startByte > 0, endByte: split.endByte }
  }
  const end = split.kind === 'gzip' ? (split.part?.end ?? null) : null
  return {
    firstByte: startByte,
    skipFirst: startByte > 0,
    endByte: end === null ? Number.POSITIVE_INFINITY : end.dataByte + 1,
  }
}

/** Is a line that begins at this byte of the file or member, decompressed, one of the split's own? */
export function ownsLineAt(split: Split, byte: number): boolean {
  const { skipFirst, endByte } = lineBoundsOf(split)
  const startByte = startByteOf(split)
  return (split.kind === 'gzip' && skipFirst ? byte > startByte : byte >= startByte) && byte < endByte
}
