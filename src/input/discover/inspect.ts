import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { type ErrorCode, TallymanError } from '../../errors.ts'
import { type NoLines, sayNoLines, sayOfficeDocument } from '../no-lines.ts'
import { toFsPath } from '../path-bytes.ts'
import { findGzipCuts } from '../source/gzip-cuts.ts'
import { isAddress, RemoteFile } from '../source/remote-file.ts'
import { ArchiveError } from '../source/zip-bytes.ts'
import { readZipDirectory } from '../source/zip-directory.ts'
import type { FileIdentity, GzipCut } from '../split.ts'
import { inputName } from '../split-name.ts'
import { isWorthCutting } from '../split-size.ts'
import { acceptInput } from './accepted.ts'
import { isAboutPath, sayErrno } from './directory.ts'
import type { IgnoredInput, InputFile, InputProblem, ZipMember } from './discovery.ts'
import { headBytes, recognize } from './magic.ts'

/** What one file turned out to be. */
export interface Inspection {
  /** Null when nothing of it can be read. */
  readonly file: InputFile | null
  readonly problems: readonly InputProblem[]
  readonly ignored: readonly IgnoredInput[]
}

/** What a format wants of files. */
export interface Reading {
  /** Least data between two places where a gzip file may be cut; null, the default, where none is to be cut. */
  readonly gzipPartBytes?: number | null
  /** Whether its records are lines: files that hold none are refused. Default false. */
  readonly lines?: boolean
}

/**
 * Opens a file, tells its kind by its first bytes, reads the directory of a zip archive, and looks for places where a gzip file can be
 * cut.
 *
 * @param place where the file is
 * @param path as shown to people
 * @param reading what the job's format wants of it
 */
