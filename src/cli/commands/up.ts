import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { messageOf, TallymanError } from '../../errors.ts'
import {
  type AppContainer,
  type ContainerLimits,
  copiesImages,
  type Engine,
  forwardCommand,
  holdsPort,
  isFreePort,
  listAppContainers,
  memoryHoldOf,
  openFilesMax,
  removeAppContainer,
  requireEngine,
  sshTarget,
  startAppContainer,
  userName,
  whoListens,
} from '../../host/index.ts'
import { printable } from '../../printable.ts'
import { showBytes } from '../../quantities.ts'
import { type AppPart, partOfDockerfile, partOfModule, partOfPage } from '../apps/app-parts.ts'
import { linkOf, pageName, untilHealthy } from '../apps/own-apps.ts'
import { readPageToken } from '../apps/page-token.ts'
import { portsTaken, portsToTry } from '../apps/ports-to-try.ts'
import { findModule } from '../apps/serve-app.ts'
import { systemdUnit } from '../apps/systemd-unit.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { runsFolder } from '../runs-folder.ts'
import type { Terminal } from '../terminal.ts'

export const up: Command = {
  name: 'up',
  operands: '[APP]',
  operandsMax: 1,
  summary: 'serves the page of all runs, or a web app of your own, from a container, until `tallyman down`',
  details: [
    'APP is a module as of `tallyman serve`, or a folder with a Dockerfile. It goes on when you log out, is started again up to five times when it ends badly, and is reached at the loopback address alone, at your own port: your user id, where that is 1024 or more.',
    'It may read the folder it is in, and write to /tmp inside; its memory, processes and cores are limited. An app with a Dockerfile listens at 0.0.0.0 and the port that it EXPOSEs, or 8080.',
    'It has no token: whoever has an account on this machine can open it.',
    'Without APP it is the page of `tallyman serve`, with its token. It may read the runs, and the results that lie elsewhere as of now.',
    'After a reboot it is there again with a unit of systemd, which --systemd prints.',
  ],
  example: 'tallyman up hello/app.ts',
  run: async (args, terminal) => {
    const [path] = args.positionals
    const place = path === undefined ? page : placeOf(path, terminal.cwd)
    requireFitting(args, place)
    if (args.has('systemd')) {
      systemdUnit(place.name, args, terminal)
      return exitCodes.complete
    }
    const engine = await requireEngine()
    const apps = await listAppContainers(engine)
    refuseOtherPlace(place, apps)
    const port = await choosePort(apps, place.name, args.count('port'), terminal)
    const part = await partOf(engine, place, args, terminal)
    if (apps.some(({ name }) => name === place.name)) await removeAppContainer(engine, place.name)
    await startAppContainer(engine, {
      ...part,
      name: place.name,
      place: pathOf(place),
      port,
      limits: limitsOf(args),
    })
    try {
      const app = await untilHealthy(engine, place.name, port)
      await note(app, terminal)
      tell(app, limitsOf(args), args, terminal)
    } catch (error) {
      // What is told is why it does not come up, even where it cannot be removed either.
      await removeAppContainer(engine, place.name).catch(() => undefined)
      throw error
    }
    if (await copiesImages(engine, part.image)) terminal.say(copyingHint)
    return exitCodes.complete
  },
}

const copyingHint =
  'Here Podman copies the whole image for each container (storage driver vfs), which takes seconds and disk space. With ~/.config/containers/storage.conf saying [storage] and driver = "overlay" it does not; before that takes effect: podman system reset, which removes all its images and containers, of this user only.'

/** What an app may take. */
function limitsOf(args: Arguments): ContainerLimits {
  return { memoryBytes: args.size('memory') ?? 512 * 2 ** 20, processesMax: 256, cpus: 1, openFilesMax }
}

/** What is to be served. */
type Place =
  | { readonly kind: 'page'; readonly name: string }
  | { readonly kind: 'dockerfile'; readonly name: string; readonly folder: string }
  | { readonly kind: 'module'; readonly name: string; readonly module: string }

const page: Place = { kind: 'page', name: pageName }

function placeOf(path: string, cwd: string): Place {
  const place = resolve(cwd, path)
  if (existsSync(join(place, 'Dockerfile')))
    return { kind: 'dockerfile', name: nameOf(basename(place)), folder: place }
  const module = realpathSync(findModule(path, cwd))
  const stem = basename(module).replace(/(\.app)?\.[cm]?[jt]sx?$/, '')
  return { kind: 'module', name: nameOf(stem === 'app' ? basename(dirname(module)) : stem), module }
}

function pathOf(place: Place): string {
  return place.kind === 'module' ? place.module : place.kind === 'dockerfile' ? place.folder : ''
}

