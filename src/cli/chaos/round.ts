import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TallymanError } from '../../errors.ts'
import type { ProcessToken } from '../../host/index.ts'
import { type Isolation, packageRoot } from '../../run/index.ts'
import type { Chance } from './chance.ts'
import type { Disk } from './disk.ts'
import { type Disturbance, disturb, disturbances, type Means } from './disturbance.ts'

/** How a run ends that was left alone, or was not. */
interface Ended {
  readonly exitCode: number | null
  readonly digest: string | null
  readonly stderr: string
}

/** What one round did and what came of it. */
export interface Round {
  /** Options of the run that chance chose. */
  readonly options: readonly string[]
  /** What was done to it, in order. */
  readonly did: readonly Disturbance[]
  readonly resumes: number
  /** How long it took, in milliseconds, where nothing was done to it; else null. */
  readonly aloneMs: number | null
  readonly digest: string | null
  /** What the last process said, where there is no digest. */
  readonly stderr: string
}

/** What every run of a chaos has in common. */
export interface ChaosJob {
  /** Job, inputs and options as typed. */
  readonly args: readonly string[]
  readonly cwd: string
  /** A folder of its own for runs, emptied after each round. */
  readonly home: string
  /** What workers may be; chance chooses for each round. */
  readonly isolations: readonly Isolation[]
  /** In the environment of all that comes of it. */
  readonly token: ProcessToken
  /** What its runs are on. */
  readonly disk: Disk
}

/** Marks what comes of a chaos. */
export const chaosVariable = 'TALLYMAN_CHAOS'

/** A run that is still not done after so many resumes is left alone, so that a round ends. */
const disturbedResumesMax = 6

/** Runs the job undisturbed. Throws where it does not end complete: there would be nothing to compare with. */
export async function runUndisturbed(job: ChaosJob): Promise<string> {
  const { exitCode, digest, stderr } = await ended(start(job, ['run', ...job.args, '--no-reuse', '--quiet']))
  rmSync(job.home, { recursive: true, force: true })
  if (exitCode === 0 && digest !== null) return digest
  throw new TallymanError(
    'usage',
    `The job does not end well when it is left alone (exit code ${exitCode}).`,
    {
      wayOut: stderr.trim(),
    },
  )
}

/**
 * Runs the job with options of chance, disturbs it at moments of chance, resumes it until it is done.
 *
 * @param runMs what a run takes that is left alone: moments are chosen within
 */
export async function runRound(job: ChaosJob, chance: Chance, runMs: number): Promise<Round> {
  const options = chooseOptions(chance, job)
  const did: Disturbance[] = []
  let resumes = 0
  const startMs = performance.now()
  const begin = ['run', ...job.args, ...options, '--quiet']
  let child = start(job, begin)
  for (;;) {
    const isCalm = resumes >= disturbedResumesMax
    const [{ exitCode, digest, stderr }, done] = await Promise.all([
      ended(child),
      isCalm ? Promise.resolve([]) : trouble(child, { chance, disk: job.disk, token: job.token, runMs }),
    ])
    job.disk.feed()
    did.push(...done)
    // What ended before it had a plan left nothing to resume: it is begun again.
    const isUnplanned = /ended before it had a plan|it has no run\.json|There are no runs/.test(stderr)
    const mayResume = exitCode === null || exitCode === 130 || exitCode === 1 || isUnplanned
    if (!mayResume || resumes > disturbedResumesMax) {
      rmSync(job.home, { recursive: true, force: true })
      const aloneMs = did.length === 0 && resumes === 0 ? performance.now() - startMs : null
      return { options, did, resumes, aloneMs, digest, stderr: digest === null ? stderr : '' }
    }
    resumes += 1
    child = start(job, isUnplanned ? begin : ['resume', 'last', '--quiet'])
  }
}

/** Little more than so many workers need, in MiB: what is beyond it is all they may hold. */
const scantMiB = (workers: number): number => 160 + 100 * workers

function chooseOptions(chance: Chance, { isolations: [first = 'process', ...others] }: ChaosJob): string[] {
  const workers = chance.whole(1, 4)
  return [
    ...['--isolation', chance.one([first, ...others])],
    ...['--workers', String(workers)],
    ...['--split', chance.one(['4K', '64K', '1M', 'whole'])],
    ...['--spill', chance.one(['1K', '64K', '1M', '1G'])],
    ...['--memory', chance.one([`${scantMiB(workers)}M`, '600M', '1G'])],
    ...['--attempts', String(chance.whole(2, 6))],
    ...(chance.number() < 0.5 ? ['--no-reuse'] : []),
  ]
}

/** Disturbs a process at moments of chance until it ends. */
async function trouble(
  child: ChildProcess,
  means: Means & { readonly runMs: number },
): Promise<Disturbance[]> {
  const { chance, runMs } = means
  const did: Disturbance[] = []
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null
  const over = new AbortController()
  child.once('exit', () => over.abort())
  for (let count = chance.whole(1, 4); count > 0; count--) {
    const waitMs = chance.whole(20, Math.max(100, runMs))
    // It rejects where it is cut short: the run is over, which is looked at below.
    await sleep(waitMs, undefined, { signal: over.signal }).catch(() => undefined)
    const what = chance.one(disturbances)
    if (isOver() || child.pid === undefined) break
    if (await disturb(child.pid, what, means)) did.push(what)
  }
  return did
}

function start(job: ChaosJob, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [join(packageRoot, 'bin', 'tallyman'), ...args], {
    cwd: job.cwd,
    env: {
      ...process.env,
      TALLYMAN_HOME: job.home,
      [chaosVariable]: job.token.slice(chaosVariable.length + 1),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function ended(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', '']
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-4000)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode) => {
      resolve({ exitCode, digest: /^digest (\S+)$/m.exec(stdout)?.[1] ?? null, stderr })
    })
  })
}
