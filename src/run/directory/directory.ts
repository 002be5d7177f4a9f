import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
} from 'node:fs'
import { basename, dirname, isAbsolute, join, relative } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import { errnoOf, messageOf, TallymanError } from '../../errors.ts'
import { indexFolderName, logFile } from '../../executor/index.ts'
import { linkPackage } from '../package.ts'
import { writeWhole } from './durable.ts'

/** What `run.json` says: written first, never changed. */
export interface RunIdentity {
  readonly format: 'tallyman run'
  readonly version: 1
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** The job file as named. */
  readonly job: string
  /** Absolute directory that names of inputs are relative to. */
  readonly cwd: string
}

/** Folders in a run's directory: of what attempts write, and of what counts. */
const attempts = 'attempts'
const committed = 'committed'
/** Of the path of a committed file, relative to the run's directory, the task. */
const taskInPath = new RegExp(`^${committed}/((?:map|reduce)-\\d+)/`)

/** Folders removed without a look at anything else. */
const removedAtOnce = 64

/**
 * Where a run's files are, and how those of attempts come into place. Paths are absolute where their name does not say `relative`. What is one room's alone (`outlet.json`, `spark/`) that room names;
 * docs/formats/run-directory.md describes all.
 */
export class RunDirectory {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  get identityFile(): string {
    return join(this.path, 'run.json')
  }
  get lockFolder(): string {
    return join(this.path, 'lock')
  }
  get planFile(): string {
    return join(this.path, 'plan.json')
  }
  get journalFile(): string {
    return join(this.path, 'journal.jsonl')
  }
  get jobFolder(): string {
    return join(this.path, 'job')
  }
  get bundleFile(): string {
    return join(this.jobFolder, 'job.mjs')
  }
  get logFolder(): string {
    return join(this.path, 'logs')
  }
  /** What was printed, by whom: an attempt, by its id, a worker outside of attempts (`worker-0`, `threads`), or Spark. */
  logFile(of: string): string {
    return logFile(this.logFolder, of)
  }
  /** What a detached run says. */
  get runLogFile(): string {
    return this.logFile('run')
  }
  /** How far the attempts are that run now. */
  get progressFile(): string {
    return join(this.logFolder, 'progress.json')
  }
  /** Indexes that gzip files are read by. */
  get indexFolder(): string {
    return join(this.path, indexFolderName)
  }
  get rejectedFile(): string {
    return join(this.path, 'rejected.jsonl')
  }
  /** There while containers of the run may be. */
  get containersFile(): string {
    return join(this.path, 'containers.json')
  }
  /** Where attempts write; what lies here is of no use to anybody but its own attempt. */
  get attemptsFolder(): string {
    return join(this.path, attempts)
  }

  /** Of an attempt, below the run's directory. */
  relativeAttemptFolder(attempt: string): string {
    return join(attempts, attempt)
  }

  /** Where the files of committed tasks are, a folder for each. */
  get committedFolder(): string {
    return join(this.path, committed)
  }

  /** Of a committed task's files, below the run's directory. */
  relativeCommittedFolder(task: string): string {
    return join(committed, task)
  }

  /** The task whose committed file this is: a path relative to the run's directory, or an absolute one. Null for any other. */
  taskOfCommitted(file: string): string | null {
    const path = isAbsolute(file) ? relative(this.path, file) : file
    return taskInPath.exec(path)?.[1] ?? null
  }

  absolute(path: string): string {
    return join(this.path, path)
  }

  /** Leads the bundled job, which imports tallyman by name, to the copy that runs it: a resumed run may have another one. */
  linkPackage(): void {
    linkPackage(this.path)
  }

  /** Puts a finished attempt's files into their place. Done again after a crash, it replaces what was not journaled. */
  commitAttempt(attempt: string, task: string): void {
    const place = this.absolute(this.relativeCommittedFolder(task))
    const from = this.absolute(this.relativeAttemptFolder(attempt))
    try {
      renameSync(from, place)
    } catch {
      // Nearly always there is nothing in its place, and to look first would cost more than the rename.
      rmSync(place, { recursive: true, force: true })
      renameSync(from, place)
    }
    // A job in a container may put a link in the place of its folder, and have followed outside what it cannot reach. Here nobody changes it any more.
    if (lstatSync(place).isDirectory()) return
    unlinkSync(place)
    mkdirSync(place)
  }

  discardAttempt(attempt: string): void {
    rmSync(this.absolute(this.relativeAttemptFolder(attempt)), { recursive: true, force: true })
  }

  /** Removes what unfinished attempts left behind. */
  discardAttempts(): void {
    rmSync(this.attemptsFolder, { recursive: true, force: true })
    mkdirSync(this.attemptsFolder, { recursive: true })
  }

  /** Removes what lies in the place of tasks whose commit is not journaled. REQUIRES: no attempt is at work. */
  discardUnproven(proven: ReadonlySet<string>): void {
    const folder = this.committedFolder
    mkdirSync(folder, { recursive: true })
    for (const task of readdirSync(folder)) {
      if (!proven.has(task)) rmSync(join(folder, task), { recursive: true, force: true })
    }
  }

