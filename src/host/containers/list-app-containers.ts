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
import type { Engine } from './engine.ts'
import { parseSaid } from './engine-trouble.ts'
import { isNoSuch } from './remove-containers.ts'

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
  if (status !== 0) throw appUnfit(engine, 'containers cannot be listed', stderr)
  const ids = stdout.split('\n').filter((id) => id !== '')
  if (ids.length === 0) return []
  // One that is removed meanwhile is not among those that are told.
  const inspected = await askEngine(engine.command, ['inspect', '--type', 'container', ...ids])
  const found = parseSaid(
    engine.kind,
    inspected.stdout === '' ? '[]' : inspected.stdout,
  ) as readonly Inspected[]
  return found.map(containerFrom).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** One of them by its name; null where it is not there. Cost: one command of the engine. */
export async function findAppContainer(engine: Engine, name: string): Promise<AppContainer | null> {
  const asked = ['inspect', '--type', 'container', containerOf(name)]
  const { status, stdout, stderr } = await askEngine(engine.command, asked)
  if (status !== 0 && isNoSuch(stderr)) return null
  if (status !== 0) throw appUnfit(engine, `the container of ${name} cannot be looked at`, stderr)
  const [found] = parseSaid(engine.kind, stdout) as readonly Inspected[]
  return found === undefined ? null : containerFrom(found)
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
