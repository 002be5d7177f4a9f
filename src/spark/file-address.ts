import { pathToFileURL } from 'node:url'
import { TallymanError } from '../errors.ts'

/** What Java takes for no part of a path, and not every Node encodes. */
const unsafe = /[[\]^|]/g
/** Spark splits lists of files at commas and looks for patterns in them, more than once, so that nothing said of a character helps. */
const notShipped = /[,*?[\]{}\\]/

/** The address by which Spark is told of a file or a folder: a path would be cut at what has no room in addresses. Pure. */
export function addressOf(path: string): string {
  return pathToFileURL(path).href.replaceAll(
    unsafe,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/**
 * The address of a file that Spark is to ship.
 *
 * @param how what to do where Spark could not take it
 * @throws {TallymanError} `usage` where its path has one of `, * ? [ ] { } \`
 */
export function shippedAddressOf(path: string, how: string): string {
  const character = notShipped.exec(path)?.[0]
  if (character !== undefined)
    throw new TallymanError('usage', `Spark ships no file whose path has a “${character}” in it: ${path}.`, {
      wayOut: how,
    })
  return addressOf(path)
}
