import { type SshTrouble, userPorts } from '../../host/index.ts'
import type { PageNote } from '../../web/index.ts'

/** What is wanted of the other end: a page, or an app, that is the user's own. */
export interface Served {
  /** Of the loopback address over there. */
  readonly port: number
  /** Null: an app, which has none; that it is the user's is known from who listens. */
  readonly token: string | null
  /** Where it begins: `/`, or what a link says. */
  readonly path: string
  /** What it is, for people. */
  readonly what: string
}

/** What is known of the other end. */
export interface Remote {
  readonly host: string
  readonly uid: number
  /** Pages of the user's that are served there, newest first. */
  readonly pages: readonly PageNote[]
  /** Who listens where 127.0.0.1 leads; null where that cannot be known. */
  readonly listeners: ReadonlyMap<number, number> | null
}

const begin = 'tallyman tunnel'
const end = 'tallyman end'

/**
 * What is run over there, with a shell alone: it tells the notes of the user's pages whose processes are there, and who listens where, and stays
 * until its input ends. One line without single quotes, exclamation marks and backslashes, since the user's shell may be any (fish, tcsh) and
 * takes it as one word.
 */
export function remoteScript(notesFolder: string): string {
  return [
    `echo "${begin}"`,
    'echo "host $(uname -n)"',
    'echo "uid $(id -u)"',
    `for f in "$HOME"/${notesFolder}/*.json; do p="\${f%.json}"; p="\${p##*.}"; kill -0 "$p" 2>/dev/null && echo "page $(cat "$f")"; done`,
    'for f in /proc/net/tcp /proc/net/tcp6; do if [ -r "$f" ]; then echo "sockets"; while read -r n at to state q t r uid rest; do if [ "$state" = 0A ]; then echo "listens $at $uid"; fi; done <"$f"; fi; done',
    `echo "${end}"`,
    'exec cat >/dev/null',
  ].join('; ')
}

/** Has the script said all it has to say? */
export function isWhole(printed: string): boolean {
  return printed.includes(`\n${end}\n`)
}

/** Reads what the script printed. What login scripts print besides is passed over. */
export function parseRemote(printed: string, parseNote: (text: string) => PageNote | null): Remote {
  const lines = (printed.split(`${begin}\n`)[1] ?? '').split('\n')
  const values = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1))
  const [host = ''] = values('host')
  const pages = values('page')
    .map(parseNote)
    .filter((note) => note !== null)
    .filter((note) => note.host === host)
    .sort((a, b) => b.startedAt - a.startedAt)
  const sockets = values('listens').flatMap((line): [number, number][] => {
    const [at = '', uid = ''] = line.split(' ')
    const [address = '', port = ''] = at.split(':')
    return reached.has(address) ? [[Number.parseInt(port, 16), Number(uid)]] : []
  })
  const listeners = lines.includes('sockets') ? new Map(sockets) : null
  return { host, uid: Number(values('uid')[0] ?? Number.NaN), pages, listeners }
}

/** Addresses at which a connection to 127.0.0.1 arrives, as /proc/net/tcp and tcp6 write them (proc(5)). */
const reached: ReadonlySet<string> = new Set([
  '0100007F',
  '00000000',
  '00000000000000000000000000000000',
  '0000000000000000FFFF00000100007F',
])

/**
 * Chooses what is wanted: the page, or app, at this port; without one the newest page, or else the app at the user's own port. Pure.
 *
 * @param name of the other end, as it was typed
 */
export function chooseServed(
  { uid, pages, listeners }: Remote,
  port: number | null,
  name: string,
): Served | SshTrouble {
  const page = pages.find((note) => port === null || note.port === port)
  if (page !== undefined)
    return { port: page.port, token: page.token, path: '/', what: `the page of ${page.runsFolder}` }
  const tried = port === null ? userPorts(uid) : [port]
  const own = tried.find((one) => listeners?.get(one) === uid)
  if (own !== undefined) return { port: own, token: null, path: '/', what: 'an app' }
  const holder = port === null ? undefined : listeners?.get(port)
  if (holder !== undefined) {
    return {
      link: 'page',
      reason: `port ${port} of ${name} is held by somebody else there (user id ${holder}; yours is ${uid})`,
      wayOut: 'Leave --port out: then your own page is looked for.',
      isPassing: false,
    }
  }
  const others = pages.length === 0 ? '' : ` Yours there: ${pages.map((note) => note.port).join(', ')}.`
  return {
    link: 'listener',
    reason:
      port === null ? `nothing of yours is served on ${name}` : `nothing listens at port ${port} of ${name}`,
    wayOut: `Start it there: tallyman serve, or tallyman up APP.${others} A page of another kind: --link LINK, as it was printed.`,
    isPassing: true,
  }
}
