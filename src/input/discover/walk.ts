import { constants } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { toFsPath } from '../path-bytes.ts'
import { acceptInput } from './accepted.ts'
import {
  baseName,
  type DirectoryEntry,
  joinPath,
  kindOf,
  listDirectory,
  readTarget,
  resolveLinks,
  type SpecialKind,
  sayErrno,
} from './directory.ts'
import type { IgnoredInput, InputProblem } from './discovery.ts'
import type { Glob } from './glob.ts'

/** Why a directory is passed over that holds a result: what was written among the inputs is none of them. */
export const resultReason = 'is a result of tallyman, and no input'
const ownReason = 'is where tallyman keeps its own files, and no input'

/** A file under one of its names. */
export interface FoundFile {
  /** As shown to people. */
  readonly path: string
  /** Absolute, without links but perhaps the last part: places the file in the order of all inputs. */
  readonly place: string
  /** Absolute, without any link: two names of one file have it in common. */
  readonly realPath: string
  /** Which argument led here, from 0. */
  readonly argument: number
  /** Named by the user, not found in a directory or by a pattern. */
  readonly named: boolean
}

/** Something ignored, and where it lies. */
export interface IgnoredEntry extends IgnoredInput {
  readonly place: string
}

/** Something that cannot be read, and where it lies. */
export interface PlacedProblem {
  readonly place: string
  readonly problem: InputProblem
}

/** A directory, as shown to people and as it lies. */
interface Directory {
  readonly path: string
  readonly place: string
}

/**
 * Collects the files that arguments stand for. Entries whose names begin with `.` or `_` are left out, as in Hadoop: they are
 * markers and not data; so are links to directories, which may lead in a circle, and what is no file. All of them are
 * listed as ignored. What cannot be read becomes a problem.
 */
export class Walk {
  readonly found: FoundFile[] = []
  readonly ignored: IgnoredEntry[] = []
  readonly problems: PlacedProblem[] = []
  readonly #cwd: string
  readonly #own: ReadonlySet<string>
  #argument = 0

  /** @param own absolute paths, without links, of directories of tallyman's: they are written to while inputs are read */
  constructor(cwd: string, own: readonly string[] = []) {
    this.#cwd = cwd
    this.#own = new Set(own)
  }

  /** What is found from now on is found for this argument. */
  beginArgument(index: number): void {
    this.#argument = index
  }

  /** Where a path shown to people is on this machine. Leaves `..` in place: behind a link it is not what it looks like. */
  locate(path: string): string {
    return path.startsWith('/') ? path : joinPath(this.#cwd, path === '' ? '.' : path)
  }

  /** Takes a file the user named, by a path without a slash at its end. */
  async takeNamed(path: string): Promise<void> {
    const [parent, realPath] = await Promise.all([
      resolveLinks(this.locate(path.slice(0, path.lastIndexOf('/') + 1))),
      resolveLinks(this.locate(path)),
    ])
    const place = joinPath(parent, baseName(path))
    this.found.push({ path, place, realPath, argument: this.#argument, named: true })
  }

  /** Takes a file that has an address and no path. */
  takeAddress(address: string, named: boolean): void {
    this.found.push({ path: address, place: address, realPath: address, argument: this.#argument, named })
  }

  /** Takes all files below a directory the user named. Fails as `node:fs` does when the directory itself cannot be read. */
  async takeDirectory(path: string): Promise<void> {
    const directory = await this.#enter(path)
    await this.#takeEntries(directory, await this.#list(directory))
  }

  /** Takes all files a pattern matches, and those below the directories it matches. */
  async takeMatches({ root, segments }: Glob): Promise<void> {
    const directory = await this.#enter(root)
    await this.#match(directory, await this.#list(directory), segments)
  }

  async #enter(path: string): Promise<Directory> {
    return { path: path === '.' ? '' : path, place: await resolveLinks(this.locate(path)) }
  }

  #list(directory: Directory): Promise<DirectoryEntry[]> {
    return listDirectory(directory.place)
  }

  /** The entries of a directory that was found; none, and a problem, where it cannot be read. */
  async #listFound(directory: Directory): Promise<DirectoryEntry[]> {
    try {
      return await this.#list(directory)
    } catch (error) {
      this.#addProblem(directory, `the directory ${sayErrno(error)}`)
      return []
    }
  }

  async #takeEntries(directory: Directory, entries: readonly DirectoryEntry[]): Promise<void> {
    for (const entry of entries) {
      if (this.#isHidden(directory, entry)) continue
      await this.#take(directory, entry)
    }
  }

  async #match(
    directory: Directory,
    entries: readonly DirectoryEntry[],
    [segment, ...rest]: Glob['segments'],
  ): Promise<void> {
    if (segment === undefined) return
    if (segment.kind === 'any-depth') {
      if (rest.length === 0) return this.#takeEntries(directory, entries)
      await this.#match(directory, entries, rest)
      for (const entry of entries) {
        if (entry.kind !== 'directory' || this.#isHidden(directory, entry)) continue
        await this.#matchFound(this.#below(directory, entry), [segment, ...rest])
      }
      return
    }
    for (const entry of entries) {
      const isLeaf = rest.length === 0
      if ((!isLeaf && entry.kind === 'file') || !segment.matches(entry.name)) continue
      if (!entry.name.startsWith(segment.hiddenStart ?? '\0') && this.#isHidden(directory, entry)) continue
      const below = this.#below(directory, entry)
      if (isLeaf) await this.#take(directory, entry)
      else if (entry.kind === 'directory' && segment.isWritten)
        await this.#match(below, await this.#listFound(below), rest)
      else if (entry.kind === 'directory') await this.#matchFound(below, rest)
      else await this.#takeLink(below, { filesCount: false })
    }
  }

  /** Goes on below a directory whose name nobody has written out. */
  async #matchFound(directory: Directory, segments: Glob['segments']): Promise<void> {
    const entries = await this.#listFound(directory)
    const reason = await this.#whyNoInput(directory, entries)
    if (reason !== null) this.#ignore(directory, reason)
    else await this.#match(directory, entries, segments)
  }

  async #whyNoInput(directory: Directory, entries: readonly DirectoryEntry[]): Promise<string | null> {
    if (this.#own.has(directory.place)) return ownReason
    return (await isResult(directory, entries)) ? resultReason : null
  }

  #below(directory: Directory, { name }: DirectoryEntry): Directory {
    return { path: joinPath(directory.path, name), place: joinPath(directory.place, name) }
  }

  #isHidden(directory: Directory, entry: DirectoryEntry): boolean {
    const [start] = entry.name
    if (start !== '.' && start !== '_') return false
    this.#ignore(this.#below(directory, entry), `is hidden: its name begins with "${start}"`)
    return true
  }

