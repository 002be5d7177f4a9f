import { accessSync, constants, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf, TallymanError } from '../errors.ts'
import { inspectManifest, isOfResult, type Manifest, manifestName, readManifest } from './manifest.ts'

/**
 * Checks that a result may go to a place: there is nothing, or an older result of the same job with nothing beside it. Returns which.
 *
 * @param target absolute path
 * @param jobFile absolute path of the job file
 * @throws {TallymanError} `result-exists` for anything else; `not-found` where there is no folder around it
 */
export function checkTarget(target: string, jobFile: string): 'free' | 'older-result' {
  requireFolder(dirname(target))
  if (!exists(target)) return 'free'
  const refusal = (what: string): TallymanError =>
    new TallymanError('result-exists', `${target} ${what}; it is not overwritten.`, {
      wayOut: 'Name another directory with -o, or move this one away.',
    })
  const manifest = manifestAt(target)
  if (manifest === null) throw refusal('exists already and is no result, or none that this version can read')
  if (manifest.job.file !== jobFile) throw refusal('is the result of another job')
  const own = new Set([manifestName, ...manifest.tables.map(({ file }) => file)])
  const foreign = readdirSync(target).find((name) => !own.has(name))
  if (foreign !== undefined)
    throw refusal(`holds ${JSON.stringify(foreign)} beside an older result, which would be lost`)
  return 'older-result'
}

/**
 * The result that a folder is, or lies in; null for none. Links on the way are followed.
 *
 * @param folder absolute path; need not be there
 */
export function resultAround(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    const place = exists(at) ? realpathSync(at) : at
    if (place !== at) return resultAround(place)
    if (isResult(at)) return at
    if (dirname(at) === at) return null
  }
}

/** Is it one, or was it before its manifest was changed? */
function isResult(folder: string): boolean {
  try {
    const found = inspectManifest(folder)
    return found.kind === 'changed' ? isOfResult(found.claims) : found.kind !== 'absent'
  } catch {
    // What cannot be read is not known to be one.
    return false
  }
}

function requireFolder(folder: string): void {
  const isThere = exists(folder)
  if (isThere && statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    requireWritable(folder)
    return
  }
  const what = isThere ? 'is no folder' : 'does not exist'
  throw new TallymanError('not-found', `The folder ${folder} for the result ${what}.`, {
    wayOut: 'Make it first, or name another place with -o.',
  })
}

function requireWritable(folder: string): void {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new TallymanError('io', `The folder ${folder} for the result may not be written to by you.`, {
      wayOut: 'Name another place with -o.',
      cause,
    })
  }
}

/** The manifest of the result at a place; null for everything that is no result, or one of another version. */
function manifestAt(target: string): Manifest | null {
  if (!exists(join(target, manifestName))) return null
  try {
    return readManifest(target)
  } catch (error) {
    if (error instanceof TallymanError) return null
    throw error
  }
}

function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    // Something on the way there is a file.
    if (errnoOf(error) === 'ENOTDIR') return false
    throw error
  }
}
