import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { messageOf, TallymanError } from '../../errors.ts'
import { readCgroupLimits } from '../groups/cgroup.ts'
import { askEngine, type EngineAnswer } from './ask-engine.ts'
import {
  type ContainerLimits,
  limitOptions,
  lockedOptions,
  type Mount,
  mountOptions,
  openFilesMax,
  userOptions,
} from './container-arguments.ts'
import { type Engine, isUnified } from './engine.ts'
import { explainEngine } from './engine-trouble.ts'
import { removeSurely } from './remove-containers.ts'

/** The label by which containers with apps are found. Its value is the app's name. */
const appLabel = 'tallyman.app'
/** Whose it is: a daemon shows each user the containers of all. */
const userLabel = 'tallyman.user'
/** Of tallyman's own page: the file with its token. */
const tokenLabel = 'tallyman.token'
/** Where it was started from, in base64: engines cut labels at some characters. */
const placeLabel = 'tallyman.place'

/** A container with a web app that is to be started. It goes on when this process ends. */
export interface AppOrder {
  readonly name: string
  /** The file or folder that it is; of tallyman's own page, nothing. */
  readonly place: string
  readonly image: string
  /** Empty: what the image says. */
  readonly command: readonly string[]
  readonly mounts: readonly Mount[]
  /** Where it is reached: at the loopback address of this machine. */
  readonly port: number
  /** Where it listens inside. */
  readonly insidePort: number
  readonly limits: ContainerLimits
  /** Of tallyman's own page: the file with the token that opens it; null for an app of the user's. */
  readonly tokenFile: string | null
}

/** How often an app that ended badly is started again. */
const restartsMax = 5
const tmpfsBytes = '64m'
/** Of what an app prints, the engine keeps the last part. */
const logBytesMax = '10m'
/** With less the container does not come to be. */
const dataBytesMin = 128 * 2 ** 20

/** Does the kernel hold containers of this engine to the limits it is given, as far as can be known before? */
function isBound({ isRootless }: Pick<Engine, 'isRootless'>): boolean {
  return !isRootless || isUnified()
}

/**
 * What an app is held to where its engine takes limits and nothing comes of them, as a rootless one beside control groups of version 1: the
 * memory of each of its processes (RLIMIT_DATA of getrlimit(2)). Pure.
 */
function substituteOptions({ memoryBytes }: ContainerLimits): string[] {
  const bytes = Math.max(dataBytesMin, memoryBytes)
  return ['--ulimit', `data=${bytes}:${bytes}`]
}

/**
 * The arguments that start an app with nothing it does not need: its port at the loopback address alone, nothing to write to but scratch
 * space, no capabilities and no way to get any. Pure.
 *
 * @param user ids of whoever starts it
 * @param holds whether limits hold that the engine is given
 */
export function appArguments(
  engine: Pick<Engine, 'kind' | 'isRootless'>,
  { name, place, image, command, mounts, port, insidePort, limits, tokenFile }: AppOrder,
  user: { readonly uid: number; readonly gid: number },
  holds = true,
): string[] {
  return [
    ...['run', '--detach', '--pull=never', '--name', containerOf(name, user.uid)],
    ...['--label', `${appLabel}=${name}`, '--label', `${userLabel}=${user.uid}`],
    ...['--label', `${placeLabel}=${Buffer.from(place).toString('base64')}`],
    ...(tokenFile === null ? [] : ['--label', `${tokenLabel}=${tokenFile}`]),
    ...[
      '--log-driver',
      engine.kind === 'podman' ? 'k8s-file' : 'json-file',
      '--log-opt',
      `max-size=${logBytesMax}`,
    ],
    ...['--restart', `on-failure:${restartsMax}`, '--publish', `127.0.0.1:${port}:${insidePort}`],
    ...lockedOptions(tmpfsBytes),
    ...appUser(engine, user),
    ...limitOptions(limits),
    ...(holds ? [] : substituteOptions(limits)),
    ...['--env', `PORT=${insidePort}`, '--env', `PUBLISHED_PORT=${port}`, '--env', 'HOME=/tmp'],
    ...mounts.flatMap(mountOptions),
    image,
    ...command,
  ]
}

/**
 * Without root, root of the container is the user outside. Podman could keep the user's own id (`keep-id`), but 4.3 does not start a container with a
 * user namespace of its own again: it waits for itself for ever, and all its other commands for that, or gives up (setupSlirp4netns).
 */
function appUser(
  engine: Pick<Engine, 'kind' | 'isRootless'>,
  user: { readonly uid: number; readonly gid: number },
): string[] {
  return engine.isRootless ? ['--user', '0:0'] : userOptions(engine, user)
}