  async #take(directory: Directory, entry: DirectoryEntry): Promise<void> {
    const below = this.#below(directory, entry)
    switch (entry.kind) {
      case 'file':
        this.#add(below, below.place)
        return
      case 'directory': {
        const entries = await this.#listFound(below)
        const reason = await this.#whyNoInput(below, entries)
        if (reason !== null) {
          this.#ignore(below, reason)
          return
        }
        return this.#takeEntries(below, entries)
      }
      case 'link':
        return this.#takeLink(below, { filesCount: true })
      default:
        this.#ignoreSpecial(below, entry.kind)
    }
  }

  async #takeLink(link: Directory, { filesCount }: { filesCount: boolean }): Promise<void> {
    try {
      const kind = kindOf(await stat(toFsPath(link.place)))
      if (kind === 'file') {
        if (filesCount) this.#add(link, await resolveLinks(link.place))
      } else if (kind === 'directory') {
        this.#ignore(link, 'is a link to a directory; such links are followed only when they are named')
      } else if (kind !== 'link') this.#ignoreSpecial(link, kind)
    } catch (error) {
      const target = await readTarget(link.place)
      this.#addProblem(link, `is a link to ${JSON.stringify(target)}, which ${sayErrno(error)}`)
    }
  }

  #add({ path, place }: Directory, realPath: string): void {
    this.found.push({ path, place, realPath, argument: this.#argument, named: false })
  }

  #ignore({ path, place }: Directory, reason: string): void {
    this.ignored.push({ path, place, reason })
  }

  #ignoreSpecial(entry: Directory, kind: SpecialKind): void {
    this.#ignore(entry, `is a ${kind} and no file`)
  }

  #addProblem({ path, place }: Directory, what: string): void {
    const problem: InputProblem = {
      path,
      member: null,
      byte: null,
      code: 'input-missing',
      message: `${path}: ${what}.`,
      wayOut: `Make it readable, or go on without it: ${acceptInput(path)}.`,
    }
    this.problems.push({ place, problem })
  }
}

/** More than how a manifest of ours begins; the file may be anybody's, and of any size. */
const headBytes = 256

/** How a file begins; nothing where it cannot be read: as a file that is found it is a problem of its own. */
async function readHead(place: string): Promise<string> {
  try {
    const file = await open(toFsPath(place), constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0)
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await file.close()
    }
  } catch {
    return ''
  }
}

/** A result that was written among the inputs would be counted by the next run; it is read only where it is named itself. */
async function isResult({ place }: Directory, entries: readonly DirectoryEntry[]): Promise<boolean> {
  if (!entries.some(({ name, kind }) => name === 'manifest.json' && kind === 'file')) return false
  const head = await readHead(joinPath(place, 'manifest.json'))
  return /^\s*\{\s*"format":\s*"tallyman result"/.test(head)
}
