import { lstat, stat } from 'node:fs/promises'
import { TallymanError } from '../../errors.ts'
import { toFsPath } from '../path-bytes.ts'
import { shellWord } from '../shell-word.ts'
import { isAddress, listRemote } from '../source/remote-file.ts'
import { expandBraces } from './braces.ts'
import {
  isAboutPath,
  isAbsent,
  joinPath,
  kindOf,
  listDirectory,
  readTarget,
  resolveLinks,
  sayErrno,
} from './directory.ts'
import { isPattern, parseGlob } from './glob.ts'
import { matchesBelow } from './match-below.ts'
import { nearestNames } from './nearest-names.ts'
import { resultReason, Walk } from './walk.ts'

/** Why an argument stands for nothing. */
interface Refusal {
  readonly code: 'input-missing' | 'input-unsupported'
  readonly message: string
  readonly wayOut: string
}

/**
 * The files the arguments stand for, under every name they were reached by. An argument is a file, a directory, or a
 * pattern (`*`, `?`, `[…]`, `{…}`, `**`) where there is nothing of that very name.
 *
 * @throws {TallymanError} `input-missing` naming every argument that stands for no file; `input-unsupported` for what is
 *   neither a file nor a directory (a pipe, a device)
 */
export async function walkArguments(
  args: readonly string[],
  cwd: string,
  own?: readonly string[],
): Promise<Walk> {
  if (args.length === 0) {
    throw new TallymanError('input-missing', 'No input was named.', {
      wayOut: 'Name files, directories, or patterns in quotes.',
    })
  }
  const walk = new Walk(cwd, own)
  const refusals: Refusal[] = []
  for (const [index, arg] of args.entries()) {
    walk.beginArgument(index)
    const refusal = await takeArgument(walk, arg)
    if (refusal !== null) refusals.push(refusal)
  }
  const [first] = refusals
  if (first === undefined) return walk
  throw new TallymanError(first.code, refusals.map(({ message }) => message).join(' '), {
    wayOut: [...new Set(refusals.map(({ wayOut }) => wayOut))].join(' '),
  })
}

async function takeArgument(walk: Walk, arg: string): Promise<Refusal | null> {
  if (isAddress(arg)) return await takeAddresses(walk, arg)
  const literal = await takeLiteral(walk, arg)
  if (literal !== 'absent') return literal
  for (const word of expandBraces(arg)) {
    if (word !== arg) {
      const refusal = await takeLiteral(walk, word)
      if (refusal === null) continue
      if (refusal !== 'absent') return refusal
    }
    const refusal = isPattern(word) ? await takePattern(walk, word) : await refuseAbsent(walk, word)
    if (refusal !== null) return refusal
  }
  return null
}

/** The files at or below an address, or that match a pattern. Names that begin with `.` or `_` are left out as in a directory. */
async function takeAddresses(walk: Walk, arg: string): Promise<Refusal | null> {
  const before = walk.found.length
  for (const word of expandBraces(arg)) {
    const [, scheme = '', rest = ''] = /^(.*?:\/\/\/?)(.*)$/s.exec(word) ?? []
    const glob = isPattern(rest) ? parseGlob(rest) : null
    const root = scheme + (glob === null ? rest : glob.root)
    for (const name of await listRemote(root)) {
      const below = name
        .slice(root.length)
        .split('/')
        .filter((part) => part !== '')
      const isNamed = glob === null && below.length === 0
      if (glob === null ? below.every((part) => !/^[._]/.test(part)) : matchesBelow(glob, below))
        walk.takeAddress(name, isNamed)
    }
  }
  return walk.found.length > before
    ? null
    : refuse(
        `Input ${quote(arg)} does not exist, or holds no file.`,
        'Check the spelling, and that you may list what is there.',
      )
}

/** Takes the file or directory of that very name; `absent` where there is none. */
async function takeLiteral(walk: Walk, arg: string): Promise<Refusal | 'absent' | null> {
  if (arg === '') return refuse('Input "" is an empty name.', 'Name a file, a directory or a pattern.')
  try {
    const kind = kindOf(await stat(toFsPath(walk.locate(arg))))
    if (kind === 'file' && ownDescriptor.test(tidy(arg))) return await refuseDescriptor(arg)
    if (kind === 'file') await walk.takeNamed(tidy(arg))
    else if (kind === 'directory') return await takeDirectory(walk, arg)
    else return refuseSpecial(arg, kind)
    return null
  } catch (error) {
    if (isAbsent(error)) return 'absent'
    if (!isAboutPath(error)) throw error
    return refuse(`Input ${quote(arg)} ${sayErrno(error)}.`, 'Ask its owner for the right to read it.')
  }
}

async function takeDirectory(walk: Walk, arg: string): Promise<Refusal | null> {
  const before = walk.found.length + walk.problems.length
  const ignoredBefore = walk.ignored.length
  await walk.takeDirectory(tidy(arg))
  if (walk.found.length + walk.problems.length > before) return null
  const ignored = walk.ignored.slice(ignoredBefore).map(({ path }) => quote(path))
  const but = ignored.length === 0 ? '' : `, but for what is no input: ${ignored.slice(0, 3).join(', ')}`
  return refuse(
    `Directory ${quote(arg)} holds no file${but}.`,
    'Name the directory the files are in; hidden ones are taken when they are named.',
  )
}

