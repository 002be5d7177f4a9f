import { basename } from 'node:path'
import { errnoOf, TallymanError } from '../../errors.ts'
import { countOf, showCount } from '../../quantities.ts'
import {
  holderOfRun,
  type RunDirectory,
  RunFollower,
  type RunState,
  readRun,
  resumeCommand,
  type Standing,
  sayMend,
  sayStatus,
  statusOf,
  totalsOf,
} from '../../run/index.ts'
import type { Command } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { finishSignal } from '../interruptible.ts'
import { findRunAtWork } from '../runs-folder.ts'
import type { Terminal } from '../terminal.ts'
import { leavable, type Watcher, watchRun } from '../watch-run.ts'

export const stop: Command = {
  name: 'stop',
  operands: '[RUN]',
  operandsMax: 1,
  summary: 'ends a run that is at work, and waits until it has ended; `resume` goes on',
  details: [
    'The tasks that have begun are finished, and no other one is begun. Said a second time, or with --now, they are given up: what they did is done again when the run goes on. What is committed is kept either way.',
    'RUN is an id, the beginning of one, "last", or the path of a run. It may be left out where one run is at work.',
    'Exit codes: 0 the run has ended, 2 it was not at work, 130 the waiting was interrupted: the run ends all the same.',
  ],
  example: 'tallyman stop last',
  run: async (args, terminal) => {
    const directory = findRunAtWork(args.positionals[0], terminal)
    const id = basename(directory.path)
    const holder = holderOfRun(directory)
    if (holder === null) throw notAtWork(directory)
    const { pid, isElsewhere } = holder
    if (isElsewhere)
      throw new TallymanError('usage', `Run ${id} is carried out by process ${pid} of another container.`, {
        wayOut: 'Say it there, or end that container: `tallyman resume` goes on with the run.',
      })
    const isNow = args.has('now')
    const standing = await leavable(async (leave) => {
      ask(pid, { id, signal: isNow ? 'SIGINT' : finishSignal })
      terminal.say(isNow ? `Run ${id} is asked to end now.` : sayAsked(id, readRun(directory).state))
      return await waitForEnd(directory, terminal, leave)
    })
    terminal.status(null)
    if (standing === null) {
      terminal.say(`Waiting no longer; run ${id} ends all the same.`)
      return exitCodes.interrupted
    }
    return report(id, standing, { terminal, json: args.has('json') })
  },
}

/** Spark ends what it has begun: what that would come to goes with its application. */
function sayAsked(id: string, state: RunState | null): string {
  return state?.plan.spark != null
    ? `Run ${id} is asked to end: its application on Spark is ended.`
    : `Run ${id} is asked to end: it finishes what it has begun, unless it was asked before. To end it now: tallyman stop ${id} --now`
}

function notAtWork(directory: RunDirectory): TallymanError {
  const run = readRun(directory)
  const { id } = run.identity
  return new TallymanError('usage', `Run ${id} is not at work: ${sayStatus(statusOf(run))}.`, {
    wayOut: sayNext(id, run.state) ?? 'Start it again.',
  })
}

/** Null for a run that has no plan. */
function sayNext(id: string, state: RunState | null): string | null {
  if (state === null) return null
  if (state.phase === 'complete') return `Next: tallyman show ${id}`
  return sayMend(state) ?? `Go on: ${resumeCommand(id, state)}`
}

/** A process that has ended meanwhile needs no asking. One that is suspended goes on for it. */
function ask(pid: number, { id, signal }: { readonly id: string; readonly signal: NodeJS.Signals }): void {
  try {
    process.kill(pid, signal)
    process.kill(pid, 'SIGCONT')
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'ESRCH') return
    if (code !== 'EPERM') throw error
    throw new TallymanError('usage', `Run ${id} is carried out by process ${pid} of another user.`, {
      wayOut: 'Ask its owner to stop it.',
    })
  }
}

/** Null where the waiting was interrupted. A run that is stopped before its plan leaves nothing behind. */
async function waitForEnd(
  directory: RunDirectory,
  { status }: Terminal,
  leave: AbortSignal,
): Promise<Standing | null> {
  const watcher: Watcher = {
    observe: () => undefined,
    look: ({ state }) => status(state === null ? 'waiting for its plan' : sayRunning(state)),
  }
  try {
    return await watchRun(new RunFollower(directory), watcher, leave)
  } catch (error) {
    if (error instanceof TallymanError && error.code === 'not-found')
      return { isHeld: false, state: null, live: null }
    throw error
  }
}

function sayRunning({ map, reduce }: RunState): string {
  return `waiting for ${countOf(map.running + reduce.running, 'task')} to end`
}

function report(
  id: string,
  standing: Standing,
  { terminal, json }: { readonly terminal: Terminal; readonly json: boolean },
): ExitCode {
  const { state } = standing
  const status = statusOf(standing)
  const totals = state === null ? null : totalsOf(state)
  const tasks = totals?.tasks ?? 0
  const tasksDone = totals?.tasksDone ?? 0
  const partitions = state?.plan.partitions ?? 0
  const partitionsDone = totals?.partitionsDone ?? 0
  if (json) {
    terminal.out(JSON.stringify({ run: id, status, tasks, tasksDone, partitions, partitionsDone }))
  } else if (status === 'interrupted' || status === 'cut-off') {
    terminal.out(
      `Run ${id} has stopped: ${showCount(tasksDone)} of ${countOf(tasks, 'map task')} and ` +
        `${showCount(partitionsDone)} of ${countOf(partitions, 'reduce task')} are done and kept.`,
    )
  } else if (state === null) terminal.out(`Run ${id} has stopped before a record was read.`)
  else terminal.out(`Run ${id} came to its end before it had to stop: ${sayStatus(status)}.`)
  const next = sayNext(id, state)
  if (next !== null) terminal.say(next)
  return exitCodes.complete
}