function containerOf(name: string, uid = ownUid()): string {
  return `tallyman-app-${uid}-${name}`
}

function ownUid(): number {
  return process.getuid?.() ?? 0
}

/** Starts it. Throws `engine-unfit`, with what mends it where that is known. */
export async function startAppContainer(engine: Engine, order: AppOrder): Promise<void> {
  const user = { uid: ownUid(), gid: process.getgid?.() ?? 0 }
  const args = appArguments(engine, order, user, isBound(engine))
  const { status, stderr } = await askEngine(engine.command, args, 'act')
  if (status === 0) return
  // What is told is why it does not start, even where it cannot be removed either.
  await removeAppContainer(engine, order.name).catch(() => undefined)
  throw unfit(engine, `the container of ${order.name} does not start`, stderr)
}

/** A container with an app, as its engine tells. */
export interface AppContainer {
  readonly name: string
  /** The file or folder that it is; null where that is not known. */
  readonly place: string | null
  /** `running`, `exited` and so on. */
  readonly state: string
  readonly exitCode: number
  /** Number of its first process on this machine; 0 where there is none. */
  readonly pid: number
  readonly restarts: number
  /** Null where it has none. */
  readonly port: number | null
  readonly insidePort: number | null
  /** ISO 8601. */
  readonly startedAt: string
  /** Of tallyman's own page: the file with its token; null for an app of the user's. */
  readonly tokenFile: string | null
}

interface Inspected {
  readonly Config: { readonly Labels: Readonly<Record<string, string>> }
  readonly State: {
    readonly Status: string
    readonly ExitCode: number
    readonly Pid: number
    readonly StartedAt: string
  }
  readonly RestartCount?: number
  readonly HostConfig: {
    readonly PortBindings: Readonly<Record<string, readonly { readonly HostPort: string }[]>> | null
  }
}

/** The containers with apps of this user, in order of their names. Cost: two commands of the engine. */
export async function listAppContainers(engine: Engine): Promise<AppContainer[]> {
  const { status, stdout, stderr } = await askEngine(engine.command, [
    ...[
      'ps',
      '--all',
      '--quiet',
      '--filter',
      `label=${appLabel}`,
      '--filter',
      `label=${userLabel}=${ownUid()}`,
    ],
  ])
  if (status !== 0) throw unfit(engine, 'containers cannot be listed', stderr)
  const ids = stdout.split('\n').filter((id) => id !== '')
  if (ids.length === 0) return []
  // One that is removed meanwhile is not among those that are told.
  const inspected = await askEngine(engine.command, ['inspect', '--type', 'container', ...ids])
  const found = parseSaid(engine, inspected.stdout === '' ? '[]' : inspected.stdout) as readonly Inspected[]
  return found.map(containerFrom).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** What an engine says in JSON. Throws `engine-unfit` for what is none. */
function parseSaid({ kind }: Engine, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TallymanError('engine-unfit', `${kind} does not say what it was asked: ${messageOf(cause)}.`, {
      wayOut: `Is it ${kind}? Ask it yourself: type -a ${kind}; ${kind} ps --all --format json`,
      cause,
    })
  }
}

function containerFrom({ Config, State, RestartCount, HostConfig }: Inspected): AppContainer {
  const [inside = '', bindings = []] = Object.entries(HostConfig.PortBindings ?? {})[0] ?? []
  return {
    name: Config.Labels[appLabel] ?? '',
    place: placeOf(Config.Labels[placeLabel]),
    state: State.Status,
    exitCode: State.ExitCode,
    pid: State.Pid,
    restarts: RestartCount ?? 0,
    port: Number(bindings[0]?.HostPort ?? 0) || null,
    insidePort: Number.parseInt(inside, 10) || null,
    startedAt: State.StartedAt,
    tokenFile: Config.Labels[tokenLabel] ?? null,
  }
}

function placeOf(label: string | undefined): string | null {
  return label === undefined || label === '' ? null : Buffer.from(label, 'base64').toString()
}

/** Has it ended? It may be started again: {@link holdsPort}. */
export function isDown({ state }: Pick<AppContainer, 'state'>): boolean {
  return state === 'exited' || state === 'stopped'
}

/** Is its port its own, also while it is down between an end and its next start? */
export function holdsPort(app: AppContainer): boolean {
  return !isDown(app) || (app.exitCode !== 0 && app.restarts < restartsMax)
}

/** What the memory limit of an app is for: all of it together, or each of its processes. */
type MemoryHold = 'app' | 'process'