export async function inspect(place: string, path: string, reading: Reading = {}): Promise<Inspection> {
  if (isAddress(place)) return await inspectRemote(path, reading)
  let handle: FileHandle
  try {
    // Without O_NONBLOCK, a named pipe put in the file's place would block the planner for good.
    handle = await open(toFsPath(place), constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    return refused(fileProblem(path, errorCodeOf(error), null, sayErrno(error), 'Make it readable'))
  }
  const known: Inspectable = {
    identity: () => readIdentity(handle),
    read: async (into, atByte) => (await handle.read(into, 0, into.length, atByte)).bytesRead,
    gzipCuts: (sizeBytes, partBytes) => findGzipCuts(handle, sizeBytes, partBytes),
  }
  try {
    return await inspectOpen(known, path, reading)
  } catch (error) {
    return refused(problemOf(path, error))
  } finally {
    await handle.close()
  }
}

/** A file while it is inspected. */
interface Inspectable {
  identity(): Promise<FileIdentity>
  /** Fills it from a byte on as far as there is something; returns how far. */
  read(into: Buffer, atByte: number): Promise<number>
  gzipCuts(sizeBytes: number, partBytes: number): Promise<readonly GzipCut[]>
}

/** A gzip file that has no path is read as a whole: to look for its members would be to fetch it. */
async function inspectRemote(address: string, { lines = false }: Reading): Promise<Inspection> {
  // What is wrong here, as no right to read it, is wrong with all: the run does not begin.
  const file = await RemoteFile.open(address)
  // Links there are none, and who has the same content is no copy that is known.
  const inode = BigInt(`0x${createHash('sha256').update(address).digest('hex').slice(0, 16)}`)
  const known: Inspectable = {
    identity: async () => ({ ...(await file.look()), ctimeNs: '0', inode: String(inode) }),
    read: (into, atByte) => file.read(into, 0, into.length, atByte),
    gzipCuts: async () => [],
  }
  try {
    return await inspectOpen(known, address, { lines })
  } catch (error) {
    return refused(problemOf(address, error))
  } finally {
    file.close()
  }
}

async function inspectOpen(
  known: Inspectable,
  path: string,
  { gzipPartBytes = null, lines = false }: Reading,
): Promise<Inspection> {
  const identity = await known.identity()
  const head = Buffer.alloc(headBytes)
  const bytesRead = await known.read(head, 0)
  const recognized = recognize(head.subarray(0, bytesRead), path)
  switch (recognized.kind) {
    case 'refused': {
      const { code, what, wayOut } = recognized
      return refused(fileProblem(path, code, null, what, wayOut))
    }
    case 'zip':
      return inspectZip(known, path, identity, lines)
    case 'gzip': {
      const { sizeBytes } = identity
      const isLong = gzipPartBytes !== null && isWorthCutting(sizeBytes, gzipPartBytes)
      const cuts = isLong ? await known.gzipCuts(sizeBytes, gzipPartBytes) : []
      const file = {
        path,
        identity,
        kind: 'gzip',
        members: [],
        ...(cuts.length === 0 ? {} : { cuts }),
      } as const
      return { file, problems: [], ignored: [] }
    }
    default:
      if (bytesRead > 0 && identity.sizeBytes === 0 && (await known.identity()).sizeBytes === 0)
        return refused(fileProblem(path, 'input-unsupported', null, sizeless, copyIt))
      if (lines) {
        const noLines = sayNoLines(head.subarray(0, bytesRead))
        if (noLines !== null) return refusedNoLines(path, noLines)
      }
      return { file: { path, identity, kind: recognized.kind, members: [] }, problems: [], ignored: [] }
  }
}

/** As files of /proc are, and of some file systems over a network: it would be read up to its size, and found to be empty. */
const sizeless = 'has data in it, though its file system says that it is 0 bytes long'
const copyIt = 'Copy it to a disk with "cat", and read the copy'

async function inspectZip(
  known: Inspectable,
  path: string,
  identity: FileIdentity,
  lines: boolean,
): Promise<Inspection> {
  const read = (into: Buffer, atByte: number): Promise<number> => known.read(into, atByte)
  const { members, skipped } = await readZipDirectory(read, identity.sizeBytes, path)
  const now = await known.identity()
  if (now.sizeBytes !== identity.sizeBytes || now.mtimeNs !== identity.mtimeNs) {
    const wayOut = 'Let whatever writes it finish, then run again'
    return refused(fileProblem(path, 'input-changed', null, 'was written to while it was being read', wayOut))
  }
  const document = lines ? sayOfficeDocument(members.map(({ name }) => name)) : null
  if (document !== null) return refusedNoLines(path, document)
  const problems: InputProblem[] = []
  const readable = members.filter((member, index) => {
    const isDouble = [members[index - 1], members[index + 1]].some((other) => other?.name === member.name)
    const problem = isDouble ? doubleProblem(path, member, members[index - 1]) : memberProblem(path, member)
    if (problem !== null && problem !== 'told') problems.push(problem)
    return problem === null
  })
  return {
    file: { path, identity, kind: 'zip', members: readable },
    problems,
    ignored: skipped.map(({ name, reason }) => ({ path: inputName(path, name), reason })),
  }
}

async function readIdentity(handle: FileHandle): Promise<FileIdentity> {
  const { size, mtimeNs, ctimeNs, ino } = await handle.stat({ bigint: true })
  return {
    sizeBytes: Number(size),
    mtimeNs: String(mtimeNs),
    ctimeNs: String(ctimeNs),
    inode: String(ino),
  }
}

function memberProblem(path: string, member: ZipMember): InputProblem | null {
  if (member.encrypted) return unreadable(path, member, 'is encrypted', 'Decrypt the archive')
  if (member.method === 0 || member.method === 8) return null
  return unreadable(
    path,
    member,
    `is compressed with method ${member.method}; tallyman reads stored (0) and deflated (8)`,
    'Unpack the archive, and pack it again with "zip -r"',
  )
}

/** Several members of one name are one problem, told at the first of them. */
function doubleProblem(
  path: string,
  member: ZipMember,
  before: ZipMember | undefined,
): InputProblem | 'told' {
  if (before?.name === member.name) return 'told'
  const wayOut = 'Unpack the archive, see which one is right, and pack it again'
  return {
    ...unreadable(path, member, 'is in the archive more than once; none of them is read', wayOut),
    code: 'input-damaged',
  }
}

function unreadable(path: string, member: ZipMember, what: string, wayOut: string): InputProblem {
  const name = inputName(path, member.name)
  return {
    path,
    member: member.name,
    byte: member.localHeaderByte,
    code: 'input-unsupported',
    message: `${name}: the member ${what}.`,
    wayOut: `${wayOut}; or go on without it: ${acceptInput(path, member.name)}.`,
  }
}

function problemOf(path: string, error: unknown): InputProblem {
  if (error instanceof ArchiveError) {
    const { code, byte, message, wayOut = '' } = error
    return { path, member: null, byte, code, message, wayOut: `${wayOut} ${goOn(path)}` }
  }
  if (error instanceof TallymanError) throw error
  return fileProblem(
    path,
    'io',
    null,
    sayErrno(error),
    'Read it with another program to see if the disk is well',
  )
}

function fileProblem(
  path: string,
  code: ErrorCode,
  byte: number | null,
  what: string,
  wayOut: string,
): InputProblem {
  const message = `${path}: the file ${what}.`
  return { path, member: null, byte, code, message, wayOut: `${wayOut}. ${goOn(path)}` }
}

function goOn(path: string): string {
  return `Or go on without it: ${acceptInput(path)}.`
}

function errorCodeOf(error: unknown): ErrorCode {
  return isAboutPath(error) ? 'input-missing' : 'io'
}

function refusedNoLines(path: string, { what, wayOut }: NoLines): Inspection {
  return refused(fileProblem(path, 'input-unsupported', null, what, wayOut))
}

function refused(problem: InputProblem): Inspection {
  return { file: null, problems: [problem], ignored: [] }
}
