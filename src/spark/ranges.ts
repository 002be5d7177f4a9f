import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { TallymanError } from '../errors.ts'
import { isAddress, rangesName } from '../input/index.ts'
import { builtFile } from './application.ts'
import { findSpark } from './find-spark.ts'

/**
 * Does something while inputs that have an address and no path can be looked at: where there are such, a server of ranges is there for so
 * long. It is a program in Python, as on executors.
 *
 * @param home of Spark, as asked for; null where it is to be found
 * @throws {TallymanError} `worker-died` where the server does not start, and what `act` throws
 */
export async function withRanges<T>(
  inputs: readonly string[],
  home: string | null,
  act: () => Promise<T>,
): Promise<T> {
  if (!inputs.some(isAddress)) return await act()
  const { python } = await findSpark(home, process.env)
  const program = process.env.PYSPARK_DRIVER_PYTHON ?? python ?? process.env.PYSPARK_PYTHON ?? 'python3'
  const child = spawn(program, [builtFile('tallyman_ranges.py')], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<null>((resolve) => {
    child.once('error', () => resolve(null))
    child.once('close', () => resolve(null))
  })
  try {
    const address = await Promise.race([once(createInterface(child.stdout), 'line'), ended])
    if (address === null)
      throw new TallymanError('worker-died', `${program} does not serve what has an address and no path.`, {
        wayOut: 'Name a Python 3 that has pyarrow: PYSPARK_DRIVER_PYTHON.',
      })
    process.env[rangesName] = String(address[0])
    return await act()
  } finally {
    delete process.env[rangesName]
    child.stdin.end()
    await ended
  }
}
