import { type BigIntStats, constants, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SideFile } from '../../flow/index.ts'
import { fromFsBytes, toFsPath } from '../../input/index.ts'
import { sideFilesHook } from '../side-files-hook.ts'

/** More than so many are not kept apart. */
const filesMax = 1000

/**
 * The files that a job reads itself, beside its inputs: tables to look things up in, lists of words. What it makes depends on them, and nothing else tells
 * which they are. A bundled job has its `node:fs` from here (`run/watch-reads.ts`).
 */
export class SideFiles {
  readonly #identities = new Map<string, string | null>()
  /** What the job writes is its own, also where it is read again. */
  readonly #written = new Set<string>()
  #isFull = false

  /** Has what is imported of the job from now on tell what it reads. */
  watch(): void {
    Object.defineProperty(globalThis, Symbol.for(sideFilesHook), {
      configurable: true,
      value: (fs: Module) => telling(fs, (path, isWritten) => this.#note(path, isWritten)),
    })
  }

  /** All so far, as each was when it was read first; null where they are too many, undefined where there are none. */
  list(): readonly SideFile[] | null | undefined {
    if (this.#isFull) return null
    if (this.#identities.size === 0) return undefined
    return [...this.#identities].map(([path, identity]) => ({ path, identity }))
  }

  #note(path: string, isWritten: boolean): void {
    // Of what the system makes up as it is read there is no identity.
    if (this.#isFull || this.#written.has(path) || this.#identities.has(path) || isMadeUp.test(path)) return
    if (this.#written.size + this.#identities.size === filesMax) this.#isFull = true
    else if (isWritten) this.#written.add(path)
    else this.#identities.set(path, sideFileIdentity(path))
  }
}

const isMadeUp = /^\/(proc|sys|dev)\//

/** What a file is as long as nobody writes to it, replaces it, or (the last number) changes its rights or links; null where there is none to be seen. */
export function sideFileIdentity(path: string): string | null {
  let stat: BigIntStats
  try {
    stat = statSync(toFsPath(path), { bigint: true })
  } catch {
    return null
  }
  return [stat.size, stat.mtimeNs, stat.ino, stat.ctimeNs].join(' ')
}

/** Functions whose first argument is the path of what is read, or by their flags written. */
const openers: ReadonlySet<string> = new Set([
  ...['readFile', 'readFileSync', 'open', 'openSync', 'openAsBlob', 'createReadStream'],
  ...['readdir', 'readdirSync', 'opendir', 'opendirSync'],
  ...['writeFile', 'writeFileSync', 'appendFile', 'appendFileSync', 'createWriteStream'],
])

type Module = Readonly<Record<string, unknown>>
/** Is told each path that is opened, and whether it is to be written. */
type Told = (path: string, isWritten: boolean) => void

/** A module of the file system, `node:fs` or `node:fs/promises`, that tells what is opened. */
function telling(fs: Module, told: Told): Module {
  const entries = Object.entries(fs).map(([name, value]): [string, unknown] => {
    if (name === 'promises') return [name, telling(value as Module, told)]
    if (typeof value !== 'function' || !openers.has(name)) return [name, value]
    return [name, tellingOf(name, value as Opener, told)]
  })
  return Object.fromEntries(entries)
}

type Opener = (this: unknown, ...args: unknown[]) => unknown

function tellingOf(name: string, open: Opener, told: Told): Opener {
  const writes = /^(write|append|createW)/.test(name)
  const opener = function (this: unknown, ...args: unknown[]): unknown {
    const path = pathOf(args[0])
    if (path !== null) told(path, writes || isWriting(name, args[1]))
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
