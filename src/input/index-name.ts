import type { Split } from './split.ts'
import { isWorthCutting } from './split-size.ts'

/** Name of the index that a map attempt writes of one of its splits, among its files. */
export function indexNameOf({ ordinal }: Pick<Split, 'ordinal'>): string {
  return `${indexPrefix}${String(ordinal).padStart(5, '0')}`
}

const indexPrefix = 'gzip-index-'

/** Is this the name of such an index? */
export function isIndexName(name: string): boolean {
  return name.startsWith(indexPrefix)
}

/** Is a split to be indexed as it is read: a whole gzip file that probably can be cut into parts of so many bytes? */
export function wantsIndex(split: Split, everyBytes: number): boolean {
  return (
    split.kind === 'gzip' && split.part === undefined && isWorthCutting(split.identity.sizeBytes, everyBytes)
  )
}
