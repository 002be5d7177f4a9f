import { rmSync } from 'node:fs'
import { scratchFolder } from '../host/index.ts'
import type { JobDescription } from '../job/index.ts'
import { inspectJob, isolations, taskTimeoutMsDefault } from '../run/index.ts'
import type { Arguments } from './arguments.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { interruptible } from './interruptible.ts'
import type { Terminal } from './terminal.ts'

/** What a job file says of itself now. Whoever only asks may not be allowed to write where runs live. */
export async function inspectAside(
  options: Parameters<typeof inspectJob>[0],
  stop: AbortSignal,
): Promise<JobDescription> {
  const folder = scratchFolder('help')
  try {
    return await inspectJob(options, folder, stop)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Does something with what the job file of `--job` says now: charts, names of columns and description are only ways to look at
 * a result, and may be others than those it was made with. Null where there is no such option.
 */
export async function withJobAsItIs(
  args: Arguments,
  terminal: Terminal,
  work: (description: JobDescription | null) => Promise<ExitCode>,
): Promise<ExitCode> {
  const job = args.text('job')
  if (job === null) return await work(null)
  const found: JobDescription[] = []
  const exitCode = await interruptible(terminal, async (stop) => {
    const [isolation] = isolations
    const options = { job, cwd: terminal.cwd, isolation, image: null, memoryBytes: null, isPolite: true }
    found.push(await inspectAside({ ...options, taskTimeoutMs: taskTimeoutMsDefault }, stop))
    return exitCodes.complete
  })
  const [description] = found
  return description === undefined ? exitCode : await work(description)
}
