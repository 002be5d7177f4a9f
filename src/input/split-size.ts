/** How large splits are: what is known before one is read. */
import type { Split } from './split.ts'

/** How many times its size a gzip file of JSON lines or logs usually holds; real day archives of tweets: 6.4 to 7.6. */
const gzipRatio = 6

/** What a gzip file of this size probably holds. */
export function likelyGzipBytes(sizeBytes: number): number {
  return sizeBytes * gzipRatio
}

/** Whether a gzip file of this size probably holds more than a part of so many bytes, so that it is looked for places to cut it at. */
export function isWorthCutting(sizeBytes: number, partBytes: number): boolean {
  return likelyGzipBytes(sizeBytes) > partBytes
}

/** Bytes a split takes on disk. */
export function diskBytes(split: Split): number {
  switch (split.kind) {
    case 'range':
      return split.endByte - split.startByte
    case 'gzip':
      return (split.part?.end?.byte ?? split.identity.sizeBytes) - (split.part?.start?.byte ?? 0)
    case 'zip-member':
      return split.compressedBytes
  }
}

/** Bytes a split has after decompression, as its file says; null where the file does not say. It may lie. */
export function statedBytes(split: Split): number | null {
  switch (split.kind) {
    case 'range':
      return split.endByte - split.startByte
    case 'gzip': {
      const end = split.part?.end ?? null
      return end === null ? null : end.dataByte - (split.part?.start?.dataByte ?? 0)
    }
    case 'zip-member':
      return split.uncompressedBytes
  }
}

/** The same, and a guess where the file does not say. */
export function likelyBytes(split: Split): number {
  return statedBytes(split) ?? likelyGzipBytes(diskBytes(split))
}