/** An app is called as its file or folder is: another one that is called the same would be taken down for it. */
function refuseOtherPlace(place: Place, apps: readonly AppContainer[]): void {
  const other = apps.find(({ name }) => name === place.name)?.place ?? null
  if (other === null || other === pathOf(place)) return
  throw new TallymanError('usage', `There is an app called ${place.name} already: ${printable(other)}.`, {
    wayOut: `Take it down first, tallyman down ${place.name}, or give the file or folder of this one another name.`,
  })
}

function requireFitting(args: Arguments, { kind }: Place): void {
  if (kind === 'dockerfile' || !args.has('build-arg')) return
  throw new TallymanError('usage', 'Option --build-arg is for a folder with a Dockerfile.', {
    wayOut: 'Leave it out, or name such a folder.',
  })
}

async function partOf(engine: Engine, place: Place, args: Arguments, terminal: Terminal): Promise<AppPart> {
  switch (place.kind) {
    case 'page':
      return await partOfPage(engine, terminal)
    case 'dockerfile':
      terminal.say(`The image of ${printable(place.folder)} is built, which takes a while the first time.`)
      return await partOfDockerfile(engine, place.name, place.folder, args.list('build-arg'))
    case 'module':
      return await partOfModule(engine, place.module, place.name, terminal)
  }
}

function nameOf(text: string): string {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
  if (name === '') return 'app'
  return name === pageName ? `${name}-app` : name
}

/** Its port as it was before, the user's first that is free, or the one that was asked for. */
async function choosePort(
  apps: readonly AppContainer[],
  name: string,
  asked: number | null,
  { say }: Terminal,
): Promise<number> {
  const before = apps.find((app) => app.name === name)?.port ?? null
  if (before !== null && (asked === null || asked === before)) return before
  const ports = await portsToTry(asked)
  for (const port of ports) {
    if (apps.some((app) => app.port === port && holdsPort(app)) || !(await isFreePort(port))) continue
    const [first] = ports
    if (first !== undefined && first !== port)
      say(`Port ${first} is taken by ${holderOf(first, apps) ?? 'somebody else'}, so it is ${port}.`)
    return port
  }
  throw portsTaken(ports, (port) => holderOf(port, apps))
}

/** An app of the user's own is known by its name: its port is held by a program of the engine's. */
function holderOf(port: number, apps: readonly AppContainer[]): string | null {
  const app = apps.find((one) => one.port === port && holdsPort(one))
  return app === undefined ? whoListens(port) : `your app ${app.name}`
}

/** `tallyman tunnel` finds it by that; without it the port, or the link, has to be said. */
async function note(app: AppContainer & { readonly port: number }, terminal: Terminal): Promise<void> {
  const { forgetApp, notePage } = await import('../../web/index.ts')
  const token = app.tokenFile === null ? null : readPageToken(app.tokenFile)
  try {
    forgetApp(app.name)
    notePage({
      port: app.port,
      token,
      runsFolder: app.tokenFile === null ? null : runsFolder(terminal),
      pid: null,
      app: app.name,
    })
  } catch (error) {
    terminal.say(`It is not noted for \`tallyman tunnel\`, which needs --port then: ${messageOf(error)}.`)
  }
}

function tell(
  app: AppContainer & { readonly port: number },
  { memoryBytes }: ContainerLimits,
  args: Arguments,
  { out, say, env }: Terminal,
): void {
  const { name, port } = app
  const link = linkOf(app)
  const forward = forwardCommand(port, userName(), env.SSH_CONNECTION)
  const memoryOf = memoryHoldOf(app.pid, memoryBytes)
  if (args.has('json')) {
    out(JSON.stringify({ name, link, port, forward, memoryBytes, memoryOf }))
    return
  }
  out(link)
  const who = app.tokenFile === null ? ' Whoever has an account on this machine can open it.' : ''
  const what = app.tokenFile === null ? `The app ${printable(name)}` : 'The page of all runs'
  say(`${what} is up, and answers.${who}`)
  const each =
    memoryOf === 'app'
      ? ''
      : ', each of its processes: the engine does not hold all of it to that (control groups of version 1)'
  say(`It may hold ${showBytes(memoryBytes)}${each}.`)
  say(`From your laptop: ${forward}`)
  say(
    `and open the link there. \`tallyman ps\` lists what is up, \`tallyman logs ${name}\` shows what it prints; \`tallyman down ${name}\` ends it.`,
  )
  say(
    `With tallyman on the laptop, in one: tallyman tunnel ${sshTarget(userName(), env.SSH_CONNECTION)} --port ${port}`,
  )
}
