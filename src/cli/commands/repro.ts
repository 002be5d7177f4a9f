import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { TallymanError } from '../../errors.ts'
import { type ReplayEnd, replayAttempt } from '../../executor/index.ts'
import { printable, printableLines } from '../../printable.ts'
import { countOf, showBytes, showCount, showDuration } from '../../quantities.ts'
import { planReplay, type ReplayPlan, userFrames, whereTimeWent } from '../../run/index.ts'
import type { Command } from '../command.ts'
import { sayRecord } from '../death-summary.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { findRun } from '../runs-folder.ts'
import { shownPath } from '../shown-path.ts'
import { sayFault, type Terminal } from '../terminal.ts'

/** Rejected records that are shown with their stacks. */
const shownMax = 3
/** Parts of the time that are shown, and from what share on. */
const partsMax = 8
const partShareMin = 0.01
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export const repro: Command = {
  name: 'repro',
  operands: 'ATTEMPT [RUN]',
  operandsMax: 2,
  summary: 'runs one attempt again in the foreground, at the record it died at or rejected',
  details: [
    'The job is the one the run began with, even if its file has changed; its heap and memory are limited as they were then. What it prints goes to this terminal, what it writes is thrown away, and the run stays as it is.',
    'Where the record is known, setup is called and then only that record is mapped; --whole maps all that the attempt read, for what depends on the records before.',
    'With --inspect it waits for a debugger, such as Chrome at chrome://inspect or `node inspect HOST:PORT`, which then stops in front of the record. Everybody on this machine can reach that port as long as it is open.',
    'With --profile it maps all that the attempt read, and says how much of its time which functions of the job and which steps of tallyman took. Beside other programs times are longer; shares tell all the same.',
    'ATTEMPT is named by its task and its number, such as map-00012.2. RUN is an id, the beginning of one, "last", or the path of a run. Where no run is named, the last one is meant. It ends with exit code 1 where the attempt fails again.',
  ],
  example: 'tallyman repro map-00012.2 --inspect',
  run: async (args, terminal) => {
    const [attempt, name = 'last'] = args.positionals
    if (attempt === undefined) {
      throw new TallymanError('usage', 'Which attempt? `tallyman repro` needs the name of one.', {
        wayOut: 'Say for example: tallyman repro map-00000.1. `tallyman logs` lists those that failed.',
      })
    }
    const profiles = args.has('profile')
    const inspect = args.has('inspect')
    if (profiles && inspect)
      throw new TallymanError('usage', 'Options --profile and --inspect do not go together.', {
        wayOut: 'Leave one of them out: a debugger has a profile of its own.',
      })
    const plan = planReplay(
      findRun(name, terminal),
      attempt,
      profiles ? 'as-then' : args.has('whole') ? 'whole' : 'record',
    )
    const profileFile = profiles ? join(terminal.cwd, `${attempt}.cpuprofile`) : null
    sayBegin(plan, terminal)
    // What lies there from before would be taken for this one's.
    if (profileFile !== null) rmSync(profileFile, { force: true })
    const controller = new AbortController()
    const stop = (): void => controller.abort()
    for (const signal of signals) process.on(signal, stop)
    try {
      const onStandstill = (): void => sayStandstill(plan, terminal)
      const end = await replayAttempt(
        { ...plan.replay, inspect, profileFile, ...(inspect ? {} : { onStandstill }) },
        controller.signal,
      )
      if (profileFile !== null && end.outcome.kind === 'done') sayTimes(plan, profileFile, terminal)
      return sayEnd(plan, end, { terminal, isStopped: controller.signal.aborted })
    } finally {
      for (const signal of signals) process.off(signal, stop)
    }
  },
}

