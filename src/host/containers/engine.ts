import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { TallymanError } from '../../errors.ts'
import { askEngine, type EngineCommand } from './ask-engine.ts'
import { type EngineTrouble, explainEngine } from './engine-trouble.ts'

/** The container engines there are, the one that is looked for first first. */
export const engineKinds = ['podman', 'docker'] as const

/** Also the name of its program, as it is looked for in PATH and written in commands that people type. */
export type EngineKind = (typeof engineKinds)[number]

/** A container engine that answers, by its command line. */
export interface Engine {
  readonly kind: EngineKind
  readonly version: string
  /** Whether its containers are this user's own, and no root of the machine has to do with them. */
  readonly isRootless: boolean
  /** What every command of it begins with: the program and options of its own. */
  readonly command: EngineCommand
}

/**
 * Finds an engine that answers: Podman first, which needs no daemon, then Docker. A `docker` on the PATH proves nothing, so its server is
 * asked.
 *
 * @param wanted the only one that is looked for; null: any
 * @throws {TallymanError} `engine-unfit`, which says of each what is wrong with it; `engine-silent` where one of them hangs
 *
 * Cost: one or two small programs are started, a tenth of a second.
 */
export async function findEngine(wanted: EngineKind | null = null): Promise<Engine> {
  const troubles: (EngineTrouble | SilentTrouble)[] = []
  for (const kind of engineKinds) {
    if (wanted !== null && wanted !== kind) continue
    if (!isOnPath(kind)) {
      troubles.push({ reason: `${kind} is not installed`, wayOut: null })
      continue
    }
    const found = await (kind === 'podman' ? findPodman() : findDocker()).catch(troubleOf)
    if ('kind' in found) return found
    troubles.push(found)
  }
  const isSilent = troubles.some((trouble) => 'isSilent' in trouble)
  const reasons = troubles.map(({ reason }) => reason).join('; ')
  throw new TallymanError(
    isSilent ? 'engine-silent' : 'engine-unfit',
    `No container engine can be used here: ${reasons}.`,
    {
      // What is there is sooner mended than another one installed.
      wayOut: troubles.find(({ wayOut }) => wayOut !== null)?.wayOut ?? installHint(),
    },
  )
}

interface SilentTrouble extends EngineTrouble {
  readonly isSilent: true
}

/** One that does not answer at all is no reason not to ask the other. */
function troubleOf(error: unknown): SilentTrouble {
  if (!(error instanceof TallymanError) || error.code !== 'engine-silent') throw error
  return { reason: error.message.replace(/\.$/, ''), wayOut: error.wayOut ?? null, isSilent: true }
}

function installHint(): string {
  const packages = 'podman runc uidmap slirp4netns netavark aardvark-dns iptables catatonit'
  return `On Debian, root installs one by: apt-get install -y --no-install-recommends ${packages}. Or run without containers: --isolation process.`
}

async function findPodman(): Promise<Engine | EngineTrouble> {
  const { status, stdout, stderr } = await askEngine(['podman'], ['--version'])
  if (status !== 0)
    return { reason: `podman does not start (${lastLine(stderr)})`, wayOut: whichOne('podman') }
  const version = /^podman version (\d+\.\S+)$/m.exec(stdout)?.[1]
  if (version === undefined)
    return {
      reason: `podman does not say its version (but ${shownLine(stdout)})`,
      wayOut: whichOne('podman'),
    }
  // Beside control groups of the first version, crun refuses the second ("hybrid mode not supported"); runc does not.
  const options = isOnPath('runc') && !isUnified() ? ['--runtime', 'runc'] : []
  return { kind: 'podman', version, isRootless: process.getuid?.() !== 0, command: ['podman', ...options] }
}

async function findDocker(): Promise<Engine | EngineTrouble> {
  // The whole of it: clients of 20.10 say nothing but an error of their template where a daemon is missing whose version is asked for.
  const { stdout, stderr } = await askEngine(['docker'], ['info', '--format', '{{json .}}'])
  const { ServerVersion: version = '', SecurityOptions: options, ServerErrors: errors } = parseInfo(stdout)
  if (version === '') return dockerTrouble(explainEngine(errors?.join('\n') ?? stderr), process.env)
  const isRootless = options?.includes('name=rootless') === true
  return { kind: 'docker', version, isRootless, command: ['docker'] }
}

/** What `docker info` tells that is of use here. */
interface DockerInfo {
  readonly ServerVersion?: string
  readonly SecurityOptions?: readonly string[] | null
  /** Why there is nothing of a server. */
  readonly ServerErrors?: readonly string[] | null
}

/** Nothing where it said something else. */
function parseInfo(stdout: string): DockerInfo {
  try {
    return JSON.parse(stdout)
  } catch {
    // It failed before it had anything to tell, and said why on stderr.
    return {}
  }
}

/** A client without its server: which of the two it is that is looked for in the wrong place. */
function dockerTrouble(
  { reason, wayOut }: EngineTrouble,
  { DOCKER_HOST: host, XDG_RUNTIME_DIR: runtime }: Readonly<Record<string, string | undefined>>,
): EngineTrouble {
  if (host !== undefined && host !== '') {
    return {
      reason: `docker finds no daemon at ${JSON.stringify(host)}, which is what DOCKER_HOST says (${reason})`,
      wayOut: 'Mend DOCKER_HOST, or leave it to docker: unset DOCKER_HOST',
    }
  }
  const own = join(runtime ?? `/run/user/${process.getuid?.() ?? 0}`, 'docker.sock')
  return {
    reason: `docker has no server that answers (${reason})`,
    wayOut: existsSync(own)
      ? `Your own rootless daemon listens elsewhere: export DOCKER_HOST=unix://${own}`
      : wayOut,
  }
}

/**
 * Does the engine copy an image whole for each container?
 *
 * @param image one that it has: `podman info` asks dpkg, or what else there is, for packages, and takes eight times as long
 *
 * Cost: one command of the engine.
 */
export async function copiesImages({ kind, isRootless, command }: Engine, image: string): Promise<boolean> {
  if (kind !== 'podman' || !isRootless) return false
  const { stdout } = await askEngine(command, [
    'image',
    'inspect',
    '--format',
    '{{.GraphDriver.Name}}',
    image,
  ])
  return stdout.trim() === 'vfs'
}

/** Is version 2 all the control groups there are (cgroups(7))? */
export function isUnified(): boolean {
  try {
    accessSync('/sys/fs/cgroup/cgroup.controllers', constants.R_OK)
    return true
  } catch {
    return false
  }
}

/** Is there a program of this name? */
function isOnPath(name: string, path = process.env.PATH ?? ''): boolean {
  return findOnPath(name, path) !== null
}

/** Where the program of this name is; null where there is none. */
export function findOnPath(name: string, path = process.env.PATH ?? ''): string | null {
  // Programs of root are not on the PATH of everybody, and engines find them all the same.
  for (const folder of [...path.split(delimiter), '/usr/sbin', '/sbin']) {
    const file = join(folder, name)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // Not in this folder.
    }
  }
  return null
}

/** Whoever has put something else of that name on the PATH mends it by what this shows. */
function whichOne(kind: EngineKind): string {
  return `Is it ${kind}? Ask it yourself: type -a ${kind}; ${kind} --version`
}

/** What a program said, as much as tells what it is. */
function shownLine(text: string): string {
  return JSON.stringify(lastLine(text).slice(0, 80))
}

/** What an engine says last is what went wrong; before that it may warn. */
function lastLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim())
  return lines.findLast((line) => line !== '') ?? 'it said nothing'
}
