import type { Engine } from './engine.ts'

/** A file or folder of the machine that a container sees under the same path. */
export interface Mount {
  readonly path: string
  readonly isWritable: boolean
  /** Where it is seen, if that is another place. */
  readonly target?: string
}

/** What a container is asked to be held to. That it is, is found out inside. */
export interface ContainerLimits {
  readonly memoryBytes: number
  /** Processes and threads. */
  readonly processesMax: number
  readonly cpus: number
  readonly openFilesMax: number
}

/** Files that a container of ours may hold open: what is in it needs far fewer. */
export const openFilesMax = 4096

/** A container that is to be started, as plain data. */
export interface ContainerOrder {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly image: string
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly mounts: readonly Mount[]
  readonly limits: ContainerLimits
}

/** Scratch space inside. */
const tmpfsBytes = '16m'

/**
 * The arguments that start a container with nothing it does not need: no network, nothing to write to but what is mounted so, no
 * capabilities, no way to get any, processes of its own. Pure. What is said to Podman and to Docker differs only where they do.
 *
 * @param user ids of whoever starts it: files it writes are theirs
 */
export function containerArguments(
  engine: Pick<Engine, 'kind' | 'isRootless'>,
  order: ContainerOrder,
  user: { readonly uid: number; readonly gid: number },
): string[] {
  const { name, labels, image, command, environment, mounts, limits } = order
  return [
    'run',
    '--rm',
    '--pull=never',
    ...(engine.kind === 'podman' ? podmanOptions : dockerOptions),
    ...['--name', name],
    ...Object.entries(labels).flatMap(([label, value]) => ['--label', `${label}=${value}`]),
    ...['--network', 'none', '--hostname', 'worker'],
    ...lockedOptions(tmpfsBytes),
    ...['--shm-size', tmpfsBytes],
    ...userOptions(engine, user),
    ...limitOptions(limits),
    // Another one would have to be there: Podman makes it at times, and at times says that it is not.
    ...['--workdir', '/tmp'],
    ...Object.entries(environment).flatMap(([variable, value]) => ['--env', `${variable}=${value}`]),
    ...mounts.flatMap(mountOptions),
    image,
    ...command,
  ]
}

/**
 * Nothing to write to but scratch space, no capabilities, no way to get any. Pure.
 *
 * @param tmpfsBytes how much the scratch space at /tmp holds, as engines read sizes
 */
export function lockedOptions(tmpfsBytes: string): string[] {
  return [
    ...['--read-only', '--tmpfs', `/tmp:rw,size=${tmpfsBytes},mode=1777`],
    ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--security-opt', 'label=disable'],
  ]
}

/** Its output goes where that of this process's child goes, byte by byte; and the client need not stay for it. */
const podmanOptions = ['--detach', '--log-driver', 'passthrough', '--read-only-tmpfs=false']
/** Nothing is kept of what it prints: the client passes it on. */
const dockerOptions = ['--log-driver', 'none', '--attach', 'stdout', '--attach', 'stderr']

/**
 * Files belong to whoever starts it. Rootless Docker maps root inside to the user. Podman can keep the user's own id, in a user
 * namespace of each container's own, in which the kernel counts its processes alone.
 */
export function userOptions(
  { kind, isRootless }: Pick<Engine, 'kind' | 'isRootless'>,
  { uid, gid }: { readonly uid: number; readonly gid: number },
): string[] {
  if (kind === 'podman' && isRootless) return ['--userns', 'keep-id']
  return ['--user', isRootless ? '0:0' : `${uid}:${gid}`]
}

/** Both ulimits always: without them Podman asks for more than a root without CAP_SYS_RESOURCE may have. */
export function limitOptions({ memoryBytes, processesMax, cpus, openFilesMax }: ContainerLimits): string[] {
  return [
    ...['--memory', `${memoryBytes}b`, '--memory-swap', `${memoryBytes}b`],
    ...['--pids-limit', String(processesMax), '--cpus', String(cpus)],
    ...['--ulimit', `nofile=${openFilesMax}:${openFilesMax}`],
    ...['--ulimit', `nproc=${processesMax}:${processesMax}`],
  ]
}

/** Not `--volume`, in which a path may hold no colon. It is a line of comma-separated values (RFC 4180), as both engines read it. */
export function mountOptions({ path, isWritable, target = path }: Mount): string[] {
  const fields = ['type=bind', `source=${path}`, `target=${target}`, ...(isWritable ? [] : ['readonly'])]
  return ['--mount', fields.map(quoted).join(',')]
}

function quoted(field: string): string {
  return /[,"\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}
