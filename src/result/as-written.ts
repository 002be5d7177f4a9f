import { createHash } from 'node:crypto'
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { TallymanError } from '../errors.ts'
import type { CommittedTable } from '../run/index.ts'

/** Of larger tables the size alone is looked at: to read them takes part of a second and more. */
const hashedBytesMax = 64 * 2 ** 20
/** Up to this size a table is read at once, which takes some milliseconds. */
const atOnceBytesMax = 16 * 2 ** 20
const chunkBytes = 256 * 1024

/** What was found of files, by place and by what the file system says of them: who looks again need not read again. */
const found = new Map<string, boolean | Promise<boolean>>()
const foundMax = 1000

/**
 * Whether a table's file is as it was written: its size, and for tables of at most 64 MiB its SHA-256. What is known of a file that has not changed since is
 * not looked at again.
 *
 * @returns a promise where it has to be read and is not small
 */
export function isAsWritten(directory: string, table: CommittedTable): boolean | Promise<boolean> {
  const path = join(directory, table.file)
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (stat === undefined || !stat.isFile() || stat.size !== BigInt(table.bytes)) return false
  if (table.bytes > hashedBytesMax) return true
  const { dev, ino, size, mtimeNs, ctimeNs } = stat
  const id = [path, dev, ino, size, mtimeNs, ctimeNs, table.sha256].join(' ')
  const known = found.get(id)
  if (known !== undefined) return known
  const looking = table.bytes <= atOnceBytesMax ? hashAtOnce(path) === table.sha256 : look(id, path, table)
  keep(id, looking)
  return looking
}

async function look(id: string, path: string, { sha256 }: CommittedTable): Promise<boolean> {
  try {
    const hash = createHash('sha256')
    await pipeline(createReadStream(path, { highWaterMark: chunkBytes }), hash)
    const isSame = hash.digest('hex') === sha256
    keep(id, isSame)
    return isSame
  } catch (error) {
    found.delete(id)
    throw error
  }
}

function keep(id: string, what: boolean | Promise<boolean>): void {
  found.delete(id)
  found.set(id, what)
  for (const oldest of found.keys()) {
    if (found.size <= foundMax) break
    found.delete(oldest)
  }
}

function hashAtOnce(path: string): string {
  const hash = createHash('sha256')
  const chunk = Buffer.allocUnsafe(chunkBytes)
  const fd = openSync(path, 'r')
  try {
    for (let length = 1; length > 0; ) {
      length = readSync(fd, chunk, 0, chunkBytes, null)
      hash.update(chunk.subarray(0, length))
    }
  } finally {
    closeSync(fd)
  }
  return hash.digest('hex')
}

/**
 * To be called before a part of a table is shown: what reads it to its end finds out by itself.
 *
 * @param place how messages name the directory
 * @throws {TallymanError} `file-damaged` where a table is missing or not as it was written, as `isAsWritten` looks
 */
export async function checkTables(
  directory: string,
  tables: readonly CommittedTable[],
  place = directory,
): Promise<void> {
  const changed: string[] = []
  for (const table of tables) if (!(await isAsWritten(directory, table))) changed.push(table.file)
  if (changed.length === 0) return
  throw new TallymanError(
    'file-damaged',
    `Result ${place} is not as it was written: ${changed.join(', ')} ${changed.length === 1 ? 'is' : 'are'} missing or changed.`,
    { wayOut: '`tallyman verify` says what is wrong with it. Run the job again, or get another copy.' },
  )
}
