import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { TallymanError } from '../errors.ts'
import { readManifest } from '../result/index.ts'
import { type CommittedResult, type RunDirectory, readRun } from '../run/index.ts'
import { shownPath } from './report.ts'
import { findRun } from './runs-folder.ts'
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
 * Finds the result that a name stands for. A directory that is there is a result, even one without its manifest.
 *
 * @throws {TallymanError} `not-found` where there is none, a run has none, or a later run has put its own in the place
 */
export function findResult(name: string, terminal: Terminal): ResultPlace {
  const path = resolve(terminal.cwd, name)
  if (existsSync(join(path, 'manifest.json'))) return { directory: path, committed: null }
  const run = findRunOrNull(name, terminal)
  if (run !== null) return resultOf(run, terminal)
  return { directory: path, committed: null }
}

/** Null where the name is that of a directory which is no run. */
function findRunOrNull(name: string, terminal: Terminal): RunDirectory | null {
  const path = resolve(terminal.cwd, name)
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  if (isDirectory && existsSync(join(path, 'run.json'))) return findRun(path, terminal)
  try {
    return findRun(name, terminal)
  } catch (error) {
    if (isDirectory && error instanceof TallymanError && error.code === 'not-found') return null
    throw error
  }
}

function resultOf(directory: RunDirectory, { cwd }: Terminal): ResultPlace {
  const { identity, state } = readRun(directory)
  const result = state?.result ?? null
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
