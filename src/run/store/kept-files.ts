/** What the store's parts have in common: keys, files that are links where they can be, and what is no reason to fail. */
import { createHash } from 'node:crypto'
import { copyFileSync, linkSync, lstatSync } from 'node:fs'
import { errnoOf, TallymanError } from '../../errors.ts'
import type { FileIdentity } from '../../input/index.ts'
import { ByteWriter, writeValue } from '../../record/index.ts'

/**
 * Does something, and says whether the system let it: what is kept only saves time, so that no run may fail of it. Other runs
 * clean it, and people remove it, at any moment.
 */
export function unlessRefused(act: () => void): boolean {
  try {
    act()
    return true
  } catch (error) {
    if (!isOfSystem(error)) throw error
    return false
  }
}

/** Has it an errno, and is no error of ours about one? */
export function isOfSystem(error: unknown): boolean {
  return errnoOf(error) !== undefined && !(error instanceof TallymanError)
}

/** Kept from hash to hash: a plan may ask for a million, and what is hashed is ours, no getter of a job's is in it. */
const toHash = new ByteWriter(4096)

/** SHA-256, in hex, of plain data as files hold it. */
export function hashOf(value: unknown): string {
  toHash.clear()
  writeValue(toHash, value)
  return createHash('sha256').update(toHash.buffer.subarray(0, toHash.length)).digest('hex')
}

/** What is the same as long as nobody wrote to the file or replaced it. Its order is part of the store's keys. */
export function identityOf({ sizeBytes, mtimeNs, ctimeNs, inode }: FileIdentity): unknown[] {
  return [sizeBytes, mtimeNs, ctimeNs, inode]
}

/** What a job has put in the place of a file of its attempt is refused, as the system refuses to open it: it may lead anywhere. */
export function noFile(path: string): Error {
  return Object.assign(new Error(`${path} is no file.`), { code: 'ELOOP' })
}

/** A link costs nothing; another file system, or one without links, gets a copy. Throws for what is no plain file. */
export function linkOrCopy(from: string, to: string): void {
  if (!lstatSync(from).isFile()) throw noFile(from)
  try {
    linkSync(from, to)
  } catch {
    copyFileSync(from, to)
  }
}
