/** Files read the plain way, for a second opinion: the whole file at once, no tallyman. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { constants, gunzipSync } from 'node:zlib'
import { dataDir } from './scratch.ts'

/** The files of a folder of corpora whose names match, as absolute paths in order. */
export function corpus(folder: string, names: RegExp): string[] {
  const place = join(dataDir, 'corpora', folder)
  return readdirSync(place)
    .filter((name) => names.test(name))
    .sort()
    .map((name) => join(place, name))
}

/** What a file holds, decompressed when it begins as gzip files do. */
export function contentOf(path: string): Buffer {
  const bytes = readFileSync(path)
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes
}

/** What can be got out of a gzip file that is cut off. */
export function contentBeforeCut(bytes: Uint8Array): Buffer {
  return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH })
}

/** Lines without their ends, LF or CRLF; null for one that is not UTF-8. */
export function linesOf(content: Buffer): (string | null)[] {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const lines = content.toString('latin1').split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map((line) => {
    try {
      return decoder.decode(Buffer.from(line.replace(/\r$/, ''), 'latin1'))
    } catch {
      // Not UTF-8: the line that tallyman has to reject.
      return null
    }
  })
}

/** Records of a file of JSON lines. */
export function jsonLinesOf(path: string): unknown[] {
  return linesOf(contentOf(path)).map((line) => JSON.parse(line ?? ''))
}

/** Values by key, each group in the order its values came. */
export function groupsOf<V>(pairs: Iterable<readonly [key: unknown, value: V]>): Map<string, V[]> {
  const groups = new Map<string, V[]>()
  for (const [key, value] of pairs) {
    const name = JSON.stringify(key)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [value])
    else group.push(value)
  }
  return groups
}

/** A table as tallyman writes it, made of groups: what `reduce` makes of each, by the key's JSON. */
export function reduceGroups<V>(
  groups: ReadonlyMap<string, V[]>,
  reduce: (values: V[]) => unknown,
): Record<string, unknown> {
  return Object.fromEntries([...groups].map(([key, values]) => [key, reduce(values)]))
}

export function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}
