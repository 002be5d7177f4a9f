import { existsSync } from 'node:fs'
import { TallymanError } from '../errors.ts'
import type { SparkOptions } from '../run/index.ts'
import { findSpark, requireJava } from './find-spark.ts'
import { checkMaster, requireMaster } from './master.ts'

/**
 * Checks, before anything is planned, what a run on Spark needs: a master that is one and is there, the archive where one is named, Spark, and Java.
 *
 * @throws {TallymanError} `usage`, `not-found`, `package-missing`, or `io` where nobody listens at the master's address
 */
export async function requireSpark(
  { master, home, pack }: SparkOptions,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  checkMaster(master)
  if (pack !== null && !existsSync(pack))
    throw new TallymanError('not-found', `There is no archive ${pack} for executors.`, {
      wayOut: 'Name one that a run has made on a machine of their kind, or leave out --spark-pack.',
    })
  await requireJava(await findSpark(home, env), env)
  await requireMaster(master)
}
