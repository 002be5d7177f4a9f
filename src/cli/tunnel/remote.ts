import { type SshTrouble, userPorts } from '../../host/index.ts'
import { containerMark, type PageNote } from '../../web/index.ts'

/** What is wanted of the other end: a page, or an app, that is the user's own. */
export interface RemoteSite {
  /** Of the loopback address over there. */
  readonly port: number
  /** Null: an app, which has none; what is known of it is who listens. */
  readonly token: string | null
  /** Of an app: whose process listens there; `root` is who holds the ports of Docker's containers. Null for a page, which proves who it is. */
  readonly heldBy: 'user' | 'root' | 'unknown' | null
  /** Where it begins: `/`, or what a link says. */
  readonly path: string
  /** What it is, for people. */
  readonly what: string
  /** What else of the user's is served there, for people. */
  readonly others: readonly string[]
}

/** What is known of the other end. */
export interface Remote {
  readonly host: string
  readonly uid: number
  /** Pages and apps of the user's that were noted there and may be there still, newest first. */
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
    `for f in "$HOME"/${notesFolder}/*.json; do p="\${f%.json}"; p="\${p##*.}"; { [ "$p" = ${containerMark} ] || kill -0 "$p" 2>/dev/null; } && echo "page $(cat "$f")"; done`,
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
 * Chooses what is wanted: the page, or app, at this port; without one the newest page, else the newest app, or else what is at the user's own
 * port. Pure.
 *
 * @param name of the other end, as it was typed
 */
export function chooseSite(remote: Remote, port: number | null, name: string): RemoteSite | SshTrouble {
  const { uid, listeners } = remote
  const there = remote.pages.filter((note) => note.pid !== null || listeners?.has(note.port) !== false)
  const matching = there.filter((note) => port === null || note.port === port)
  const note = matching.find(({ token }) => token !== null) ?? matching[0]
  const others = there.filter((one) => one !== note).map((one) => `${whatIs(one)} (--port ${one.port})`)
  if (note !== undefined && note.token !== null)
    return { port: note.port, token: note.token, path: '/', what: whatIs(note), heldBy: null, others }
  const tried = port !== null ? [port] : note === undefined ? userPorts(uid) : [note.port]
  for (const one of tried) {
    const heldBy = holderOf(remote, one, note !== undefined)
    if (heldBy === null) continue
    const what = note === undefined ? 'an app' : whatIs(note)
    return { port: one, token: null, path: '/', what, heldBy, others }
  }
  const holder = listeners?.get(tried[0] ?? 0)
  return port !== null && holder !== undefined
    ? heldByOthers(port, name, holder, uid)
    : noSite(port, name, others)
}

function whatIs({ runsFolder, app }: PageNote): string {
  return runsFolder === null ? `the app ${app ?? ''}` : `the page of ${runsFolder}`
}

/** Who listens at a port that may be an app's; null where nobody does who could be the user. */
function holderOf({ uid, listeners }: Remote, port: number, isNoted: boolean): RemoteSite['heldBy'] {
  if (listeners === null) return isNoted ? 'unknown' : null
  const holder = listeners.get(port)
  if (holder === uid) return 'user'
  return holder === 0 && isNoted ? 'root' : null
}

function heldByOthers(port: number, name: string, holder: number, uid: number): SshTrouble {
  return {
    link: 'page',
    reason: `port ${port} of ${name} is held by somebody else there (user id ${holder}; yours is ${uid})`,
    wayOut: 'Leave --port out: then your own page is looked for.',
    isPassing: false,
  }
}

function noSite(port: number | null, name: string, others: readonly string[]): SshTrouble {
  const yours = others.length === 0 ? '' : ` Yours there: ${others.join(', ')}.`
  return {
    link: 'listener',
    reason:
      port === null ? `nothing of yours is served on ${name}` : `nothing listens at port ${port} of ${name}`,
    wayOut: `Start it there: tallyman serve, or tallyman up APP.${yours} A page of another kind: --link LINK, as it was printed.`,
    isPassing: true,
  }
}