async function takePattern(walk: Walk, pattern: string): Promise<Refusal | null> {
  // A slash at the end asks for directories alone, that is, for what is in them.
  const glob = parseGlob(tidy(pattern) + (pattern.endsWith('/') ? '/**' : ''))
  const before = walk.found.length + walk.problems.length
  const ignoredBefore = walk.ignored.length
  try {
    await walk.takeMatches(glob)
  } catch (error) {
    if (!isAboutPath(error)) throw error
    return refuse(
      `Pattern ${quote(pattern)} matches nothing: ${quote(glob.root)} ${sayErrno(error)}.`,
      'Check the part before the first "*", "?" or "[".',
    )
  }
  if (walk.found.length + walk.problems.length > before) return null
  const results = walk.ignored.slice(ignoredBefore).filter(({ reason }) => reason === resultReason)
  if (results.length > 0) {
    const names = results.slice(0, 3).map(({ path }) => quote(path))
    return refuse(
      `Pattern ${quote(pattern)} matches no file, but for results of tallyman: ${names.join(', ')}.`,
      'To have these read, write out the names of their directories.',
    )
  }
  const held = await visibleNames(walk, glob.root)
  const place = glob.root === '' ? 'The current directory' : quote(glob.root)
  const holds = held.length === 0 ? 'holds nothing' : `holds ${held.slice(0, 3).map(quote).join(', ')}`
  const more = held.length > 3 ? ` and ${held.length - 3} more` : ''
  return refuse(`Pattern ${quote(pattern)} matches no file. ${place} ${holds}${more}.`, checkNames)
}

const checkNames = 'Check the spelling; names that begin with "." or "_" must be written out.'

/** Tells how far a path that does not exist goes, and which names there are like the missing one. */
async function refuseAbsent(walk: Walk, arg: string): Promise<Refusal> {
  const link = await danglingTarget(walk, arg)
  if (link !== null) {
    return refuse(`Input ${quote(arg)} is a link to ${quote(link)}, which does not exist.`, checkNames)
  }
  const parts = tidy(arg).split('/')
  let directory = arg.startsWith('/') ? '/' : ''
  for (const part of parts.filter((part) => part !== '')) {
    const path = joinPath(directory, part)
    const kind = await kindAt(walk, path)
    if (kind === 'directory') {
      directory = path
      continue
    }
    if (kind !== null) {
      return refuse(`Input ${quote(arg)} does not exist: ${quote(path)} is a file.`, checkNames)
    }
    const near = nearestNames(part, await visibleNames(walk, directory)).map((name) =>
      quote(joinPath(directory, name)),
    )
    const meant = near.length === 0 ? '' : ` There is ${near.join(', ')}.`
    const upTo = path === tidy(arg) ? '' : `: there is no ${quote(path)}`
    return refuse(`Input ${quote(arg)} does not exist${upTo}.${meant}`, wayOutOfAbsence(arg))
  }
  return refuse(`Input ${quote(arg)} does not exist.`, wayOutOfAbsence(arg))
}

function wayOutOfAbsence(arg: string): string {
  if (arg === '-')
    return 'Standard input is not read: write it to a file first, since an input is read in pieces, and again after a crash.'
  if (!arg.includes('\ufffd')) return 'Check the spelling, and the directory the command was started in.'
  return 'A name whose bytes are not UTF-8 does not pass the command line: name its directory, or write "*" for the bytes.'
}

async function danglingTarget(walk: Walk, arg: string): Promise<string | null> {
  try {
    const path = walk.locate(arg)
    return (await lstat(toFsPath(path))).isSymbolicLink() ? await readTarget(path) : null
  } catch (error) {
    if (isAboutPath(error)) return null
    throw error
  }
}

async function kindAt(walk: Walk, path: string): Promise<string | null> {
  try {
    return kindOf(await stat(toFsPath(walk.locate(path))))
  } catch (error) {
    if (isAboutPath(error)) return null
    throw error
  }
}

/** Names to offer; none where the directory cannot be listed, since it is only a hint. */
async function visibleNames(walk: Walk, directory: string): Promise<string[]> {
  try {
    const entries = await listDirectory(walk.locate(directory))
    return entries.map(({ name }) => name).filter((name) => !/^[._]/.test(name))
  } catch (error) {
    if (isAboutPath(error)) return []
    throw error
  }
}

function refuse(message: string, wayOut: string): Refusal {
  return { code: 'input-missing', message, wayOut }
}

function refuseSpecial(arg: string, kind: string): Refusal {
  return {
    code: 'input-unsupported',
    message: `Input ${quote(arg)} is a ${kind} and no file.`,
    wayOut: `Write what comes out of it to a file first: an input is read in pieces, and again after a crash.`,
  }
}

/** Files by what this process has them open as: to each worker such a name is another file. */
const ownDescriptor = /^\/(?:dev\/(?:stdin|stdout|stderr|fd\/\d+)|proc\/(?:self|thread-self)\/fd\/\d+)$/

async function refuseDescriptor(arg: string): Promise<Refusal> {
  return {
    code: 'input-unsupported',
    message: `Input ${quote(arg)} is a file that this command was started with, which its workers were not.`,
    wayOut: `Name the file itself: ${shellWord(await resolveLinks(tidy(arg)))}`,
  }
}

function quote(text: string): string {
  return JSON.stringify(text)
}

/** The same path with no `.` parts, doubled slashes and slash at the end. Leaves `..` alone: behind a link it is not what it looks like. */
function tidy(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  const tidied = (path.startsWith('/') ? '/' : '') + parts.join('/')
  return tidied === '' ? '.' : tidied
}
