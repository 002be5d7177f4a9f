import { get } from 'node:http'
import { homedir, hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TallymanError } from '../../errors.ts'
import {
  type AppContainer,
  type Engine,
  findAppContainer,
  isDown,
  isThere,
  listenersOf,
  type ProcessEntry,
  readAppLog,
  readProcess,
} from '../../host/index.ts'
import { printableLines } from '../../printable.ts'
import type { Terminal } from '../terminal.ts'
import { oneStart } from './one-start.ts'
import { pageLink } from './page-link.ts'
import { readPageToken } from './page-token.ts'

/** What tallyman's own page is called among the apps that are up. */
export const pageName = 'tallyman'

/** Lines of what an app printed that are shown where it does not work. */
const logLines = 10
/** Lines that are looked through for why: Node prints a trace behind it. */
const logLinesRead = 60
/** How long an app may take until it answers. */
const healthyWithinMs = 20_000
const lookEveryMs = 200
/** One that listens elsewhere for so long will not listen where it should. */
const astrayAfterMs = 4000

/**
 * Where the bundle of an app lies, which is a module, as long as the app is up: in `$TALLYMAN_HOME`, or in the user's home. Names of apps are the user's,
 * whatever directory each was brought up from; homes may be those of several machines.
 */
export function bundleFolder(name: string, { cwd, env }: Pick<Terminal, 'cwd' | 'env'>): string {
  const { TALLYMAN_HOME: given = '' } = env
  return given === ''
    ? join(homedir(), '.local', 'state', 'tallyman', 'apps', hostname(), name)
    : join(resolve(cwd, given), 'apps', name)
}

/** Does anything answer HTTP at this port of the loopback address, whatever it says? */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, timeout: 2000, agent: false }, (response) => {
      response.resume()
      resolve(true)
    })
    request.once('timeout', () => request.destroy())
    request.once('error', () => resolve(false))
  })
}

/** Where it is opened; with the token, where it takes one and this user has it. */
export function linkOf({
  port,
  tokenFile,
}: Pick<AppContainer, 'tokenFile'> & { readonly port: number }): string {
  const token = tokenFile === null ? null : readPageToken(tokenFile)
  return pageLink(port, token)
}

/**
 * Waits until an app answers.
 *
 * @returns it, as its engine tells
 * @throws {TallymanError} `job-threw` where it does not: which link of the chain is broken, with what it printed last
 */
export async function untilHealthy(
  engine: Engine,
  name: string,
  port: number,
): Promise<AppContainer & { readonly port: number }> {
  const endMs = performance.now() + healthyWithinMs
  let app: AppContainer | null = null
  let first: ProcessEntry | null = null
  for (;;) {
    const isAnswered = await answers(port)
    // As long as its first process is there, an engine has nothing new to tell of one that does not answer, and takes a hundred times as long to tell it.
    if (isAnswered || first === null || !isThere(first)) {
      app = await findAppContainer(engine, name)
      first = app === null ? null : readProcess(app.pid)
    }
    // One that is down answers nobody: somebody else has taken its port.
    if (isAnswered && app?.state === 'running') return { ...app, port }
    const leftMs = endMs - performance.now()
    const isLost = app === null || isDown(app) || (leftMs < healthyWithinMs - astrayAfterMs && isAstray(app))
    if (isLost || leftMs < 0) throw await unhealthy(engine, name, app)
    await sleep(lookEveryMs)
  }
}

/** Does it listen, and nowhere that is reached? */
function isAstray({ pid, insidePort }: AppContainer): boolean {
  const listeners = listenersOf(pid)
  return listeners.length > 0 && !listeners.some(({ port, isLoopback }) => port === insidePort && !isLoopback)
}

async function unhealthy(engine: Engine, name: string, app: AppContainer | null): Promise<TallymanError> {
  const all = await settledLog(engine, name)
  const ofOneStart = oneStart(all)
  // An engine notes that it has started something some time after it has: of what was printed since then the beginning may be lacking.
  const isWhole = ofOneStart !== all || app === null || app.restarts === 0
  const printed = isWhole
    ? ofOneStart
    : (await readAppLog(engine, name, logLinesRead, app.startedAt)).trimEnd() || all
  const { reason, wayOut } = sayIll(app, all)
  const last = printableLines(printed.split('\n').slice(-logLines).join('\n'))
  const words = printed === '' ? 'It printed nothing.' : `It printed last:\n${last}`
  return new TallymanError('job-threw', `The app ${name} ${reason}. ${words}`, { wayOut })
}

/** What an app has printed in all its starts, once no more comes: an engine may know of an end before it has read the last of it. */
async function settledLog(engine: Engine, name: string): Promise<string> {
  let before: string | null = null
  for (let time = 0; time < 10; time++) {
    const now = (await readAppLog(engine, name, logLinesRead, null)).trimEnd()
    if (now === before) break
    before = now
    await sleep(lookEveryMs)
  }
  return before ?? ''
}

/** What programs print when there is no more memory: Node, Python, and the C library. */
const memoryWords =
  /allocation failed|heap out of memory|MemoryError|Cannot allocate memory|std::bad_alloc|Out of memory/i

function sayIll(
  app: AppContainer | null,
  printed: string,
): { readonly reason: string; readonly wayOut: string } {
  if (app === null || isDown(app) || app.restarts > 0) {
    const code = app?.exitCode ?? 0
    const withCode = code === 0 ? '' : ` with exit code ${code}`
    const how = code === 137 ? 'was killed (exit code 137)' : `has ended${withCode}`
    // Of one that is just started again there is no exit code; only who fails is.
    const hasFailed = code !== 0 || (app?.restarts ?? 0) > 0
    const memory = `${how}, most likely since it held more memory than it may`
    return code === 137 || (hasFailed && memoryWords.test(printed))
      ? { reason: memory, wayOut: 'Give it more: --memory SIZE.' }
      : { reason: `has ended${withCode}`, wayOut: 'Mend what it says.' }
  }
  const listeners = listenersOf(app.pid)
  const here = listeners.find(({ port }) => port === app.insidePort)
  if (here?.isLoopback === true) {
    return {
      reason: `listens at port ${here.port} of its container's own loopback address, which nobody outside of it reaches`,
      wayOut: 'Have it listen at 0.0.0.0: outside of its container that is 127.0.0.1 of this machine alone.',
    }
  }
  const [other] = listeners
  if (here === undefined && other !== undefined) {
    return {
      reason: `listens at port ${other.port} of its container, and not at ${app.insidePort}`,
      wayOut: `Say EXPOSE ${other.port} in its Dockerfile, or have it listen at the port that $PORT says.`,
    }
  }
  return { reason: 'runs and does not answer', wayOut: 'Have it listen at 0.0.0.0, port $PORT.' }
}