/** Reads what the kernel holds a container's first process to: what its engine says proves nothing. */
export function memoryHoldOf(pid: number, memoryBytes: number): MemoryHold {
  const held = readCgroupLimits({ membership: `/proc/${pid}/cgroup`, root: '/sys/fs/cgroup' }).memoryBytes
  return held !== null && held <= memoryBytes ? 'app' : 'process'
}

/** Removes it, whatever it does, with all that is in it. Does nothing where it is not there. Throws `engine-unfit` where it stays. */
export async function removeAppContainer(engine: Engine, name: string): Promise<void> {
  await removeSurely(engine, [containerOf(name)])
}

/**
 * The last of what an app has printed, on both streams.
 *
 * @param since its last start, as the engine tells it; null: all its starts
 */
export async function readAppLog(
  engine: Engine,
  name: string,
  lines: number,
  since: string | null,
): Promise<string> {
  const { stdout, stderr } = await askEngine(engine.command, [
    ...['logs', '--tail', String(lines)],
    ...(since === null ? [] : ['--since', since]),
    containerOf(name),
  ])
  return `${stdout}${stderr}`
}

/**
 * Tells what an app has printed, on both streams, in whole lines as they come.
 *
 * @param follow whether it goes on with what is printed, until the container is gone or `stop` is aborted
 * @throws {TallymanError} `engine-unfit` where the engine does not tell
 */
export async function tellAppLog(
  engine: Engine,
  name: string,
  tell: (line: string) => void,
  { follow, stop }: { readonly follow: boolean; readonly stop: AbortSignal },
): Promise<void> {
  const [program, ...options] = engine.command
  const args = [...options, 'logs', ...(follow ? ['--follow'] : []), containerOf(name)]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const end = (): void => void child.kill()
  stop.addEventListener('abort', end, { once: true })
  let last = ''
  const said = [child.stdout, child.stderr].map(async (stream) => {
    for await (const line of createInterface({ input: stream })) {
      last = line
      tell(line)
    }
  })
  const [[status]] = await Promise.all([once(child, 'close'), ...said])
  stop.removeEventListener('abort', end)
  if (status !== 0 && !stop.aborted) throw unfit(engine, `the log of ${name} cannot be read`, last)
}

/** A build may compile on many cores. */
const buildProcessesMax = 4096

/** What the image of an app is built of. */
export interface BuildOrder {
  readonly folder: string
  /** `NAME=VALUE`, each for an ARG of the Dockerfile. */
  readonly buildArguments: readonly string[]
}

/**
 * Builds the image of a folder with a Dockerfile. Images it begins with are never asked of a registry where they are here.
 *
 * @returns its name, and the first port that it exposes; null for none
 * @throws {TallymanError} `engine-unfit` with the last of what the build said
 */
export async function buildAppImage(
  engine: Engine,
  name: string,
  { folder, buildArguments }: BuildOrder,
): Promise<{ readonly image: string; readonly exposedPort: number | null }> {
  const image = `localhost/${containerOf(name)}`
  // As the images of workers, it is removed by `clean --images`.
  const label = ['--label', 'tallyman.image=app']
  const ulimits = [
    ...['--ulimit', `nofile=${openFilesMax}:${openFilesMax}`],
    ...['--ulimit', `nproc=${buildProcessesMax}:${buildProcessesMax}`],
  ]
  const given = buildArguments.flatMap((argument) => ['--build-arg', argument])
  const args = ['build', ...ulimits, ...label, ...given, '--tag', image, folder]
  const built = await askEngine(engine.command, args, 'build')
  if (built.status !== 0) throw unfit(engine, `the image of ${folder} cannot be built`, tellingOf(built))
  const format = ['--format', '{{json .Config.ExposedPorts}}']
  const { stdout } = await askEngine(engine.command, ['image', 'inspect', ...format, image])
  const ports = parseSaid(engine, stdout === '' ? 'null' : stdout) as Readonly<Record<string, unknown>> | null
  return { image, exposedPort: Number.parseInt(Object.keys(ports ?? {})[0] ?? '', 10) || null }
}

/** What fails in a build may have said so where a build says what it does. */
function tellingOf({ stdout, stderr }: EngineAnswer): string {
  return stderr.trim() === '' ? stdout : stderr
}

function unfit({ kind }: Engine, what: string, stderr: string): TallymanError {
  const { reason, wayOut } = explainEngine(stderr)
  return new TallymanError('engine-unfit', `${kind}: ${what}: ${reason}.`, {
    wayOut: wayOut ?? 'Without a container: tallyman serve APP.',
  })
}
