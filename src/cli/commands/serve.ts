import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf, messageOf, TallymanError } from '../../errors.ts'
import { forwardCommand, isFreePort, sshTarget, userName } from '../../host/index.ts'
import { printable } from '../../printable.ts'
import { listRuns } from '../../run/index.ts'
import type { PageOptions, ServedPage } from '../../web/index.ts'
import { pageLink } from '../apps/page-link.ts'
import { portsTaken, portsToTry } from '../apps/ports-to-try.ts'
import { serveOwnApp } from '../apps/serve-app.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { pageTokenFile, runsFolder } from '../runs-folder.ts'
import type { Terminal } from '../terminal.ts'
import { leavable } from '../watch-run.ts'

export const serve: Command = {
  name: 'serve',
  operands: '[APP]',
  operandsMax: 1,
  summary: 'serves a page that shows every run, while it goes on and ever after; or a web app of your own',
  details: [
    'The page reads the runs and changes nothing; it can be ended and started again at any time. It listens at the loopback address alone, and opens to whoever has the link with its token, which stays the same.',
    'APP is a module, in TypeScript or JavaScript, whose default export has fetch(request): an app of Hono, or an object of your own. It is served as it is, without a build step. It has no token: whoever has an account on this machine can open it. What it throws is told with your line.',
    'The port is your user id where that is a free port (1024 to 65535), else the next of a fixed series: 10,000 further each time.',
  ],
  example: 'tallyman serve',
  run: async (args, terminal) => {
    const [app] = args.positionals
    requireFitting(args, app)
    if (app !== undefined) {
      await leavable((leave) => serveOwnApp(app, args, terminal, leave))
      return exitCodes.complete
    }
    const options = readOptions(args, terminal)
    // Whoever reads the link may end the page at once: it is told only when signals are heard.
    await leavable(async (leave) => {
      const { page, token } = await open(options, args.count('port'))
      const forget = await note(page, token, options, terminal)
      try {
        tell(page, token, options, args, terminal)
        await left(leave)
      } finally {
        forget()
        await page.close()
      }
    })
    if (process.connected) process.disconnect()
    return exitCodes.complete
  },
}

/** Options that are for the one would be of no effect on the other. */
function requireFitting(args: Arguments, app: string | undefined): void {
  const other = (app === undefined ? ['watch'] : ['public', 'allow-host']).find((name) => args.has(name))
  if (other === undefined) return
  const what = app === undefined ? 'an app of your own' : 'the page of runs'
  throw new TallymanError('usage', `Option --${other} is for ${what}.`, {
    wayOut:
      app === undefined
        ? 'Name the app: tallyman serve APP --watch'
        : 'Leave it out; an app is served at loopback alone.',
  })
}

/** `tallyman tunnel` finds it by that; without it the link has to be said. Returns what takes the note away. */
async function note(
  { port }: ServedPage,
  token: string,
  { runsFolder, publishedPort }: Settings,
  { say }: Terminal,
): Promise<() => void> {
  // In a container nobody comes by ssh.
  if (publishedPort !== undefined) return () => undefined
  const { notePage } = await import('../../web/index.ts')
  try {
    return notePage({ port, token, runsFolder })
  } catch (error) {
    say(`The page is not noted for \`tallyman tunnel\`, which needs --link then: ${messageOf(error)}.`)
    return () => undefined
  }
}

function tell(
  page: ServedPage,
  token: string,
  { runsFolder, publishedPort }: Settings,
  args: Arguments,
  terminal: Terminal,
): void {
  const port = publishedPort ?? page.port
  const link = pageLink(port, token)
  const forward = forwardCommand(port, userName(), terminal.env.SSH_CONNECTION)
  if (args.has('json')) {
    terminal.out(JSON.stringify({ link, port: page.port, forward, runsFolder, pid: process.pid }))
    return
  }
  terminal.out(link)
  terminal.say(`The page of ${countRuns(runsFolder)} in ${printable(runsFolder)}.`)
  terminal.say(`From your laptop: ${forward}`)
  terminal.say('and open the link there. Ctrl-C ends the page, not the runs.')
  terminal.say(
    `With tallyman on the laptop, in one: tallyman tunnel ${sshTarget(userName(), terminal.env.SSH_CONNECTION)}`,
  )
}

/** Resolves when the page is to end: somebody says so, or the run that started it (`--serve`) has ended, however it did. */
function left(leave: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (leave.aborted) resolve()
    leave.addEventListener('abort', () => resolve(), { once: true })
    process.once('disconnect', resolve)
  })
}

function countRuns(folder: string): string {
  const { length } = listRuns(folder)
  return length === 1 ? '1 run' : `${length} runs`
}

type Settings = Omit<PageOptions, 'port' | 'token'>

function readOptions(args: Arguments, terminal: Terminal): Settings {
  const folder = runsFolder(terminal)
  const hosts = args.list('allow-host').map((host) => host.toLowerCase())
  if (args.has('public') && hosts.length === 0) {
    throw new TallymanError('usage', '--public opens the page to every machine that can reach this one.', {
      wayOut:
        'Safer: leave it out, and use the ssh line that `tallyman serve` prints. If it has to be, say by which name it is reached: --public --allow-host NAME. It has no encryption: whoever reads along has the token.',
    })
  }
  if (args.has('public'))
    terminal.say('Warning: the page is open to every machine that can reach this one, without encryption.')
  return {
    runsFolder: folder,
    hosts,
    ...publishedPortOf(terminal.env),
    ...(args.has('public') ? { address: '0.0.0.0' } : {}),
  }
}

/** In a container, the port outside that leads to it: whoever starts one says so. */
function publishedPortOf({ PUBLISHED_PORT: said = '' }: Terminal['env']): Pick<Settings, 'publishedPort'> {
  const port = Number(said)
  return Number.isInteger(port) && port > 0 && port < 65_536 ? { publishedPort: port } : {}
}

/** The first port of the user that is free, or the one that was asked for. */
async function open(
  settings: Settings,
  asked: number | null,
): Promise<{ readonly page: ServedPage; readonly token: string }> {
  const { readToken, servePage } = await import('../../web/index.ts')
  const home = dirname(settings.runsFolder)
  mkdirSync(home, { recursive: true })
  const token = readToken(pageTokenFile(settings.runsFolder))
  const ports = await portsToTry(asked)
  for (const port of ports) {
    if (!(await isFreePort(port, settings.address))) continue
    try {
      return { page: await servePage({ ...settings, token, port }), token }
    } catch (error) {
      // Somebody was faster.
      if (errnoOf(error) !== 'EADDRINUSE') throw error
    }
  }
  throw portsTaken(ports)
}
