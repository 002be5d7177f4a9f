import { type ChildProcess, execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { errnoOf, TallymanError } from '../../errors.ts'

/** The command line of an engine: the program, and options of its own that every command of it begins with. */
export type EngineCommand = readonly [program: string, ...options: readonly string[]]

/** How a command of an engine ended. */
export interface EngineAnswer {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** What an engine is asked for: what it only has to look up, what it has to do, or an image that is built of steps that take as long as they take. */
export type EngineWork = 'look' | 'act' | 'build'

/** Seconds that an engine is given to look something up. A machine that others use may be slow; one that hangs never answers. */
const lookSeconds = 60
/** How many times as long the other kinds of work may take. */
const patience: Readonly<Record<EngineWork, number>> = { look: 1, act: 5, build: 60 }
/** The environment variable that gives another number of seconds. */
export const waitVariable = 'TALLYMAN_ENGINE_WAIT'
/** After being asked to end, so long is waited before it is made to. */
const endsWithinMs = 1000

/** Most of what an engine says in one answer. */
const answerBytesMax = 16 * 2 ** 20

/**
 * Where engines are started: a folder in which nothing can be written. Podman's monitor leaves a file called oom in the one it was started in where
 * the kernel ends something for its memory.
 */
const nowhere = existsSync('/proc/self') ? '/proc' : '/'

/** How long such work may take, in milliseconds. Throws `usage` where the environment says something that is no number. */
export function engineWithinMs(work: EngineWork, said = process.env[waitVariable] ?? ''): number {
  if (said === '') return lookSeconds * 1000 * patience[work]
  const seconds = Number(said)
  // setTimeout takes no more than 2^31 ms.
  if (seconds > 0 && seconds <= 30_000) return Math.ceil(seconds * 1000 * patience[work])
  throw new TallymanError('usage', `${waitVariable} is ${JSON.stringify(said)}.`, {
    wayOut: 'It is a number of seconds, up to 30000, such as 300; or unset it.',
  })
}

/**
 * Runs a command of an engine to its end. Never rejects for what the engine says, and never waits without an end: one that is not through in
 * time is ended.
 *
 * @throws {TallymanError} `engine-silent` where it does not answer in time
 */
export function askEngine(
  command: EngineCommand,
  args: readonly string[],
  work: EngineWork = 'look',
): Promise<EngineAnswer> {
  const [program, ...options] = command
  const withinMs = engineWithinMs(work)
  return new Promise((resolve, reject) => {
    let isLate = false
    const child = execFile(
      program,
      [...options, ...args],
      { encoding: 'utf8', maxBuffer: answerBytesMax, cwd: nowhere },
      (error, stdout, stderr) => {
        clearTimeout(late)
        if (isLate) return
        if (error === null) resolve({ status: 0, stdout, stderr })
        else if (typeof error.code === 'number') resolve({ status: error.code, stdout, stderr })
        else if (errnoOf(error) === 'ENOENT')
          resolve({ status: 127, stdout, stderr: `${program}: not found` })
        else if (error.signal !== undefined && error.signal !== null)
          resolve({ status: 137, stdout, stderr: `${program} was ended by ${error.signal}` })
        else if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') reject(engineFlood(program, args))
        else reject(error)
      },
    )
    const late = setTimeout(() => {
      isLate = true
      // What it may be waiting for is not waited for here.
      endSoon(child)
      reject(engineSilence(program, [...options, ...args], withinMs))
    }, withinMs)
  })
}

/** Asks a program to end, and makes it where it does not; what it would still say is for nobody. */
export function endSoon(child: ChildProcess): void {
  child.kill('SIGTERM')
  const last = setTimeout(() => child.kill('SIGKILL'), endsWithinMs)
  child.once('exit', () => clearTimeout(last))
  child.stdout?.destroy()
  child.stderr?.destroy()
}

/** As much of a command as tells which it is. */
const shownCharactersMax = 120

/** An engine that does not answer: what it was asked, and what can be done. */
export function engineSilence(program: string, args: readonly string[], withinMs: number): TallymanError {
  const shown = shownCommand(program, args)
  const seconds = withinMs / 1000
  return new TallymanError(
    'engine-silent',
    `${program} does not answer${whereDocker(program)}: \`${shown}\` was not through after ${seconds} s, and was ended.`,
    {
      wayOut: `${wayOutOf(program)} One that is only slow is given more time by ${waitVariable}=SECONDS. Without containers: --isolation process, or tallyman serve APP.`,
    },
  )
}

/** An engine that says more than anybody asked for is none, or another one than it should be. */
function engineFlood(program: string, args: readonly string[]): TallymanError {
  const asked = shownCommand(program, args)
  return new TallymanError(
    'engine-unfit',
    `${program} said more than ${answerBytesMax / 2 ** 20} MiB to \`${asked}\`, and was ended.`,
    { wayOut: `Is it ${program}? \`type -a ${program}\` shows what of that name is on the PATH.` },
  )
}

function shownCommand(program: string, args: readonly string[]): string {
  const whole = [program, ...args].join(' ')
  return whole.length > shownCharactersMax ? `${whole.slice(0, shownCharactersMax)} …` : whole
}

function whereDocker(program: string, { DOCKER_HOST: host = '' } = process.env): string {
  return program === 'docker' && host !== '' ? ` at ${JSON.stringify(host)}, which DOCKER_HOST says` : ''
}

function wayOutOf(program: string): string {
  return program === 'docker'
    ? 'Ask it yourself: docker info. Where that hangs as well, its daemon does, or DOCKER_HOST leads nowhere; root starts the daemon again: systemctl restart docker.'
    : `Ask it yourself: ${program} ps. Where that hangs as well, another command of it holds its lock: pgrep -u "$(id -u)" -a ${program} shows which, to be ended; then: ${program} system migrate.`
}
