import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { TallymanError } from '../../errors.ts'
import { scratchFolder } from '../../host/index.ts'
import { printable, printableLines } from '../../printable.ts'
import { countOf } from '../../quantities.ts'
import { type Isolation, isolations } from '../../run/index.ts'
import type { Arguments } from '../arguments.ts'
import { Chance } from '../chaos/chance.ts'
import { openDisk } from '../chaos/disk.ts'
import { type Disturbance, disturbanceWords } from '../chaos/disturbance.ts'
import { sayOtherDigest } from '../chaos/other-digest.ts'
import { type ChaosJob, chaosVariable, type Round, runRound, runUndisturbed } from '../chaos/round.ts'
import type { Command } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'

const roundsDefault = 10
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export const chaos: Command = {
  name: 'chaos',
  operands: 'JOB INPUT…',
  summary: 'kills and starves a run at random moments and proves the digest unchanged',
  details: [
    'The job is run once undisturbed, then again and again, each time with other numbers of workers, as processes or as threads (or as --isolation says), sizes of splits and spills and memory down to the least there can be, while its workers and its coordinator are killed, stopped and interrupted and its disk is filled at random. It is resumed until it is done, and every round must end with the same digest.',
    'Where it may, as root, it mounts a disk of its own to fill, in memory; elsewhere the files of a run are kept from growing, as by a quota.',
    'What was done is printed with its seed, and --seed does it again, as far as time can be repeated. Runs go to a folder of their own that is removed in the end.',
  ],
  example: 'tallyman chaos words.job.ts "texts/*.txt" --rounds 25',
  run: async (args, terminal) => {
    if (args.positionals.length < 2) {
      throw new TallymanError('usage', '`tallyman chaos` takes a job and inputs.', {
        wayOut: 'Say for example: tallyman chaos words.job.ts "texts/*.txt"',
      })
    }
    const home = scratchFolder('chaos')
    const disk = openDisk(join(home, 'disk'))
    const clearUp = (): void => {
      disk.close()
      rmSync(home, { recursive: true, force: true })
    }
    // A disk that is mounted would stay: whoever ends a chaos finds nothing of it afterwards.
    const leave = (): void => {
      clearUp()
      process.exit(exitCodes.interrupted)
    }
    for (const signal of signals) process.once(signal, leave)
    try {
      return await runRounds(args, terminal, {
        args: argumentsOf(args),
        cwd: terminal.cwd,
        home: join(home, 'disk', 'runs'),
        isolations: isolationsOf(args),
        token: `${chaosVariable}=${randomBytes(8).toString('hex')}`,
        disk,
      })
    } finally {
      for (const signal of signals) process.off(signal, leave)
      clearUp()
    }
  },
}

/** Containers only where they were asked for: they need an engine, and take longer. */
function isolationsOf(args: Arguments): readonly Isolation[] {
  const asked = isolations.find((kind) => kind === args.text('isolation'))
  return asked === undefined ? ['process', 'thread'] : [asked]
}

/** What is passed on to every run. */
function argumentsOf(args: Arguments): string[] {
  const passedOn = ['param', 'expect', 'accept', 'max-bad'].flatMap((name) =>
    args.list(name).flatMap((value) => [`--${name}=${value}`]),
  )
  return [...passedOn, ...args.positionals]
}

async function runRounds(args: Arguments, terminal: Terminal, job: ChaosJob): Promise<ExitCode> {
  const rounds = args.count('rounds') ?? roundsDefault
  const seed = args.count('seed') ?? Math.floor(Math.random() * 1e9)
  const startMs = performance.now()
  const undisturbed = await runUndisturbed(job)
  let runMs = performance.now() - startMs
  terminal.out(`undisturbed  ${undisturbed}`)
  let different = 0
  let isExplained = false
  for (let round = 1; round <= rounds; round++) {
    // A seed of its own for each round: one alone can be had again with --seed and --rounds 1.
    const roundSeed = (seed + round - 1) % 1_000_000_000
    const result = await runRound(job, new Chance(roundSeed), runMs)
    // The machine may have been busy when it was measured: what comes too late meets nothing.
    if (result.aloneMs !== null) runMs = Math.min(runMs, result.aloneMs)
    const isSame = result.digest === undisturbed
    const isFirstOther = !isSame && result.digest !== null && !isExplained
    if (!isSame) different += 1
    terminal.out(sayRound({ round, roundSeed, isSame }, result, sayWith(job)))
    if (!isSame && result.digest === null) terminal.say(printableLines(result.stderr))
    if (!isFirstOther) continue
    isExplained = true
    for (const line of sayOtherDigest(job.args, result.options)) terminal.say(printable(line))
  }
  const again = `tallyman chaos … --seed ${seed} --rounds ${rounds}`
  if (different === 0) {
    terminal.out(`${countOf(rounds, 'round')}, the digest was the same in all. Seed ${seed}.`)
    return exitCodes.complete
  }
  terminal.out(`${countOf(rounds, 'round')}, the digest was not the same in ${different}. Again: ${again}`)
  return exitCodes.failed
}

function sayWith({ disk }: ChaosJob): (what: Disturbance) => string {
  return (what) => (what === 'starve-disk' ? disk.words : disturbanceWords[what])
}

function sayRound(
  {
    round,
    roundSeed,
    isSame,
  }: { readonly round: number; readonly roundSeed: number; readonly isSame: boolean },
  { options, did, resumes, digest }: Round,
  say: (what: Disturbance) => string,
): string {
  const done = did.length === 0 ? 'nothing done' : did.map(say).join(', ')
  const outcome = isSame ? 'same digest' : `OTHER DIGEST ${digest ?? '(none)'}`
  return `round ${round}  seed ${roundSeed}  ${options.join(' ')}: ${done}; ${countOf(resumes, 'resume')}; ${outcome}`
}
