import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { sideFileIdentity } from '../../executor/index.ts'
import { type MapReport, rejectedName, type SideFile } from '../../flow/index.ts'
import { isIndexName } from '../../input/index.ts'
import { isOfSystem, linkOrCopy, unlessRefused } from './kept-files.ts'
import { type IndexedFile, type Kept, KeptIndexes } from './kept-indexes.ts'
import { readEntry, sealEntry, shiftRejected, shiftReport } from './store-entry.ts'
import {
  differenceOf,
  entryOf,
  hashesOf,
  type IdentityHashes,
  type MissReason,
  placeOf,
  type TaskIdentity,
  withSideFiles,
} from './task-identity.ts'

/**
 * Keeps what map tasks wrote, so that a later run over the same inputs need not do them again. An entry is a folder under
 * the hash of everything its bytes depend on: `entry.json` and the task's files, which are links to those of the run. The
 * place of a task (job file, input, range) leads to the entry that was kept for it last, which tells why another one is
 * not found. docs/formats/store.md describes it.
 */

/** Whether what was kept of a task is used. */
export type Reuse =
  | { readonly kind: 'kept'; readonly key: string; readonly run: string }
  | { readonly kind: 'run'; readonly why: MissReason }

/** What `size.json` says. */
export interface StoreSize {
  /** Of all entries, at most. */
  readonly bytes: number
  /** When they were looked at last, one by one; milliseconds since the epoch. */
  readonly countedAtMs: number
}

/** What a committed task wrote. */
export interface KeptOutput {
  /** Id of the run. */
  readonly run: string
  /** The task's folder. */
  readonly folder: string
  readonly report: MapReport
}

const dayMs = 24 * 60 * 60 * 1000
/** After so long what is kept is counted again, whatever is noted. */
const countAgainMs = dayMs
/** How long it is known of an entry that is gone that it was kept once. */
const goneMs = 30 * dayMs

/** What map tasks wrote, kept for later runs. Several runs of one folder use it at once, and none fails of what is in it or is not. */
export class Store {
  /** Indexes of gzip files, which depend on no job. */
  readonly indexes: KeptIndexes
  readonly #folder: string
  /** Bytes kept since what is noted was noted. */
  #newBytes = 0
  /** Files that jobs read themselves, as they are: tasks have most of them in common. */
  readonly #sideFiles = new Map<string, string | null>()

  /** @param folder made when the first entry is kept */
  constructor(folder: string) {
    this.#folder = folder
    this.indexes = new KeptIndexes(join(folder, 'indexes'))
  }

