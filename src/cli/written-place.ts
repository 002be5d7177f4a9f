/** Where commands may write what they make of a result. */
import { accessSync, constants, type Stats, statSync } from 'node:fs'
import { basename, dirname, extname } from 'node:path'
import { errnoOf, TallymanError } from '../errors.ts'
import { resultAround } from '../result/index.ts'
import { sayOneOf } from './arguments.ts'
import { shownPath } from './shown-path.ts'
import type { Terminal } from './terminal.ts'

/**
 * The form that the ending of a file's name says, capitals or not; null for a name without one.
 *
 * @param what as in "no form of an answer"
 * @throws {TallymanError} `usage` for an ending that is none of these forms: what is in the file would not be what its name says
 */
export function formByEnding<F extends string>(
  file: string,
  forms: readonly F[],
  { what, wayOut }: { readonly what: string; readonly wayOut: string },
): F | null {
  const ending = extname(file).slice(1)
  if (ending === '') return null
  const form = forms.find((one) => one === ending.toLowerCase())
  if (form !== undefined) return form
  throw new TallymanError(
    'usage',
    `${basename(file)} ends in .${ending}, which is no form of ${what}: ${sayOneOf(forms.map((one) => `.${one}`))}.`,
    { wayOut },
  )
}

/**
 * Checks that a file may be written at a place, whether it is there or not.
 *
 * @param file absolute path
 * @throws {TallymanError} `usage` for a place in a result, or one that takes no file; `not-found` where there is no folder around it
 */
export function checkFilePlace(file: string, terminal: Terminal): void {
  const there = statusOf(file)
  checkOutsideOfResults(there?.isDirectory() ? file : dirname(file), file, terminal)
  const folder = shownPath(dirname(file), terminal.cwd)
  if (!requireFolder(dirname(file), terminal)) {
    throw new TallymanError('not-found', `The folder ${folder} for ${basename(file)} does not exist.`, {
      wayOut: 'Make it first, or name another place with -o.',
    })
  }
  const shown = shownPath(file, terminal.cwd)
  if (there?.isDirectory()) {
    throw new TallymanError('usage', `${shown} is a directory, and one file is written.`, {
      wayOut: `Name a file in it: -o ${shown}/NAME`,
    })
  }
  if (there !== null && !there.isFile()) {
    throw new TallymanError('usage', `${shown} is no ordinary file, and would be replaced by one.`, {
      wayOut: 'Name another place with -o.',
    })
  }
}

/**
 * Checks that files may be written into a folder, which need not be there, nor those around it.
 *
 * @param folder absolute path
 * @param place what is written there, for messages
 * @throws {TallymanError} `usage` for a place in a result, or where something else is in the way
 */
export function checkFolderPlace(folder: string, place: string, terminal: Terminal): void {
  checkOutsideOfResults(folder, place, terminal)
  for (let at = folder; !requireFolder(at, terminal); ) at = dirname(at)
}

/** What is put into a result shows as damage. */
function checkOutsideOfResults(folder: string, place: string, { cwd }: Terminal): void {
  const result = resultAround(folder)
  if (result === null) return
  const shown = shownPath(place, cwd)
  const what = place === result ? 'is a result' : `lies in the result ${shownPath(result, cwd)}`
  throw new TallymanError('usage', `${shown} ${what}, which is sealed as it is.`, {
    wayOut: 'Name a place outside of it with -o.',
  })
}

/** Returns whether it is there. */
function requireFolder(folder: string, { cwd }: Terminal): boolean {
  const status = statusOf(folder)
  if (status === null) return false
  const shown = shownPath(folder, cwd)
  if (!status.isDirectory()) {
    throw new TallymanError('usage', `${shown} is a file, and no folder that could be written into.`, {
      wayOut: 'Name another place with -o.',
    })
  }
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new TallymanError('io', `The folder ${shown} may not be written to by you.`, {
      wayOut: 'Name another place with -o.',
      cause,
    })
  }
  return true
}

/** Null for what is not there. */
function statusOf(path: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null
  } catch (error) {
    // Something on the way there is a file, which its own folder is refused for.
    if (errnoOf(error) === 'ENOTDIR') return null
    throw error
  }
}
