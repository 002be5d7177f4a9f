import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { TallymanError } from '../errors.ts'
import { nearestName } from '../job/index.ts'
import { readManifest, tableFormats } from '../result/index.ts'
import { type CommittedResult, listRuns, type RunDirectory, readRun } from '../run/index.ts'
import { sayOneOf } from './arguments.ts'
import { findRun, runsFolder } from './runs-folder.ts'
import { shownPath } from './shown-path.ts'
import type { Terminal } from './terminal.ts'

/** A result that was named, by its directory or by its run. */
export interface ResultPlace {
  /** Absolute path. */
  readonly directory: string
  /** What the journal of its run says of it; null where it was named by its directory. */
  readonly committed: CommittedResult | null
}

/** For help: what RESULT may be, where a run will do as well. */
export const resultPlaceHelp =
  'RESULT is the directory of a result, or its run: an id, the beginning of one, "last", or the path of a run.'

/**
 * Finds the result that a name stands for. A directory with tables in it is a result, even one without its manifest.
 *
 * @throws {TallymanError} `not-found` where there is none, a run has none, or a later run has put its own in the place
 */
export function findResult(name: string, terminal: Terminal): ResultPlace {
  const path = resolve(terminal.cwd, name)
  if (existsSync(join(path, 'manifest.json'))) return { directory: path, committed: null }
  if (!existsSync(join(path, 'run.json')) && holdsTables(path)) return { directory: path, committed: null }
  return resultOfRun(findRunOrResult(name, terminal), terminal)
}

/** Is this a directory with files that may be tables? */
function holdsTables(path: string): boolean {
  if (!isDirectory(path)) return false
  return readdirSync(path).some((file) =>
    tableFormats.some((format) => /^[a-z]/.test(file) && file.endsWith(`.${format}`)),
  )
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/**
 * The run that a name stands for, where the directory of a result would have done as well.
 *
 * @throws {TallymanError} `not-found`, which says what lies there instead of a result
 */
export function findRunOrResult(name: string, terminal: Terminal): RunDirectory {
  try {
    return findRun(name, terminal)
  } catch (error) {
    if (!(error instanceof TallymanError) || error.code !== 'not-found') throw error
    throw sayNoResult(name, terminal) ?? error
  }
}

/** Null where a run was asked for, whatever else there is. */
function sayNoResult(name: string, terminal: Terminal): TallymanError | null {
  const { cwd } = terminal
  const path = resolve(cwd, name)
  if (!existsSync(path)) return name === 'last' ? null : sayNothing(name, path, terminal)
  const shown = JSON.stringify(name)
  if (isDirectory(path)) {
    return new TallymanError('not-found', `Directory ${shown} is neither a result nor a run of tallyman.`, {
      wayOut:
        'A result is the directory that `tallyman run -o` wrote, with its manifest.json; `tallyman runs` lists the runs.',
    })
  }
  const folder = dirname(path)
  const isInside = existsSync(join(folder, 'manifest.json'))
  return new TallymanError('not-found', `${shown} is a file; a result is a directory.`, {
    wayOut: isInside
      ? `Name the result it lies in: ${shownPath(folder, cwd)}`
      : 'Name the directory that `tallyman run -o` wrote, or a run; `tallyman runs` lists them.',
  })
}

/** There is nothing of that name: what is called alike. */
function sayNothing(name: string, path: string, terminal: Terminal): TallymanError {
  const folder = runsFolder(terminal)
  const ids = listRuns(folder)
  const isPath = name.includes('/')
  const near = alike(basename(path), [...resultsIn(dirname(path)), ...(isPath ? [] : ids)])
  const meant = near.map((one) => (isPath ? join(dirname(name), one) : one))
  const runs = ids.length === 0 ? `a run: there are none in ${folder}` : `a run in ${folder}`
  const what = isPath ? '' : `: it is neither a directory here nor ${runs}`
  return new TallymanError('not-found', `${JSON.stringify(name)} does not exist${what}.`, {
    wayOut:
      meant.length === 0 ? '`tallyman runs` lists the runs there are.' : `Did you mean ${sayOneOf(meant)}?`,
  })
}

const alikeMax = 3

/** Names that are nearly the given one, or begin as it does. */
function alike(given: string, names: readonly string[]): string[] {
  const near = nearestName(given, names)
  const begun = given.length < 3 ? [] : names.filter((name) => name.startsWith(given))
  return [...new Set(near === null ? begun : [near, ...begun])].slice(0, alikeMax)
}

/** Names of the results that lie in a folder. */
function resultsIn(folder: string): string[] {
  if (!isDirectory(folder)) return []
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, 'manifest.json')))
}

/**
 * The result of a run, which is what its journal says of it.
 *
 * @throws {TallymanError} `not-found` where the run has none, or it is not in its place any more
 */
export function resultOfRun(
  directory: RunDirectory,
  { cwd }: Terminal,
): { readonly directory: string; readonly committed: CommittedResult } {
  const { identity, state, isHeld } = readRun(directory)
  const result = state?.result ?? null
  if (result === null && isHeld) {
    throw new TallymanError('not-found', `Run ${identity.id} has no result yet: it is running.`, {
      wayOut: `\`tallyman attach ${identity.id}\` follows it.`,
    })
  }
  if (result === null) {
    throw new TallymanError('not-found', `Run ${identity.id} has no result: it did not come to its end.`, {
      wayOut: `\`tallyman show ${identity.id}\` says why, and how it goes on.`,
    })
  }
  if (!existsSync(result.directory)) {
    const place = shownPath(result.directory, cwd)
    throw new TallymanError(
      'not-found',
      `The result of run ${identity.id} was in ${place}, and is not there any more.`,
      {
        wayOut: 'Name the directory it was moved to.',
      },
    )
  }
  refuseReplaced(identity.id, result.directory)
  return { directory: result.directory, committed: result }
}

/** A later run of the same job may have put its own result in the place: that is not what was asked for. */
function refuseReplaced(run: string, directory: string): void {
  const there = runOf(directory)
  if (there === null || there === run) return
  throw new TallymanError(
    'not-found',
    `The result of run ${run} is not there any more: ${directory} holds that of run ${there}.`,
    { wayOut: `If that one will do, name ${there} or the directory.` },
  )
}

/** The run that a whole manifest names. */
function runOf(directory: string): string | null {
  try {
    return readManifest(directory).run.id
  } catch (error) {
    if (error instanceof TallymanError) return null
    throw error
  }
}
