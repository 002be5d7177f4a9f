import { mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { type FileIdentity, type GzipCut, readIndexCuts } from '../../input/index.ts'
import { hashOf, identityOf, linkOrCopy, unlessRefused } from './kept-files.ts'

/** What is kept of one task, or of one file. */
export interface Kept {
  readonly kind: 'task' | 'index'
  readonly path: string
  readonly bytes: number
  readonly usedAtMs: number
}

/** A gzip file that an index may be kept of. */
export interface IndexedFile {
  readonly path: string
  readonly identity: FileIdentity
  /** SHA-256 of what inputs hold, by path, which then counts in place of size, time and inode; null where nobody asked. */
  readonly contents: ReadonlyMap<string, string> | null
}

/**
 * Keeps the indexes of gzip files, each under the hash of what its file is. None is believed: who reads by one checks all that it says
 * against the file.
 */
export class KeptIndexes {
  readonly #folder: string

  /** @param folder made when the first index is kept */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** The index of a file; null where there is none, or none that is whole. Cost: a small file read, 300 bytes a cut. */
  find(of: IndexedFile): { readonly index: string; readonly cuts: readonly GzipCut[] } | null {
    const index = keyOf(of)
    const cuts = readIndexCuts(this.#place(index), of.identity.sizeBytes)
    return cuts === null ? null : { index, cuts }
  }

  /** Returns how many bytes were kept: none where the disk has no room or right for it. */
  keep(of: IndexedFile, file: string, run: string): number {
    const place = this.#place(keyOf(of))
    const staging = `${place}.${run}.new`
    let bytes = 0
    const isKept = unlessRefused(() => {
      mkdirSync(this.#folder, { recursive: true })
      rmSync(staging, { force: true })
      linkOrCopy(file, staging)
      renameSync(staging, place)
      bytes = statSync(place).size
    })
    if (!isKept) unlessRefused(() => rmSync(staging, { force: true }))
    return bytes
  }

  /** Puts an index into a run's own folder, where nobody frees it. One that is gone by now is missed by who wants to read by it. */
  lend(index: string, folder: string): void {
    const place = this.#place(index)
    try {
      mkdirSync(folder, { recursive: true })
      linkOrCopy(place, join(folder, index))
      const now = new Date()
      utimesSync(place, now, now)
    } catch {
      // Then the file is read as a whole.
    }
  }

  list(): Kept[] {
    const kept: Kept[] = []
    unlessRefused(() => {
      for (const name of readdirSync(this.#folder).filter((found) => /^[0-9a-f]{64}$/.test(found)))
        unlessRefused(() => {
          const path = this.#place(name)
          const { size, mtimeMs } = statSync(path)
          kept.push({ kind: 'index', path, bytes: size, usedAtMs: mtimeMs })
        })
    })
    return kept
  }

  #place(index: string): string {
    return join(this.#folder, index)
  }
}

function keyOf({ path, identity, contents }: IndexedFile): string {
  return hashOf([1, path, contents?.get(path) ?? identityOf(identity)])
}
