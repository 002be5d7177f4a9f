import { lstatSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { TallymanError } from '../errors.ts'
import { manifestName, readManifest } from './manifest.ts'

/**
 * Checks that a result may go to a place: there is nothing, or an older result of the same job. Returns which.
 *
 * @param target absolute path
 * @param jobFile absolute path of the job file
 * @throws {TallymanError} `result-exists` for anything else; `not-found` where the folder around it is not there
 */
export function checkTarget(target: string, jobFile: string): 'free' | 'older-result' {
  if (!exists(dirname(target))) {
    throw new TallymanError('not-found', `The folder ${dirname(target)} for the result does not exist.`, {
      wayOut: 'Make it first, or name another place with -o.',
    })
  }
  if (!exists(target)) return 'free'
  const refusal = (what: string): TallymanError =>
    new TallymanError('result-exists', `${target} ${what}; it is not overwritten.`, {
      wayOut: 'Name another directory with -o, or move this one away.',
    })
  if (!exists(join(target, manifestName))) throw refusal('exists already and is no result')
  if (readManifest(target).job.file !== jobFile) throw refusal('is the result of another job')
  return 'older-result'
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}
