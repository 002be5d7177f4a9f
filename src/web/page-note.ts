import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, hostname } from 'node:os'
import { join } from 'node:path'
import { errnoOf } from '../errors.ts'
import { namesIn } from '../host/index.ts'

/**
 * Where a user's pages are noted while they are served, from the home directory: one place for all of them, whatever directory each was
 * started in, so that who comes over ssh finds them with a shell alone.
 */
export const notesFolder = '.local/state/tallyman/pages'

/** What stands in the name of a note for the process, where it is of a container. */
export const containerMark = 'container'

/** A page of tallyman's or an app of the user's that is served. The note is for its owner alone. */
export interface PageNote {
  readonly format: 'tallyman page note'
  readonly version: 1
  /** Name of the machine: home directories may be those of several. */
  readonly host: string
  readonly port: number
  /** Its process. Null where it is in a container, whose processes come and go: it is there while somebody listens at its port. */
  readonly pid: number | null
  /** Null for an app, which has none. */
  readonly token: string | null
  /** Where the runs lie that it shows; null for an app. */
  readonly runsFolder: string | null
  /** What `tallyman ps` calls it; null where that knows nothing of it. */
  readonly app: string | null
  /** Milliseconds since 1970-01-01 UTC. */
  readonly startedAt: number
}

/** What is noted of it by whoever starts it. */
export type Noted = Pick<PageNote, 'port' | 'token' | 'runsFolder'> & Partial<Pick<PageNote, 'pid' | 'app'>>

/**
 * Notes a page or an app (mode 0600, in a folder of 0700), and forgets those of processes that are gone.
 *
 * @param noted where `pid` is left out it is this process
 * @returns what takes the note away again
 * @throws the system's error where it cannot be written
 */
export function notePage(
  { port, token, runsFolder, pid = process.pid, app = null }: Noted,
  home = homedir(),
): () => void {
  const folder = join(home, notesFolder)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  for (const name of readdirSync(folder)) if (isLeft(join(folder, name))) rmSync(join(folder, name))
  const file = join(folder, `${port}.${pid ?? containerMark}.json`)
  const note: PageNote = {
    format: 'tallyman page note',
    version: 1,
    host: hostname(),
    port,
    pid,
    token,
    runsFolder,
    app,
    startedAt: Date.now(),
  }
  rmSync(file, { force: true })
  writeFileSync(file, `${JSON.stringify(note)}\n`, { mode: 0o600, flag: 'wx' })
  return () => rmSync(file, { force: true })
}

/** Takes away the notes of an app in a container, by the name that `tallyman ps` has for it. Does nothing where there is none. */
export function forgetApp(app: string, home = homedir()): void {
  const folder = join(home, notesFolder)
  for (const name of namesIn(folder)) {
    const note = parsePageNote(readNote(join(folder, name)))
    if (note?.app === app && note.pid === null && note.host === hostname())
      rmSync(join(folder, name), { force: true })
  }
}

/** Is its process one of this machine that is gone? */
function isLeft(file: string): boolean {
  const note = parsePageNote(readNote(file))
  if (note === null || note.pid === null || note.host !== hostname()) return false
  try {
    return !process.kill(note.pid, 0)
  } catch (error) {
    return errnoOf(error) === 'ESRCH'
  }
}

function readNote(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // It was taken away meanwhile.
    return ''
  }
}

/** Null for what is none. */
export function parsePageNote(text: string): PageNote | null {
  try {
    const note: Partial<PageNote> | null = JSON.parse(text)
    const isOne =
      note?.format === 'tallyman page note' &&
      typeof note.host === 'string' &&
      isPort(note.port) &&
      (note.pid === null || Number.isSafeInteger(note.pid)) &&
      (note.token === null || /^[A-Za-z0-9_-]{32}$/.test(String(note.token))) &&
      isNullOrText(note.runsFolder) &&
      isNullOrText(note.app)
    return isOne ? (note as PageNote) : null
  } catch {
    // Half written, or something else.
    return null
  }
}

function isNullOrText(value: unknown): boolean {
  return value === null || typeof value === 'string'
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) <= 65_535
}
