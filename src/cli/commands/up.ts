import { existsSync, mkdirSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { userInfo } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { TallymanError } from '../../errors.ts'
import {
  type AppOrder,
  buildAppImage,
  type ContainerLimits,
  type Engine,
  forwardCommand,
  isFreePort,
  listAppContainers,
  mountsOf,
  removeAppContainer,
  requireWorkerImage,
  startAppContainer,
  userPorts,
} from '../../host/index.ts'
import { printable } from '../../printable.ts'
import { packageRoot, requireEngine } from '../../run/index.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { untilHealthy } from '../own-apps.ts'
import { runsFolder } from '../runs-folder.ts'
import { findModule, portsTaken } from '../serve-app.ts'
import type { Terminal } from '../terminal.ts'

export const up: Command = {
  name: 'up',
  operands: 'APP',
  operandsMax: 1,
  summary: 'serves a web app of your own from a container, until `tallyman down`',
  details: [
    'APP is a module as of `tallyman serve`, or a folder with a Dockerfile. It goes on when you log out, is started again up to five times when it ends badly, and is reached at the loopback address alone, at your own port.',
    'It may read the folder it is in, and write to /tmp inside; its memory, processes and cores are limited. An app with a Dockerfile listens at 0.0.0.0 and the port that it EXPOSEs, or 8080.',
    'It has no token: whoever has an account on this machine can open it.',
  ],
  example: 'tallyman up hello/app.ts',
  run: async (args, terminal) => {
    const [path] = args.positionals
    if (path === undefined) {
      throw new TallymanError('usage', 'Which app? `tallyman up` needs one.', {
        wayOut: 'Say for example: tallyman up hello/app.ts; `tallyman new --app hello` writes it.',
      })
    }
    const engine = await requireEngine()
    const { name, folder, module } = placeOf(path, terminal.cwd)
    const port = await choosePort(engine, name, args.count('port'))
    const part =
      module === null
        ? await ofDockerfile(engine, name, folder)
        : await ofModule(engine, module, name, terminal)
    await removeAppContainer(engine, name)
    await startAppContainer(engine, { ...part, name, port, limits: limitsOf(args) })
    try {
      await untilHealthy(engine, name, port)
    } catch (error) {
      await removeAppContainer(engine, name)
      throw error
    }
    tell(name, port, args, terminal)
    return exitCodes.complete
  },
}

/** What an app may take. */
function limitsOf(args: Arguments): ContainerLimits {
  return { memoryBytes: args.size('memory') ?? 512 * 2 ** 20, processesMax: 256, cpus: 1, openFilesMax: 4096 }
}

interface Place {
  readonly name: string
  readonly folder: string
  /** Null where there is a Dockerfile. */
  readonly module: string | null
}

function placeOf(path: string, cwd: string): Place {
  const place = resolve(cwd, path)
  if (existsSync(join(place, 'Dockerfile')))
    return { name: nameOf(basename(place)), folder: place, module: null }
  const module = realpathSync(findModule(path, cwd))
  const folder = dirname(module)
  const stem = basename(module).replace(/(\.app)?\.[cm]?[jt]sx?$/, '')
  return { name: nameOf(stem === 'app' ? basename(folder) : stem), folder, module }
}

function nameOf(text: string): string {
  return (
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '') || 'app'
  )
}

/** Its port as it was before, the user's first that is free, or the one that was asked for. */
async function choosePort(engine: Engine, name: string, asked: number | null): Promise<number> {
  const before = (await listAppContainers(engine)).find((app) => app.name === name)?.port ?? null
  if (before !== null && (asked === null || asked === before)) return before
  const ports = asked === null ? userPorts(process.getuid?.() ?? 0) : [asked]
  for (const port of ports) if (await isFreePort(port)) return port
  throw portsTaken(ports)
}

type Part = Pick<AppOrder, 'image' | 'command' | 'mounts' | 'insidePort'>

const insidePortDefault = 8080

async function ofDockerfile(engine: Engine, name: string, folder: string): Promise<Part> {
  const { image, exposedPort } = await buildAppImage(engine, name, folder)
  return { image, command: [], mounts: [], insidePort: exposedPort ?? insidePortDefault }
}

/** Bundled beside the runs: the container reads it for as long as it is there. */
async function ofModule(engine: Engine, module: string, name: string, terminal: Terminal): Promise<Part> {
  const { AppBundle } = await import('../../web/index.ts')
  const { name: image, node } = await requireWorkerImage(engine, terminal.say)
  const folder = join(dirname(runsFolder(terminal)), 'apps', name)
  const bundle = new AppBundle(module, `${folder}.new`)
  await bundle.make()
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(dirname(folder), { recursive: true })
  renameSync(bundle.folder, folder)
  const program = join(packageRoot, 'dist', 'web', 'app-main.js')
  const readable = [packageOf(packageRoot), folder, dirname(module)]
  return {
    image,
    command: [node, program, join(folder, 'app.mjs'), module, '0.0.0.0', String(insidePortDefault)],
    mounts: mountsOf(readable, []),
    insidePort: insidePortDefault,
  }
}

/** With the packages it needs, which are beside it where it was installed. */
function packageOf(root: string): string {
  const real = realpathSync(root)
  const above = dirname(real)
  return basename(above) === 'node_modules' ? above : real
}

function tell(name: string, port: number, args: Arguments, { out, say, env }: Terminal): void {
  const link = `http://localhost:${port}/`
  const forward = forwardCommand(port, userInfo().username, env.SSH_CONNECTION)
  if (args.has('json')) {
    out(JSON.stringify({ name, link, port, forward }))
    return
  }
  out(link)
  say(`The app ${printable(name)} is up, and answers. Whoever has an account on this machine can open it.`)
  say(`From your laptop: ${forward}`)
  say(`and open the link there. \`tallyman ps\` lists what is up; \`tallyman down ${name}\` ends it.`)
}
