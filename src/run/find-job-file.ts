import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { TallymanError } from '../errors.ts'
import type { RunOptions } from './options.ts'

/**
 * Where the job is that was asked for, as an absolute path.
 *
 * @throws {TallymanError} `not-found` where there is no such file, or it is a directory; it names jobs that are there
 */
export function findJobFile({ job, cwd }: Pick<RunOptions, 'job' | 'cwd'>): string {
  const path = resolve(cwd, job)
  if (existsSync(path)) {
    if (statSync(path).isFile()) return path
    throw new TallymanError('not-found', `Job ${JSON.stringify(job)} is a directory; a job is a file.`, {
      wayOut: sayJobsIn(path) ?? 'Name the file, for example words.job.ts.',
    })
  }
  throw new TallymanError('not-found', `Job file ${JSON.stringify(job)} does not exist.`, {
    wayOut: sayJobsIn(dirname(path)) ?? '`tallyman new NAME` writes one.',
  })
}

function sayJobsIn(folder: string): string | null {
  const jobs = namesIn(folder).filter((name) => /\.job\.[cm]?[jt]sx?$/.test(name))
  if (jobs.length === 0) return null
  return `There is ${jobs
    .slice(0, 3)
    .map((name) => JSON.stringify(name))
    .join(', ')}${jobs.length > 3 ? ` and ${jobs.length - 3} more` : ''}.`
}

/** None where there is no such folder, or it may not be read. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
