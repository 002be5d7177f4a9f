import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { TallymanError, toFault } from '../errors.ts'
import { nearestName } from '../job/index.ts'
import { printable } from '../printable.ts'
import { isRunHeld, isRunId, listRuns, RunDirectory, readIdentity } from '../run/index.ts'
import type { Terminal } from './terminal.ts'

/** Where runs live: `$TALLYMAN_HOME/runs`, or `.tallyman/runs` under the current directory. */
export function runsFolder({ cwd, env }: Terminal): string {
  const home = env.TALLYMAN_HOME
  return home === undefined || home === '' ? join(cwd, '.tallyman', 'runs') : resolve(cwd, home, 'runs')
}

/** Where the token of the page that shows them is: beside them. */
export function pageTokenFile(runs: string): string {
  return join(dirname(runs), 'page-token')
}

/**
 * The run of an id, of the beginning of one id, of `last`, or of a path.
 *
 * @throws {TallymanError} `not-found` where there is none, `usage` where the beginning is that of several
 */
export function findRun(name: string, terminal: Terminal): RunDirectory {
  const folder = runsFolder(terminal)
  const ids = listRuns(folder)
  if (ids.includes(name)) return new RunDirectory(join(folder, name))
  const [last] = ids
  if (name === 'last' && last !== undefined) return new RunDirectory(join(folder, last))
  if (name.includes('/')) return runAt(resolve(terminal.cwd, name), name)
  const begun = ids.filter((id) => id.startsWith(name))
  const [only, second] = begun
  if (only !== undefined && second === undefined) return new RunDirectory(join(folder, only))
  if (only !== undefined) {
    throw new TallymanError('usage', `Run ${JSON.stringify(name)} may be ${begun.slice(0, 3).join(', ')}.`, {
      wayOut: 'Write more of the id.',
    })
  }
  if (last === undefined) {
    throw new TallymanError('not-found', `Run ${JSON.stringify(name)} does not exist. ${sayNoRuns(folder)}`)
  }
  const near = nearestName(name, ids)
  throw new TallymanError('not-found', `Run ${JSON.stringify(name)} does not exist in ${folder}.`, {
    wayOut: near === null ? '`tallyman runs` lists the runs there are.' : `Did you mean ${near}?`,
  })
}

/** A directory that is no run must not be taken for one: it could be removed. */
function runAt(path: string, name: string): RunDirectory {
  const directory = new RunDirectory(path)
  if (existsSync(directory.identityFile)) {
    try {
      readIdentity(directory)
    } catch (error) {
      // One that is damaged may be looked at, and removed, where its name says that it is one.
      if (!isRunId(basename(path)) || toFault(error).code !== 'file-damaged') throw error
    }
    return directory
  }
  const what = existsSync(path) ? 'is no run of tallyman: it has no run.json' : 'does not exist'
  throw new TallymanError('not-found', `${JSON.stringify(name)} ${what}.`, {
    wayOut: '`tallyman runs` lists the runs there are.',
  })
}

/**
 * The run of a name, as `findRun` finds it; without a name, the only one that is at work.
 *
 * @throws {TallymanError} `usage` where none is named, and none or several are at work
 */
export function findRunAtWork(name: string | undefined, terminal: Terminal): RunDirectory {
  if (name !== undefined) return findRun(name, terminal)
  const folder = runsFolder(terminal)
  const atWork = listRuns(folder).filter((id) => isRunHeld(new RunDirectory(join(folder, id))))
  const [only, second] = atWork
  if (only !== undefined && second === undefined) return new RunDirectory(join(folder, only))
  if (only === undefined) {
    throw new TallymanError('usage', `No run in ${folder} is at work.`, {
      wayOut: '`tallyman runs` lists the runs there are.',
    })
  }
  throw new TallymanError('usage', `Several runs are at work: ${atWork.join(', ')}.`, {
    wayOut: 'Name one of them.',
  })
}

/** A whole sentence, with the command that makes the first. */
export function sayNoRuns(folder: string): string {
  return `There are no runs in ${printable(folder)}; \`tallyman run JOB INPUT…\` makes one.`
}
