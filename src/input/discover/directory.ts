/** The file system as the walk sees it: names as strings that keep every byte, and kinds in words. */
import type { Dirent, Stats } from 'node:fs'
import { readdir, readlink, realpath } from 'node:fs/promises'
import { errnoOf, messageOf } from '../../errors.ts'
import { comparePathBytes, fromFsBytes, toFsPath } from '../path-bytes.ts'

/** What a name stands for. `link` is a symbolic link that was not followed. */
export type EntryKind = 'file' | 'directory' | 'link' | SpecialKind

/** What is neither a file, a directory nor a link, in words that follow "is a". */
export type SpecialKind = 'socket' | 'named pipe' | 'device'

/** A name in a directory, without the path to it. */
export interface DirectoryEntry {
  readonly name: string
  readonly kind: EntryKind
}

/** The entries of a directory, by bytes of their names. */
export async function listDirectory(path: string): Promise<DirectoryEntry[]> {
  const entries = await readdir(toFsPath(path), { encoding: 'buffer', withFileTypes: true })
  return entries
    .map((entry) => ({ name: fromFsBytes(entry.name), kind: kindOf(entry) }))
    .sort((left, right) => comparePathBytes(left.name, right.name))
}

/** The path without any symbolic link in it. */
export async function resolveLinks(path: string): Promise<string> {
  return fromFsBytes(await realpath(toFsPath(path), { encoding: 'buffer' }))
}

/** Where a symbolic link points to, as written in it. */
export async function readTarget(path: string): Promise<string> {
  return fromFsBytes(await readlink(toFsPath(path), { encoding: 'buffer' }))
}

/** Of a link it says `link` by a directory's list or `lstat`, and by `stat` what it leads to. */
export function kindOf(entry: Dirent<Buffer> | Stats): EntryKind {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'directory'
  if (entry.isSymbolicLink()) return 'link'
  if (entry.isFIFO()) return 'named pipe'
  return entry.isSocket() ? 'socket' : 'device'
}

/** Part of a path after its last slash. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Joins a directory and a name; an empty directory is the current one. */
export function joinPath(directory: string, name: string): string {
  return directory === '' ? name : directory.endsWith('/') ? directory + name : `${directory}/${name}`
}

/** Why the operating system refused, as the rest of a sentence about the path. */
export function sayErrno(error: unknown): string {
  const errno = errnoOf(error)
  switch (errno) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'does not exist'
    case 'EACCES':
    case 'EPERM':
      return 'may not be read by you (permission denied)'
    case 'ELOOP':
      return 'is a symbolic link that leads back to itself'
    case 'ENAMETOOLONG':
      return 'has a name longer than the file system takes'
    default:
      return `cannot be read (${messageOf(error)})`
  }
}

const absent: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'])
const refusing: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'ELOOP'])

/** Does this error say that there is nothing under that name? */
export function isAbsent(error: unknown): boolean {
  return absent.has(errnoOf(error))
}

/** Is it about the name or a right, and not about the machine? */
export function isAboutPath(error: unknown): boolean {
  return isAbsent(error) || refusing.has(errnoOf(error))
}
