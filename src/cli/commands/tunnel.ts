import { TallymanError } from '../../errors.ts'
import { printable } from '../../printable.ts'
import { pageLink } from '../apps/page-link.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { openBrowser } from '../open-browser.ts'
import type { Terminal } from '../terminal.ts'
import type { TunnelOrder } from '../tunnel/reach.ts'
import type { RemoteSite } from '../tunnel/remote.ts'
import type { TunnelWatcher } from '../tunnel/tunnel.ts'
import { leavable } from '../watch-run.ts'

export const tunnel: Command = {
  name: 'tunnel',
  operands: 'USER@HOST',
  operandsMax: 1,
  summary: 'leads a port of your laptop to your page on a server, through ssh, and opens it in the browser',
  details: [
    'It is typed on the laptop, and takes the system’s ssh, with its configuration, keys and jump hosts: USER@HOST is whatever `ssh` takes. Over there it finds the page that `tallyman serve` has noted for you, or the app at your own port, makes sure that it is yours before your browser sends it anything, and connects again after sleep or in another network.',
    'What fails is named by the link of the chain that is broken: ssh, host key, authentication, shell, laptop port, forwarding, listener, page.',
  ],
  example: 'tallyman tunnel ada@server.example.org',
  run: async (args, terminal) => {
    const order = readOrder(args)
    const { keepTunnel } = await import('../tunnel/tunnel.ts')
    return await leavable(async (leave) => {
      let isOpen = false
      try {
        const watcher = tellerOf(order, args, terminal)
        const onOpen: TunnelWatcher['onOpen'] = (...told) => {
          isOpen = true
          watcher.onOpen(...told)
        }
        await keepTunnel(order, args.count('local-port'), { ...watcher, onOpen }, leave)
        return exitCodes.complete
      } catch (error) {
        if (!leave.aborted) throw error
        return isOpen ? exitCodes.complete : exitCodes.interrupted
      }
    })
  },
}

function readOrder(args: Arguments): TunnelOrder {
  const [destination] = args.positionals
  if (destination === undefined || destination === '' || destination.startsWith('-')) {
    throw new TallymanError('usage', 'Where to? `tallyman tunnel` needs a USER@HOST, as ssh takes it.', {
      wayOut: 'Say for example: tallyman tunnel ada@server.example.org',
    })
  }
  const link = args.text('link')
  if (link !== null && args.has('port')) {
    throw new TallymanError('usage', 'Options --link and --port both say which page it is.', {
      wayOut: 'Leave --port out: the link has one.',
    })
  }
  const passed = ([name, letter]: readonly [string, string]): string[] =>
    args.list(name).flatMap((value) => [`-${letter}`, value])
  const options = [
    ['ssh-port', 'p'],
    ['jump', 'J'],
    ['identity', 'i'],
    ['ssh-option', 'o'],
  ] as const
  return {
    target: { destination, options: options.flatMap(passed) },
    port: args.count('port'),
    link: link === null ? null : parseLink(link),
    canShare: process.platform !== 'win32',
  }
}

/** What a link says that `tallyman serve` printed. */
function parseLink(text: string): RemoteSite {
  const url = URL.canParse(text) ? new URL(text) : null
  const token = url?.searchParams.get('token') ?? ''
  if (url === null || url.protocol !== 'http:' || !/^[A-Za-z0-9_-]{32}$/.test(token)) {
    throw new TallymanError(
      'usage',
      `Option --link is ${JSON.stringify(text)}, which is no link with a token.`,
      {
        wayOut:
          'Take the one that `tallyman serve` prints, between quotes: --link "http://127.0.0.1:50123/?token=…"',
      },
    )
  }
  return {
    port: Number(url.port) || 80,
    token,
    path: url.pathname,
    what: 'the page of the link',
    heldBy: null,
    others: [],
  }
}

const appHint =
  'An app has no token: more than that it cannot prove, and whoever has an account there can open it.'

/** What has been proven of the other end, and what not. */
function whatIsKnown({ port, what, heldBy }: RemoteSite, name: string): string[] {
  const leads = `It leads to ${printable(what)}, port ${port} of ${name}`
  switch (heldBy) {
    case null:
      return [`${leads}, which has proven that it is yours.`]
    case 'user':
      return [`${leads}: a process of yours listens there.`, appHint]
    case 'root':
      return [`${leads}: root listens there, as the daemon of Docker does for your containers.`, appHint]
    case 'unknown':
      return [`${leads}, as it was noted there; who listens cannot be seen.`, appHint]
  }
}

/** Tells the user how the tunnel stands. */
function tellerOf({ target }: TunnelOrder, args: Arguments, terminal: Terminal): TunnelWatcher {
  const { out, say, env } = terminal
  const name = printable(target.destination)
  const tell = (served: RemoteSite, localPort: number): void => {
    const { port, token, path, heldBy, others } = served
    const link = pageLink(localPort, token, path)
    if (args.has('json'))
      out(
        JSON.stringify({
          link,
          port: localPort,
          destination: target.destination,
          remotePort: port,
          hasToken: token !== null,
          heldBy,
          pid: process.pid,
        }),
      )
    else out(link)
    for (const line of whatIsKnown(served, name)) say(line)
    if (others.length > 0) say(`Also yours there: ${others.map(printable).join(', ')}.`)
    if (!args.has('no-open') && openBrowser(link, env)) say('It is opened in the browser.')
    say('Ctrl-C ends the tunnel, not what it leads to.')
  }
  let isLost = false
  return {
    onOpen: (served, localPort, isFirst) => {
      if (isFirst) tell(served, localPort)
      else say(`The tunnel to ${name} is open again.`)
      isLost = false
    },
    onLost: ({ link, reason, wayOut }) => {
      if (isLost) return
      isLost = true
      say(
        `The tunnel is broken at the link ${JSON.stringify(link)}: ${printable(reason)}. It is tried again.`,
      )
      if (link === 'listener') say(printable(wayOut))
    },
  }
}