function sayBegin({ replay, run, surroundings, task, formerly }: ReplayPlan, { say }: Terminal): void {
  const { attempt, heapBytes, limits } = replay
  const { work } = attempt
  const at = work.kind === 'map' ? work.replay : undefined
  const alone = at?.alone === true ? ', only the record' : at === undefined ? '' : ', to the record'
  const where = at === undefined ? '' : `${alone} ${sayRecord(work, at.record)}`
  const bounds = `heap limit ${showBytes(heapBytes)}, memory limit ${showBytes(limits.memoryBytes)}`
  say(`Again ${attempt.id} of run ${run}: ${printable(task)}${where}; ${bounds}.`)
  if (Object.keys(replay.environment).length > 0)
    say(`Its time zone and language are those of its run: ${printable(surroundings)}.`)
  if (formerly.kind === 'failed') say(`It failed then: ${printable(formerly.message)}`)
}

/** In a run it would be ended now. Here somebody looks at it, maybe with something that the job prints. */
function sayStandstill({ replay }: ReplayPlan, { say }: Terminal): void {
  const seconds = showCount(Math.round(replay.patienceMs / 1000))
  say(`No progress for ${seconds} s. It goes on until Ctrl-C, which says at which record it is.`)
}

/** What took its time, and where all of it is told. */
function sayTimes({ replay }: ReplayPlan, profileFile: string, { say, cwd }: Terminal): void {
  if (!existsSync(profileFile)) {
    say(
      `No profile was written to ${shownPath(profileFile, cwd)}. Start it in a directory that you may write to.`,
    )
    return
  }
  const parts = whereTimeWent(profileFile, replay.order.bundleFile)
  const allMs = parts.reduce((sum, { ms }) => sum + ms, 0)
  say(`Where its ${showDuration(allMs)} went:`)
  for (const { what, ms } of parts.filter(({ ms }) => ms >= partShareMin * allMs).slice(0, partsMax))
    say(`${String(Math.round((100 * ms) / allMs)).padStart(5)} %  ${printable(what)}`)
  say(`All of it, for Chrome (DevTools, Performance) or an editor: ${shownPath(profileFile, cwd)}`)
}

function sayEnd(
  { replay, formerly }: ReplayPlan,
  { outcome, record, rejected }: ReplayEnd,
  { terminal, isStopped }: { readonly terminal: Terminal; readonly isStopped: boolean },
): ExitCode {
  const { say } = terminal
  const place = record === null ? '' : ` It was at the record ${sayRecord(replay.attempt.work, record)}.`
  if (isStopped) {
    say(`Interrupted.${place}`)
    return exitCodes.interrupted
  }
  if (outcome.kind === 'failed') {
    sayFault(terminal, outcome.fault)
    say(`It failed again.${place}`)
    return exitCodes.failed
  }
  for (const one of rejected.slice(0, shownMax)) sayRejected(one, terminal)
  if (rejected.length > 0) {
    say(
      `It rejects ${countOf(rejected.length, 'record')}${rejected.length > shownMax ? `; the first ${shownMax} are shown` : ''}.`,
    )
    return exitCodes.failed
  }
  const { report } = outcome
  const what =
    report.kind === 'map'
      ? `${countOf(
          report.report.sources.reduce((sum, { records }) => sum + records, 0),
          'record',
        )} mapped`
      : 'all of it reduced'
  const isAlone = replay.attempt.work.kind === 'map' && replay.attempt.work.replay?.alone === true
  const next = isAlone ? ' It may depend on the records before: --whole maps them as well.' : ''
  say(
    `${formerly.kind === 'well' ? 'It went well, as it did then' : 'It went well this time'}: ${what}.${next}`,
  )
  return exitCodes.complete
}

function sayRejected(
  { path, member, byte, reason, excerpt, stack }: ReplayEnd['rejected'][number],
  { say, colors }: Terminal,
): void {
  const place = `${path}${member === null ? '' : `!${member}`}, byte ${showCount(byte)}`
  say(`${colors.red('Rejected:')} ${printable(`${place}: ${reason}`)}`)
  say(colors.dim(`    ${printable(excerpt)}`))
  const frames = userFrames(stack ?? '')
  if (frames.length > 0) say(colors.dim(printableLines(frames.join('\n'))))
}