  /** Removes the files between the stages, once the result is in its place and nobody needs them. */
  async discardCommitted(): Promise<void> {
    const folder = this.committedFolder
    const tasks = existsSync(folder) ? readdirSync(folder) : []
    for (let at = 0; at < tasks.length; at += removedAtOnce) {
      for (const task of tasks.slice(at, at + removedAtOnce)) removeFlat(join(folder, task))
      await breathe()
    }
    rmSync(folder, { recursive: true, force: true })
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

/** Removes a folder of plain files. What else there may be, and what cannot be removed that way, is left to `rmSync`, which takes its time. */
function removeFlat(folder: string): void {
  try {
    // Names in what a link leads to are not this run's.
    if (!lstatSync(folder).isDirectory()) throw new Error(`${folder} is no folder.`)
    for (const name of readdirSync(folder)) unlinkSync(join(folder, name))
    rmdirSync(folder)
  } catch {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Makes the directory of a new run under a free name: `20201231-235959-hashtags`, then `…-2`, `…-3`. Where that fails, for want of space for
 * example, none is left: it would be the last run, and none that goes on.
 */
export function createRunDirectory(
  runsFolder: string,
  options: { readonly job: string; readonly cwd: string; readonly now: Date },
): RunDirectory {
  mkdirIn(runsFolder)
  const stamp = options.now.toISOString().replace(/\..*/, '').replaceAll(/[-:]/g, '').replace('T', '-')
  const id = reserve(runsFolder, `${stamp}-${slugOf(options.job)}`)
  const directory = new RunDirectory(join(runsFolder, id))
  try {
    fill(directory, id, options)
  } catch (error) {
    rmSync(directory.path, { recursive: true, force: true })
    throw error
  }
  return directory
}

/** Does a name look like the id of a run, as `createRunDirectory` makes them? */
export function isRunId(name: string): boolean {
  return /^\d{8}-\d{6}-[\w-]+$/.test(name)
}

function fill(directory: RunDirectory, id: string, options: Parameters<typeof createRunDirectory>[1]): void {
  for (const folder of [directory.jobFolder, directory.logFolder, directory.attemptsFolder]) mkdirSync(folder)
  mkdirSync(directory.committedFolder)
  directory.linkPackage()
  const identity: RunIdentity = {
    format: 'tallyman run',
    version: 1,
    id,
    createdAt: options.now.getTime(),
    job: options.job,
    cwd: options.cwd,
  }
  writeWhole(directory.identityFile, `${JSON.stringify(identity, null, 2)}\n`)
}

/**
 * Makes a folder beside the runs, or their own, and those above it.
 *
 * @param what is to be in it, in a word or two
 * @throws {TallymanError} `io`
 */
export function mkdirIn(folder: string, what = 'runs'): void {
  try {
    mkdirAll(folder)
  } catch (cause) {
    throw notMade(`The folder for ${what}, ${folder},`, cause)
  }
}

function notMade(what: string, cause: unknown): TallymanError {
  return new TallymanError('io', `${what} could not be made: ${messageOf(cause)}`, {
    wayOut: 'Start in a directory you may write to, or name one in $TALLYMAN_HOME.',
    cause,
  })
}

/**
 * Makes a folder and those above it. Node's own way of doing so never ends where the folder above is there and yet takes
 * none, as `/proc` does, or a directory that was removed.
 */
function mkdirAll(folder: string): void {
  if (isFolder(folder)) return
  const above = dirname(folder)
  if (!isFolder(above)) mkdirAll(above)
  try {
    mkdirSync(folder)
  } catch (error) {
    // Another run may have made it in the meantime.
    if (!isFolder(folder)) throw error
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function reserve(folder: string, name: string): string {
  for (let number = 1; ; number++) {
    const id = number === 1 ? name : `${name}-${number}`
    try {
      mkdirSync(join(folder, id))
      return id
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw notMade(`A folder for the run in ${folder}`, error)
    }
  }
}

function slugOf(job: string): string {
  const stem = basename(job).replace(/(\.job)?\.[cm]?[jt]sx?$/, '')
  return (
    stem
      .replaceAll(/[^A-Za-z0-9_]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 40) || 'job'
  )
}

/** Reads `run.json`. Throws `not-found` where there is no run, `file-damaged` where it is no JSON. */
export function readIdentity(directory: RunDirectory): RunIdentity {
  let text: string
  try {
    text = readFileSync(directory.identityFile, 'utf8')
  } catch (cause) {
    throw new TallymanError('not-found', `${directory.path} is no run of tallyman: it has no run.json.`, {
      wayOut:
        'A run that ended before it had written anything, for want of space for example, is begun again with `tallyman run`. `tallyman runs` lists the runs there are.',
      cause,
    })
  }
  const identity = parseIdentity(text, directory)
  const isOurs =
    typeof identity === 'object' &&
    identity !== null &&
    'format' in identity &&
    identity.format === 'tallyman run'
  if (!isOurs || !('version' in identity) || identity.version !== 1) {
    throw new TallymanError('not-found', `${directory.identityFile} is of no run that this version can read.`)
  }
  return identity as RunIdentity
}

function parseIdentity(text: string, directory: RunDirectory): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TallymanError('file-damaged', `${directory.identityFile} is damaged: it is no JSON.`, {
      wayOut: 'The run cannot be read any more: remove its directory, and start the run again.',
      cause,
    })
  }
}
