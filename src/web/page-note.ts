import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, hostname } from 'node:os'
import { join } from 'node:path'
import { errnoOf } from '../errors.ts'

/**
 * Where a user's pages are noted while they are served, from the home directory: one place for all of them, whatever directory each was
 * started in, so that who comes over ssh finds them with a shell alone.
 */
export const notesFolder = '.local/state/tallyman/pages'

/** A page that is served, for its owner alone. */
export interface PageNote {
  readonly format: 'tallyman page note'
  readonly version: 1
  /** Name of the machine: home directories may be those of several. */
  readonly host: string
  readonly port: number
  readonly pid: number
  readonly token: string
  /** Where the runs lie that it shows. */
  readonly runsFolder: string
  /** Milliseconds since 1970-01-01 UTC. */
  readonly startedAt: number
}

/**
 * Notes a page (mode 0600, in a folder of 0700), and forgets those of processes that are gone.
 *
 * @returns what takes the note away again
 * @throws the system's error where it cannot be written
 */
export function notePage(
  { port, token, runsFolder }: Pick<PageNote, 'port' | 'token' | 'runsFolder'>,
  home = homedir(),
): () => void {
  const folder = join(home, notesFolder)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  for (const name of readdirSync(folder)) if (isLeft(join(folder, name))) rmSync(join(folder, name))
  const file = join(folder, `${port}.${process.pid}.json`)
  const note: PageNote = {
    format: 'tallyman page note',
    version: 1,
    host: hostname(),
    port,
    pid: process.pid,
    token,
    runsFolder,
    startedAt: Date.now(),
  }
  rmSync(file, { force: true })
  writeFileSync(file, `${JSON.stringify(note)}\n`, { mode: 0o600, flag: 'wx' })
  return () => rmSync(file, { force: true })
}

/** Is its process one of this machine that is gone? */
function isLeft(file: string): boolean {
  const note = parsePageNote(readNote(file))
  if (note === null || note.host !== hostname()) return false
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
      Number.isSafeInteger(note.pid) &&
      /^[A-Za-z0-9_-]{32}$/.test(String(note.token))
    return isOne ? (note as PageNote) : null
  } catch {
    // Half written, or something else.
    return null
  }
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) <= 65_535
}
