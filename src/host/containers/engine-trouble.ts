import { messageOf, TallymanError } from '../../errors.ts'
import { readSmallFile } from '../small-file.ts'
import { userName } from '../user-name.ts'

/** What an engine complained of, in a sentence without its end, and what mends it where that is known. */
export interface EngineTrouble {
  readonly reason: string
  readonly wayOut: string | null
}

/** Each was met on a bare machine: what the engine says, what that means, and what mends it. */
const troubles: readonly (readonly [said: RegExp, reason: string | null, wayOut: string])[] = [
  [
    /cgroups in hybrid mode not supported/,
    'crun does not run beside control groups of version 1',
    'Root installs runc, which does: apt-get install -y runc.',
  ],
  [
    /default OCI runtime .* not found|executable file .* not found in \$PATH.*runtime/,
    null,
    'Root installs one: apt-get install -y runc.',
  ],
  [
    /address already in use|port is already allocated/,
    'somebody has taken the port meanwhile',
    'Say it again, and the next one is taken; or say which: --port N. `ss -ltnp` shows who listens where.',
  ],
  [
    /short-name .* did not resolve/,
    null,
    'Write the whole name of the image, such as docker.io/library/python:3-slim.',
  ],
  [
    /pinging container registry|registry.*(no such host|i\/o timeout|connection refused|TLS handshake)/i,
    'the image that it begins with is not here, and its registry is not reached',
    'Begin with an image that is here (the list is in `podman images` or `docker images`), as by --build-arg BASE=IMAGE where the Dockerfile has ARG BASE. make-base.sh of examples/hello-flask makes one out of packages of Debian.',
  ],
  [
    /setrlimit .?RLIMIT_N(OFILE|PROC)|error setting rlimit/i,
    null,
    'Raise the hard limits of this shell (ulimit -Hn, ulimit -Hu), or ask who runs the machine.',
  ],
  [/\/dev\/net\/tun/, 'slirp4netns may not open /dev/net/tun', 'Root does this once: chmod 666 /dev/net/tun'],
  [
    /no subuid ranges|no subgid ranges|newuidmap|newgidmap|insufficient UIDs or GIDs|potentially insufficient/,
    'this user has no range of other ids for a user namespace',
    'Root does this once: usermod --add-subuids RANGE --add-subgids RANGE USER; and apt-get install -y uidmap. Then: podman system migrate',
  ],
  [
    /Cannot connect to the Docker daemon|Is the docker daemon running/,
    null,
    'Start the daemon (root: systemctl start docker, or dockerd &; of your own: systemctl --user start docker, and loginctl enable-linger so that it is there after a reboot); or unset DOCKER_HOST if it names another place.',
  ],
  [
    /permission denied.*docker(\.sock| daemon)/is,
    'the Docker daemon does not let this user in',
    'Use podman, which needs no daemon; or have root add this user to the group docker, which makes them root of this machine.',
  ],
  [
    /image not known|No such image|unable to find image|manifest unknown/i,
    null,
    'Name an image that is there: the list is in `podman images` or `docker images`, or leave --image out to have one made.',
  ],
  [
    /no space left on device|disk quota exceeded/i,
    null,
    'Free some space: `tallyman clean --images` removes the images that tallyman made.',
  ],
  [
    /graph driver|database .*(driver|root)/,
    null,
    'The storage of podman was made with another driver: podman system reset removes all its images and containers, of this user only.',
  ],
]

/** Makes of what an engine said on stderr a reason for people. Never throws. */
export function explainEngine(stderr: string): EngineTrouble {
  const said = telling(stderr)
  const known = troubles.find(([pattern]) => pattern.test(stderr))
  if (known === undefined) return { reason: said, wayOut: null }
  const [, reason, wayOut] = known
  const mended = wayOut.replaceAll('RANGE', freeRange()).replace('USER', userName())
  return { reason: reason === null ? said : `${reason}: ${said}`, wayOut: mended }
}

/** The last line that is an error, without the marks of logs around it. */
function telling(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim())
  const errors = lines.filter(
    (line) => line !== '' && !/level=(warning|info)|^See '|^Resource limits are not/.test(line),
  )
  const line = errors.at(-1) ?? 'it said nothing'
  return line
    .replace(/^(Error|docker): (Error response from daemon: )?/, '')
    .replace(/\\nWARNING.*/, '')
    .replace(/: %!w\(<nil>\)$/, '')
    .replace(/\.$/, '')
}

/** Ids that a range of one user has. */
const rangeLength = 65_536

/** Ids behind those of everybody: who shares them could change the other's files (subuid(5)). */
function freeRange(): string {
  const ends = ['/etc/subuid', '/etc/subgid'].flatMap((file) =>
    (readSmallFile(file) ?? '').split('\n').map((line) => {
      const [, start = '', count = ''] = line.split(':')
      return Number(start) + Number(count) || 0
    }),
  )
  const start = Math.max(100_000, ...ends)
  return `${start}-${start + rangeLength - 1}`
}

/**
 * The error of an engine that does not do what it was asked to.
 *
 * @param what is not as it should be, as a clause
 * @param stderr what the engine said
 * @param wayOut where what it said is not known
 */
export function engineUnfit(
  engine: string,
  what: string,
  stderr: string,
  wayOut = '`tallyman doctor` looks at the engine. Without containers: --isolation process.',
): TallymanError {
  const { reason, wayOut: known } = explainEngine(stderr)
  return new TallymanError('engine-unfit', `${engine}: ${what}: ${reason}.`, { wayOut: known ?? wayOut })
}

/** What an engine says in JSON. Throws `engine-unfit` for what is none. */
export function parseSaid(kind: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TallymanError('engine-unfit', `${kind} does not say what it was asked: ${messageOf(cause)}.`, {
      wayOut: `Is it ${kind}? Ask it yourself: type -a ${kind}; ${kind} ps --all --format json`,
      cause,
    })
  }
}
