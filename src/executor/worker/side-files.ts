import { type BigIntStats, constants, lstatSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { contentOf, type SideFile, type SideFileList } from '../../flow/index.ts'
import { fromFsBytes, toFsPath } from '../../input/index.ts'
import { sideFilesHook } from '../side-files-hook.ts'

/** More than so many are not kept apart. */
const filesMax = 1000

/**
 * The files that a job reads itself, beside its inputs: tables to look things up in, lists of words. What it makes depends on them, and nothing else tells
 * which they are. A bundled job has its `node:fs` from here (`run/watch-reads.ts`).
 */
export class SideFiles {
  readonly #known = new Map<string, Known>()
  #isFull = false

  /** Has what is imported of the job from now on tell what it reads. */
  watch(): void {
    Object.defineProperty(globalThis, Symbol.for(sideFilesHook), {
      configurable: true,
      value: (fs: Module) => telling(fs, (path, use) => this.#note(path, use)),
    })
  }

  /** All so far, each as it was when it was read first, and again as it was when it was another one; null where they are too many, undefined where there are none. */
  list(): SideFileList | undefined {
    if (this.#isFull) return null
    const files = [...this.#known].flatMap(([path, { identities }]) =>
      identities.map((identity): SideFile => ({ path, identity })),
    )
    return files.length === 0 ? undefined : files
  }

  #note(path: string, use: Use): void {
    // Of what the system makes up as it is read there is no identity.
    if (this.#isFull || isMadeUp.test(path)) return
    const known = this.#known.get(path)
    if (use === 'written') this.#noteWritten(path, known)
    else if (known === undefined)
      this.#add(path, { identities: [sideFileIdentity(path)], isChangedByJob: false })
    else if (!known.isChangedByJob) lookAgain(path, known)
  }

  /** What the job writes is its own from then on, also where it is read again; and so is what a folder that it has read comes to have in it. */
  #noteWritten(path: string, known: Known | undefined): void {
    const folder = this.#known.get(dirname(path))
    if (folder !== undefined) folder.isChangedByJob = true
    if (known === undefined) this.#add(path, { identities: [], isChangedByJob: true })
    else known.isChangedByJob = true
  }

  #add(path: string, known: Known): void {
    if (this.#known.size === filesMax) this.#isFull = true
    else this.#known.set(path, known)
  }
}

/** What is known of a path that the job has read or written. */
interface Known {
  /** As it was when it was read first, and the first other one that it was later: with two nothing can be done any more. None where the job wrote it first. */
  readonly identities: (string | null)[]
  /** Then it is not looked at again. */
  isChangedByJob: boolean
}

/** A file may be another one each time it is read: a record for which it was the old one and a record for which it was the new one make no result together. */
function lookAgain(path: string, { identities }: Known): void {
  const [first = null] = identities
  if (identities.length > 1) return
  const now = sideFileIdentity(path)
  if (now !== first && contentOf(now) !== contentOf(first)) identities.push(now)
}

/** Files in shared memory are files. */
const isMadeUp = /^\/(proc|sys|dev(?!\/shm\/))\//

/**
 * What a file is as long as nobody writes to it, replaces it, or (the last number) changes its rights or links; null where there is none to be seen. Of a link
 * that is what it leads to, and the link itself.
 */
export function sideFileIdentity(path: string): string | null {
  const own = statOf(lstatSync, path)
  if (own === null) return null
  if (!own.isSymbolicLink()) return [own.size, own.mtimeNs, own.ino, own.ctimeNs].join(' ')
  const { size, mtimeNs, ino, ctimeNs } = statOf(statSync, path) ?? own
  return [size, mtimeNs, ino, own.mtimeNs, own.ino, ctimeNs].join(' ')
}

function statOf(stat: typeof lstatSync, path: string): BigIntStats | null {
  try {
    return stat(toFsPath(path), { bigint: true, throwIfNoEntry: false }) ?? null
  } catch {
    // Behind what is no folder, or what may not be looked into.
    return null
  }
}

/** Functions whose first argument is the path of what is read, or by their flags written. */
const openers: ReadonlySet<string> = withSync([
  ...['readFile', 'open', 'readdir', 'opendir', 'readlink', 'writeFile', 'appendFile'],
  ...['openAsBlob', 'createReadStream', 'createWriteStream', 'rm', 'unlink'],
])
/** Functions that make one path of another. */
const movers: ReadonlySet<string> = withSync(['copyFile', 'cp', 'rename'])

function withSync(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.flatMap((name) => [name, `${name}Sync`]))
}

type Module = Readonly<Record<string, unknown>>
type Use = 'read' | 'written'
/** Is told each path that is opened, and what for. */
type Told = (path: string, use: Use) => void

/** A module of the file system, `node:fs` or `node:fs/promises`, that tells what is opened. */
function telling(fs: Module, told: Told): Module {
  const entries = Object.entries(fs).map(([name, value]): [string, unknown] => {
    if (name === 'promises') return [name, telling(value as Module, told)]
    if (typeof value !== 'function') return [name, value]
    if (openers.has(name)) return [name, tellingOf(value as Opener, openerUses(name), told)]
    return [name, movers.has(name) ? tellingOf(value as Opener, moverUses, told) : value]
  })
  return Object.fromEntries(entries)
}

type Opener = (this: unknown, ...args: unknown[]) => unknown
/** Which of its arguments a call reads and writes. */
type Uses = (args: readonly unknown[]) => readonly (readonly [path: unknown, use: Use])[]

function openerUses(name: string): Uses {
  const writes = /^(write|append|createW|rm|unlink)/.test(name)
  return ([path, asked]) => [[path, writes || isWriting(name, asked) ? 'written' : 'read']]
}

const moverUses: Uses = ([from, to]) => [
  [from, 'read'],
  [to, 'written'],
]

function tellingOf(open: Opener, usesOf: Uses, told: Told): Opener {
  const opener = function (this: unknown, ...args: unknown[]): unknown {
    for (const [named, use] of usesOf(args)) {
      const path = pathOf(named)
      if (path !== null) told(path, use)
    }
    return Reflect.apply(open, this, args)
  }
  // Its name, its length, and how `promisify` takes it.
  return Object.defineProperties(opener, Object.getOwnPropertyDescriptors(open))
}

/** Flags by which a file is written: those that `open` is given, or those among the options of others, which take a text there for an encoding (`ascii`). */
function isWriting(name: string, asked: unknown): boolean {
  const flags = name.startsWith('open') ? asked : flagsAmong(asked)
  if (typeof flags === 'number') return (flags & (constants.O_WRONLY | constants.O_RDWR)) !== 0
  return typeof flags === 'string' && /^(?:[wa]|r\+|rs\+)/.test(flags)
}

function flagsAmong(options: unknown): unknown {
  if (typeof options !== 'object' || options === null) return undefined
  if ('flags' in options) return options.flags
  return 'flag' in options ? options.flag : undefined
}

/** The absolute path of what is no open file. What is no path is the system's to refuse. */
function pathOf(path: unknown): string | null {
  try {
    if (path instanceof URL) return fileURLToPath(path)
    if (Buffer.isBuffer(path)) return resolve(fromFsBytes(path))
    return typeof path === 'string' ? resolve(path) : null
  } catch {
    return null
  }
}
