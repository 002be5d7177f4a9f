import { errnoOf, messageOf, TallymanError } from '../errors.ts'
import { packageRoot } from '../run/index.ts'

/**
 * Loads a package that tallyman does without where it could not be installed.
 *
 * @param what what it is needed for, as the beginning of a sentence: `A query`
 * @throws {TallymanError} `package-missing`, which says how to install it
 */
export async function loadOptional<T>(name: string, what: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    const isAbsent = /^(ERR_)?MODULE_NOT_FOUND$/.test(errnoOf(cause) ?? '') && messageOf(cause).includes(name)
    const state = isAbsent ? 'is not installed' : `cannot be loaded: ${messageOf(cause)}`
    throw new TallymanError('package-missing', `${what} needs the package ${name}, which ${state}.`, {
      wayOut: `Install what is optional, too: npm install --include=optional, in ${packageRoot}`,
      cause,
    })
  }
}
