import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { type ErrorCode, TallymanError } from '../errors.ts'
import { acceptOption } from './accepted.ts'
import { isAboutPath, sayErrno } from './directory.ts'
import type { IgnoredInput, InputFile, InputProblem, ZipMember } from './discovery.ts'
import { headBytes, recognize } from './magic.ts'
import { toFsPath } from './path-bytes.ts'
import { findGzipCuts } from './source/gzip-cuts.ts'
import { ArchiveError } from './source/zip-bytes.ts'
import { readZipDirectory } from './source/zip-directory.ts'
import type { FileIdentity } from './split.ts'
import { inputName } from './split-name.ts'
import { likelyGzipBytes } from './split-size.ts'

/** What one file turned out to be. */
export interface Inspection {
  /** Null when nothing of it can be read. */
  readonly file: InputFile | null
  readonly problems: readonly InputProblem[]
  readonly ignored: readonly IgnoredInput[]
}

/**
 * Opens a file, tells its kind by its first bytes, reads the directory of a zip archive, and looks for places where a gzip file can be
 * cut.
 *
 * @param place where the file is
 * @param path as shown to people
 * @param gzipPartBytes least data between two such places; null for none
 */
export async function inspect(
  place: string,
  path: string,
  gzipPartBytes: number | null = null,
): Promise<Inspection> {
  let handle: FileHandle
  try {
    // Without O_NONBLOCK, a named pipe put in the file's place would block the planner for good.
    handle = await open(toFsPath(place), constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    return refused(fileProblem(path, errorCodeOf(error), null, sayErrno(error), 'Make it readable'))
  }
  try {
    return await inspectOpen(handle, path, gzipPartBytes)
  } catch (error) {
    return refused(problemOf(path, error))
  } finally {
    await handle.close()
  }
}

async function inspectOpen(
  handle: FileHandle,
  path: string,
  gzipPartBytes: number | null,
): Promise<Inspection> {
  const identity = await readIdentity(handle)
  const head = Buffer.alloc(headBytes)
  const { bytesRead } = await handle.read(head, 0, headBytes, 0)
  const recognized = recognize(head.subarray(0, bytesRead), path)
  switch (recognized.kind) {
    case 'refused': {
      const { code, what, wayOut } = recognized
      return refused(fileProblem(path, code, null, what, wayOut))
    }
    case 'zip':
      return inspectZip(handle, path, identity)
    case 'gzip': {
      const { sizeBytes } = identity
      const isLong = gzipPartBytes !== null && likelyGzipBytes(sizeBytes) > gzipPartBytes
      const cuts = isLong ? await findGzipCuts(handle, sizeBytes, gzipPartBytes) : []
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
      return { file: { path, identity, kind: recognized.kind, members: [] }, problems: [], ignored: [] }
  }
}

async function inspectZip(handle: FileHandle, path: string, identity: FileIdentity): Promise<Inspection> {
  const read = async (into: Buffer, atByte: number): Promise<number> =>
    (await handle.read(into, 0, into.length, atByte)).bytesRead
  const { members, skipped } = await readZipDirectory(read, identity.sizeBytes, path)
  const now = await readIdentity(handle)
  if (now.sizeBytes !== identity.sizeBytes || now.mtimeNs !== identity.mtimeNs) {
    const wayOut = 'Let whatever writes it finish, then run again'
    return refused(fileProblem(path, 'input-changed', null, 'was written to while it was being read', wayOut))
  }
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
    wayOut: `${wayOut}; or go on without it: ${acceptOption(name)}.`,
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
  return `Or go on without it: ${acceptOption(path)}.`
}

function errorCodeOf(error: unknown): ErrorCode {
  return isAboutPath(error) ? 'input-missing' : 'io'
}

function refused(problem: InputProblem): Inspection {
  return { file: null, problems: [problem], ignored: [] }
}
