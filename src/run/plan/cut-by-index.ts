import { type InputFile, isWorthCutting } from '../../input/index.ts'
import type { Store } from '../store/store.ts'

/** With more inputs, each is a task of its own and keeps a worker busy: to look for an index of each costs more than it brings. */
const inputsMax = 1024

/**
 * Gives gzip files the cuts that the indexes of earlier readings have, where they have none of their own and are long enough to be cut.
 * The list itself where there is no index.
 *
 * @param partBytes least data of a part; null where files are not cut
 */
export function cutByIndexes(
  files: readonly InputFile[],
  store: Store,
  contents: ReadonlyMap<string, string> | null,
  partBytes: number | null,
): readonly InputFile[] {
  if (partBytes === null || files.length > inputsMax) return files
  let isAny = false
  const cut = files.map((file): InputFile => {
    const { kind, path, identity, cuts } = file
    if (kind !== 'gzip' || cuts !== undefined || !isWorthCutting(identity.sizeBytes, partBytes)) return file
    const found = store.indexes.find({ path, identity, contents })
    if (found === null || found.cuts.length === 0) return file
    isAny = true
    return { ...file, ...found }
  })
  return isAny ? cut : files
}

/** A file without its index; any other file as it is. */
export function withoutIndex(file: InputFile): InputFile {
  const { index, cuts: _, ...whole } = file
  return index === undefined ? file : whole
}
