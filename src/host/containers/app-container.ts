import { readCgroupLimits } from '../groups/cgroup.ts'
import {
  appLabel,
  appUnfit,
  containerOf,
  ownUid,
  placeLabel,
  restartsMax,
  tokenLabel,
  userLabel,
} from './app-names.ts'
import { askEngine } from './ask-engine.ts'
import {
  type ContainerLimits,
  limitOptions,
  lockedOptions,
  type Mount,
  mountOptions,
  userOptions,
} from './container-arguments.ts'
import { type Engine, isUnified } from './engine.ts'
import { removeSurely } from './remove-containers.ts'

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

/** Is what an engine says that there is a container of this name already? */
const isNameTaken = (stderr: string): boolean => /container name .* is already in use/i.test(stderr)

/** Starts it, in the place of one that has the name by now. Throws `engine-unfit`, with what mends it where that is known. */
export async function startAppContainer(engine: Engine, order: AppOrder): Promise<void> {
  const user = { uid: ownUid(), gid: process.getgid?.() ?? 0 }
  const args = appArguments(engine, order, user, isBound(engine))
  let { status, stderr } = await askEngine(engine.command, args, 'act')
  if (status !== 0 && isNameTaken(stderr)) {
    await removeAppContainer(engine, order.name)
    const again = await askEngine(engine.command, args, 'act')
    status = again.status
    stderr = again.stderr
  }
  if (status === 0) return
  // What is told is why it does not start, even where it cannot be removed either.
  await removeAppContainer(engine, order.name).catch(() => undefined)
  throw appUnfit(engine, `the container of ${order.name} does not start`, stderr)
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