  /** Looks up one task. Cost: a hash over where it stands, which is all where nothing was ever kept for it; and one over its splits and two small files read. */
  find(task: TaskIdentity): Reuse {
    const last = this.#readPlace(placeOf(task))
    if (last === null) return { kind: 'run', why: 'new' }
    const parts = hashesOf(task, '')
    if (last.key === parts.key) {
      if (last.seenFrom !== undefined && last.seenFrom !== task.seenFrom)
        return { kind: 'run', why: 'seen-from-elsewhere' }
      if (!this.#areAsBefore(last.sideFiles ?? [])) return { kind: 'run', why: 'side-file-changed' }
      const key = entryOf(last)
      const isThere = existsSync(join(this.#entryFolder(key), 'entry.json'))
      return isThere ? { kind: 'kept', key, run: last.run } : { kind: 'run', why: 'cleaned' }
    }
    return { kind: 'run', why: differenceOf(last, parts) }
  }

  /**
   * Keeps what a committed task wrote. An entry appears whole or not at all. One that is there is left as it is where it holds the same; where it does not, the task
   * depends on what is not seen (a variable, the clock, another program), and the latest is what is kept. What cannot be
   * kept (a full disk, no right to write, a store that another process removes just now) runs again next time.
   */
  keep(task: TaskIdentity, output: KeptOutput): void {
    const { sideFiles } = output.report
    if (sideFiles === null) return
    const parts = withSideFiles(hashesOf(task, output.run), sideFiles, task.seenFrom)
    const key = entryOf(parts)
    const staging = `${this.#entryFolder(key)}.${output.run}.new`
    const isKept = unlessRefused(() => {
      if (!this.#holds(key, task, output.report)) this.#fill(key, staging, task, output)
      this.#writePlace(placeOf(task), parts)
    })
    if (!isKept) unlessRefused(() => rmSync(staging, { recursive: true, force: true }))
  }

  /** Whether the entry is there and was made of such a report, which has the checksums of all spills. */
  #holds(key: string, task: TaskIdentity, report: MapReport): boolean {
    const file = join(this.#entryFolder(key), 'entry.json')
    if (!existsSync(file)) return false
    try {
      const kept = JSON.stringify(readEntry(file).report)
      return kept === JSON.stringify(shiftReport(report, -firstOrdinalOf(task)))
    } catch {
      // Damaged, or removed just now by another run.
      return false
    }
  }

  #fill(key: string, staging: string, task: TaskIdentity, output: KeptOutput): void {
    const first = firstOrdinalOf(task)
    orElse(
      () => mkdirSync(staging),
      () => {
        rmSync(staging, { recursive: true, force: true })
        mkdirSync(staging, { recursive: true })
      },
    )
    for (const name of readdirSync(output.folder)) {
      const [from, to] = [join(output.folder, name), join(staging, name)]
      if (isIndexName(name)) continue
      if (name === rejectedName) this.#newBytes += shiftRejected(from, to, -first)
      else linkOrCopy(from, to)
    }
    const json = Buffer.from(
      sealEntry({ version: 1, run: output.run, report: shiftReport(output.report, -first) }),
    )
    writeFileSync(join(staging, 'entry.json'), json)
    this.#newBytes += output.report.spills.reduce((sum, { bytes }) => sum + bytes, json.length)
    const put = (): void => renameSync(staging, this.#entryFolder(key))
    orElse(put, () => {
      rmSync(this.#entryFolder(key), { recursive: true, force: true })
      put()
    })
  }

  /** Keeps the index of an input, in place of an older one; what cannot be kept is not, as in `keep`. */
  keepIndex(of: IndexedFile, file: string, run: string): void {
    this.#newBytes += this.indexes.keep(of, file, run)
  }

  /** Forgets what is kept of a task: it turned out damaged. */
  drop(task: TaskIdentity): void {
    const { key } = hashesOf(task, '')
    const last = this.#readPlace(placeOf(task))
    this.#remove(last?.key === key ? entryOf(last) : key)
  }

  #areAsBefore(files: readonly SideFile[]): boolean {
    return files.every(({ path, identity }) => {
      if (!this.#sideFiles.has(path)) this.#sideFiles.set(path, sideFileIdentity(path))
      return this.#sideFiles.get(path) === identity
    })
  }

  #remove(key: string): void {
    unlessRefused(() => rmSync(this.#entryFolder(key), { recursive: true, force: true }))
  }

  /**
   * Puts a kept output's files into a new folder, as a task of the run would have written them.
   *
   * @param firstOrdinal of the task's first split in this run
   * @returns its report, or null where the entry is not there any more, or is damaged; the folder is then not made
   */
  take(key: string, folder: string, firstOrdinal: number): MapReport | null {
    const place = this.#entryFolder(key)
    try {
      const { report } = readEntry(join(place, 'entry.json'))
      mkdirSync(folder, { recursive: true })
      for (const name of readdirSync(place)) {
        if (name === rejectedName) shiftRejected(join(place, name), join(folder, name), firstOrdinal)
        else if (name !== 'entry.json') linkOrCopy(join(place, name), join(folder, name))
      }
      const now = new Date()
      utimesSync(place, now, now)
      return shiftReport(report, firstOrdinal)
    } catch (error) {
      // Cleaned by another run since it was found: then the task runs. What is damaged would stay so, and be in the way of what that keeps.
      if (!isOfSystem(error)) this.#remove(key)
      rmSync(folder, { recursive: true, force: true })
      return null
    }
  }

  /**
   * Removes the entries that were used longest ago until at most `bytesMax` are left. Returns how many were freed. Looks at nothing while what
   * was noted the last time, and what was kept since, are less: that is at least what is there, but for runs that end in the same moment.
   */
  clean(bytesMax: number): { readonly entries: number; readonly bytes: number } {
    const noted = this.#readSize()
    if (noted !== null && noted.bytes + this.#newBytes <= bytesMax) {
      if (this.#newBytes > 0) this.#noteSize({ ...noted, bytes: noted.bytes + this.#newBytes })
      return { entries: 0, bytes: 0 }
    }
    const entries = this.list().sort((a, b) => b.usedAtMs - a.usedAtMs)
    let [kept, freed, count] = [0, 0, 0]
    for (const { path, bytes } of entries) {
      if (kept + bytes <= bytesMax) {
        kept += bytes
        continue
      }
      // What another run has removed just now, or another user may not remove, is not freed by this one.
      if (!unlessRefused(() => rmSync(path, { recursive: true }))) continue
      freed += bytes
      count += 1
    }
    this.#sweep()
    if (entries.length > 0) this.#noteSize({ bytes: kept, countedAtMs: Date.now() })
    return { entries: count, bytes: freed }
  }

  /** What entries hold at most, as the last run noted it; null where it is not known, or not any more. */
  #readSize(): StoreSize | null {
    try {
      const size: StoreSize = JSON.parse(readFileSync(this.#sizeFile(), 'utf8'))
      const ageMs = Date.now() - size.countedAtMs
      return Number.isSafeInteger(size.bytes) && ageMs >= 0 && ageMs < countAgainMs ? size : null
    } catch {
      // Never noted, or written by half when the machine went down.
      return null
    }
  }

  /** What cannot be noted is counted again the next time. */
  #noteSize(size: StoreSize): void {
    this.#newBytes = 0
    unlessRefused(() => writeFileSync(this.#sizeFile(), JSON.stringify(size)))
  }

  #sizeFile(): string {
    return join(this.#folder, 'size.json')
  }

  /** Every entry and every index with its size; what other runs remove meanwhile is left out. Cost: a look at every file kept. */
  list(): Kept[] {
    return [...this.#listEntries(), ...this.indexes.list()]
  }

  #listEntries(): Kept[] {
    const entries: Kept[] = []
    for (const name of this.#names(/^[0-9a-f]{64}$/)) {
      const path = join(this.#folder, 'entries', name)
      unlessRefused(() => {
        const bytes = readdirSync(path).reduce((sum, file) => sum + statSync(join(path, file)).size, 0)
        entries.push({ kind: 'task', path, bytes, usedAtMs: statSync(path).mtimeMs })
      })
    }
    return entries
  }

  /** Removes what runs that were killed have left half kept, for no run takes a day for one entry; and places of what is gone. */
  #sweep(): void {
    for (const name of this.#names(/^[0-9a-f]{64}\..+\.new$/)) {
      const path = join(this.#folder, 'entries', name)
      unlessRefused(() => {
        if (Date.now() - statSync(path).mtimeMs > countAgainMs) rmSync(path, { recursive: true })
      })
    }
    for (const name of this.#names(/./, 'places')) unlessRefused(() => this.#sweepPlace(name))
  }

  /** Removes the place of an entry that has long been gone, and what a killed run has left half written. */
  #sweepPlace(name: string): void {
    const path = join(this.#folder, 'places', name)
    const ageMs = Date.now() - statSync(path).mtimeMs
    if (name.endsWith('.new')) {
      if (ageMs > countAgainMs) rmSync(path)
      return
    }
    if (ageMs <= goneMs) return
    const last = this.#readPlace(name.replace(/\.json$/, ''))
    if (last === null || !existsSync(this.#entryFolder(entryOf(last)))) rmSync(path)
  }

  #names(pattern: RegExp, folder: 'entries' | 'places' = 'entries'): string[] {
    let names: string[] = []
    unlessRefused(() => {
      names = readdirSync(join(this.#folder, folder))
    })
    return names.filter((name) => pattern.test(name))
  }

  #entryFolder(key: string): string {
    return join(this.#folder, 'entries', key)
  }

  #placeFile(place: string): string {
    return join(this.#folder, 'places', `${place}.json`)
  }

  #readPlace(place: string): IdentityHashes | null {
    const file = this.#placeFile(place)
    // Most often there is none: to be told so by an error costs more than all else that is done for a task.
    if (!existsSync(file)) return null
    try {
      return JSON.parse(readFileSync(file, 'utf8'))
    } catch {
      // Never kept, or written by half when the machine went down: either way nothing is known.
      return null
    }
  }

  #writePlace(place: string, parts: IdentityHashes): void {
    const file = this.#placeFile(place)
    const write = (): void => writeFileSync(`${file}.${parts.run}.new`, JSON.stringify(parts))
    orElse(write, () => {
      mkdirSync(join(this.#folder, 'places'), { recursive: true })
      write()
    })
    renameSync(`${file}.${parts.run}.new`, file)
  }
}

function firstOrdinalOf({ splits }: TaskIdentity): number {
  return splits[0]?.ordinal ?? 0
}

/**
 * Does what is right nearly always, and where it fails prepares for it: to look first would cost as much again, for every task.
 *
 * @throws what `prepared` throws
 */
function orElse(straight: () => unknown, prepared: () => void): void {
  try {
    straight()
  } catch {
    prepared()
  }
}

/** Where what is kept lies: beside the runs. */
export function storeFolder(runsFolder: string): string {
  return join(dirname(runsFolder), 'store')
}
