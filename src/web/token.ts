import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { closeSync, fchmodSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { errnoOf, TallymanError } from '../errors.ts'

/** Bytes of chance in a token. */
const tokenBytes = 24
const written = /^[A-Za-z0-9_-]{32}$/

/**
 * The token that opens the page, kept in a file so that a link stays good when the server is started again. Made when it
 * is not there, for its owner alone (mode 0600).
 *
 * @throws {TallymanError} `io` for a file that others may read, or that holds no token
 */
export function readToken(file: string): string {
  try {
    const fd = openSync(file, 'wx', 0o600)
    try {
      // The mask of the process does not open it, but it could close it to its owner.
      fchmodSync(fd, 0o600)
      const token = randomBytes(tokenBytes).toString('base64url')
      writeSync(fd, `${token}\n`)
      return token
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  }
  const wayOut = `Remove it, and start again: another token is made, and links printed before are no longer good.`
  if ((statSync(file).mode & 0o077) !== 0)
    throw new TallymanError('io', `The token's file ${file} may be read or written by others.`, { wayOut })
  const token = readFileSync(file, 'utf8').trim()
  if (!written.test(token)) throw new TallymanError('io', `The file ${file} holds no token.`, { wayOut })
  return token
}

/** Compares in a time that does not tell how much of it is right. */
export function isToken(given: string, token: string): boolean {
  return timingSafeEqual(
    createHash('sha256').update(given).digest(),
    createHash('sha256').update(token).digest(),
  )
}
