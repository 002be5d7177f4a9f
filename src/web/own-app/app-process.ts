import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { errorOf, type Fault } from '../../errors.ts'
import { type AppMessage, isAppMessage } from './app-messages.ts'

/** An app that is served by a process of its own. */
export interface ServedApp {
  readonly port: number
  /** How the process ended, in words that follow its name, where nobody asked it to. */
  readonly ended: Promise<string>
  close(): Promise<void>
}

/** An app that does not end when it is asked to is not asked again. */
const endGraceMs = 2000

/**
 * Serves an app at the first of these ports that is free, from a process of its own: whatever becomes of it, it can be started again.
 * What it prints goes where this process prints.
 *
 * @param file the bundled module
 * @param source what messages call it
 * @returns null where no port is free
 * @throws {TallymanError} `job-invalid` where the module does not load or is no app; `job-threw` where it ends as it is loaded
 */
export async function startApp(
  { file, source, cwd }: { readonly file: string; readonly source: string; readonly cwd: string },
  ports: readonly number[],
): Promise<ServedApp | null> {
  for (const port of ports) {
    const child = fork(
      fileURLToPath(new URL('app-main.js', import.meta.url)),
      [file, source, '127.0.0.1', String(port)],
      {
        cwd,
        execArgv: [],
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      },
    )
    const answer = await answerOf(child)
    if (answer.type === 'listening') return servedBy(child, port)
    await end(child)
    if (answer.type === 'failed') throw errorOf(answer.fault)
  }
  return null
}

function answerOf(child: ChildProcess): Promise<AppMessage> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.on('message', (message) => {
      if (isAppMessage(message)) resolve(message)
    })
    child.once('exit', (code, signal) => {
      const fault: Fault = {
        code: 'job-threw',
        message: `The app ${howEnded(code, signal)} as it was loaded.`,
        wayOut: 'What it printed is above.',
      }
      resolve({ type: 'failed', fault })
    })
  })
}

function servedBy(child: ChildProcess, port: number): ServedApp {
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(howEnded(code, signal)))
  })
  return { port, ended, close: () => end(child) }
}

function howEnded(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), endGraceMs)
  await exited
  clearTimeout(timer)
}
