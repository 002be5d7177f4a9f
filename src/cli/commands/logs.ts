import { setTimeout as sleep } from 'node:timers/promises'
import { TallymanError } from '../../errors.ts'
import { printable, printableLines } from '../../printable.ts'
import { showCount } from '../../quantities.ts'
import {
  findDeath,
  isRunHeld,
  type LogSource,
  listLogs,
  RunDirectory,
  readLog,
  readRun,
  totalsOf,
} from '../../run/index.ts'
import { findRunOrApp, tellApp } from '../apps/app-log.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../command.ts'
import { sayDeath } from '../death-summary.ts'
import { exitCodes } from '../exit-codes.ts'
import { LogFollower, type LogPiece } from '../log-follower.ts'
import { shownPath } from '../shown-path.ts'
import type { Terminal } from '../terminal.ts'

/** How often a run that is at work is looked at. */
const lookEveryMs = 300

export const logs: Command = {
  name: 'logs',
  operands: '[RUN|APP]',
  operandsMax: 1,
  summary:
    'shows what each attempt of a run printed, and of each that failed why; or what an app that is up printed',
  details: [
    'Of each attempt the first and the last part of its stdout and stderr are kept, and how much is missing between them is said.',
    'RUN is an id, the beginning of one, "last", or the path of a run. Where nothing is named, the last run is meant.',
    'APP is the name of an app as `tallyman ps` lists it. Of what it prints, the last 10 MB are kept.',
  ],
  example: 'tallyman logs last --attempt map-00012.1',
  run: async (args, terminal) => {
    const [name = 'last'] = args.positionals
    const directory = await findRunOrApp(name, terminal)
    if (!(directory instanceof RunDirectory)) {
      await tellApp(directory, args, terminal)
      return exitCodes.complete
    }
    const voice = new Voice(directory, args, terminal)
    if (args.has('follow')) await follow(directory, args, voice)
    else showAll(directory, args, voice, terminal)
    return exitCodes.complete
  },
}

/** The logs of the attempt that is asked for, of all attempts of a task, or all there are. */
function chosen(directory: RunDirectory, args: Arguments): LogSource[] {
  const asked = args.text('attempt')
  const sources = listLogs(directory, readRun(directory))
  return asked === null ? sources : sources.filter(({ of }) => of === asked || of.startsWith(`${asked}.`))
}

function showAll(directory: RunDirectory, args: Arguments, voice: Voice, terminal: Terminal): void {
  const sources = chosen(directory, args)
  requireAttempt(directory, args, sources)
  for (const source of sources) {
    const { text, droppedBytes } = readLog(source.file)
    voice.tell({ source, text, droppedBytes })
  }
  if (args.has('json')) return
  if (sources.length === 0) terminal.say('Nothing was printed, and no attempt failed.')
  if (args.text('attempt') === null) sayRejected(directory, terminal)
}

/** An attempt that rejects a record goes on, and prints nothing of it. */
function sayRejected(directory: RunDirectory, { say }: Terminal): void {
  const { state, identity } = readRun(directory)
  const rejected = state === null ? 0 : totalsOf(state).rejected
  if (rejected === 0) return
  const were = rejected === 1 ? 'record was' : 'records were'
  say(`${showCount(rejected)} ${were} rejected: tallyman show ${identity.id}`)
}

/** An attempt that was begun and neither printed nor failed has no log, which is no mistake of who asks. */
function requireAttempt(directory: RunDirectory, args: Arguments, sources: readonly LogSource[]): void {
  const asked = args.text('attempt')
  if (asked === null || sources.length > 0) return
  const { events, identity } = readRun(directory)
  const wasBegun = events.some(
    (event) =>
      event.type === 'attempt-started' && [event.task, `${event.task}.${event.attempt}`].includes(asked),
  )
  if (wasBegun) return
  throw new TallymanError('not-found', `Run ${identity.id} has no attempt ${JSON.stringify(asked)}.`, {
    wayOut:
      'An attempt is named by its task and its number, such as map-00012.1; `tallyman explain --what all` lists the tasks.',
  })
}

/** Shows what there is, and then what is added until the run ends. */
async function follow(directory: RunDirectory, args: Arguments, voice: Voice): Promise<void> {
  const follower = new LogFollower()
  for (;;) {
    // Asked first: what is written until the run lets go is read below.
    const isAtWork = isRunHeld(directory)
    for (const source of chosen(directory, args))
      for (const piece of follower.look(source, { isEnd: !isAtWork })) voice.tell(piece)
    if (!isAtWork) return
    await sleep(lookEveryMs)
  }
}

/** Says what was printed, under the name of who printed it. */
class Voice {
  readonly #directory: RunDirectory
  readonly #isJson: boolean
  readonly #terminal: Terminal
  #speaker: string | null = null

  constructor(directory: RunDirectory, args: Arguments, terminal: Terminal) {
    this.#directory = directory
    this.#isJson = args.has('json')
    this.#terminal = terminal
  }

  tell({ source, text, droppedBytes }: LogPiece): void {
    const { of, how, why, file } = source
    const death = findDeath(this.#directory, source)
    if (this.#isJson) {
      const said = { of, how, why, file, droppedBytes, text, death: death?.record ?? null }
      this.#terminal.out(JSON.stringify(said))
      return
    }
    if (this.#speaker !== of) this.#introduce(source, death)
    this.#speaker = of
    if (text !== '') this.#terminal.out(printableLines(text.replace(/\n$/, '')))
  }

  #introduce(source: LogSource, death: ReturnType<typeof findDeath>): void {
    const { out, cwd } = this.#terminal
    out(headOf(source))
    if (death === null) return
    for (const line of sayDeath(death.record)) out(`    ${line}`)
    out(`    all of it: ${shownPath(death.file, cwd)}`)
  }
}

/** A line that no log is likely to have. */
function headOf({ of, how, why }: LogSource): string {
  if (how === null) return `==> ${of}, outside of attempts`
  return `==> ${of} ${sayHow[how]}${why === null ? '' : `: ${printable(why)}`}`
}

const sayHow: Readonly<Record<NonNullable<LogSource['how']>, string>> = {
  done: 'ended well',
  failed: 'failed',
  'given-up': 'was given up',
  running: 'is running',
}
