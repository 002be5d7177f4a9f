import { existsSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { messageOf, TallymanError } from '../../errors.ts'
import { forwardCommand, userName } from '../../host/index.ts'
import { printable } from '../../printable.ts'
import type { AppBundle, ServedApp, SourceWatch } from '../../web/index.ts'
import type { Arguments } from '../arguments.ts'
import { shownPath } from '../shown-path.ts'
import { sayError, type Terminal } from '../terminal.ts'
import { pageLink } from './page-link.ts'
import { portsTaken, portsToTry } from './ports-to-try.ts'

/** What is loaded when an app is served, and not before. */
type Web = Pick<typeof import('../../web/index.ts'), 'notePage' | 'SourceWatch' | 'startApp'>

/**
 * Serves the user's own web app until `leave` is aborted; with --watch anew after each change, and whatever becomes of it meanwhile.
 *
 * @throws {TallymanError} `not-found`; `job-invalid` for what is no app; `job-threw` where it ends by itself; `usage` where no port is free
 */
export async function serveOwnApp(
  path: string,
  args: Arguments,
  terminal: Terminal,
  leave: AbortSignal,
): Promise<void> {
  const { AppBundle, notePage, SourceWatch, startApp } = await import('../../web/index.ts')
  const bundle = new AppBundle(findModule(path, terminal.cwd))
  try {
    const serving = new Serving({ notePage, SourceWatch, startApp }, bundle, args, terminal)
    try {
      await (args.has('watch') ? serving.untilLeft(leave) : serving.untilEnded(leave))
    } finally {
      serving.forget()
    }
  } finally {
    bundle.remove()
  }
}

/** The module that is meant by a file, or by the folder it is in. */
export function findModule(path: string, cwd: string): string {
  const place = resolve(cwd, path)
  const found = statSync(place, { throwIfNoEntry: false })
  if (found?.isFile()) return place
  const inside = ['app.ts', 'app.js', 'app.mjs'].map((name) => join(place, name))
  const module = inside.find((file) => existsSync(file))
  if (module !== undefined) return module
  const what = found === undefined ? 'does not exist' : 'has no app.ts in it'
  throw new TallymanError('not-found', `App ${JSON.stringify(path)} ${what}.`, {
    wayOut: 'Name a module whose default export has fetch(request); `tallyman new --app NAME` writes one.',
  })
}

class Serving {
  readonly #web: Web
  readonly #bundle: AppBundle
  readonly #args: Arguments
  readonly #terminal: Terminal
  #port: number | null
  #isTold = false
  #app: ServedApp | null = null
  /** Takes its note away. */
  forget: () => void = () => undefined

  constructor(web: Web, bundle: AppBundle, args: Arguments, terminal: Terminal) {
    this.#web = web
    this.#bundle = bundle
    this.#args = args
    this.#terminal = terminal
    this.#port = args.count('port')
  }

  async untilEnded(leave: AbortSignal): Promise<void> {
    await this.#bundle.make()
    const app = await this.#start()
    try {
      const how = await Promise.race([app.ended, aborted(leave).then(() => null)])
      if (how === null) return
      throw new TallymanError('job-threw', `The app ${how}.`, {
        wayOut: 'What it printed is above. With --watch it is started again once it was changed.',
      })
    } finally {
      await app.close()
    }
  }

  async untilLeft(leave: AbortSignal): Promise<void> {
    try {
      while (!leave.aborted) {
        const sinceMs = Date.now()
        try {
          await this.#renew()
        } catch (error) {
          sayError(this.#terminal, error)
        }
        await this.#untilChanged(sinceMs, leave)
      }
    } finally {
      await this.#app?.close()
    }
  }

  /** Where the change changes nothing of it, or does not compile, what was there goes on. */
  async #renew(): Promise<void> {
    if (!(await this.#bundle.make()) && this.#app !== null) return
    const app = this.#app
    this.#app = null
    await app?.close()
    this.#app = await this.#start()
    if (app !== null) this.#terminal.say(`${printable(basename(this.#bundle.entry))} is served anew.`)
  }

  async #untilChanged(sinceMs: number, leave: AbortSignal): Promise<void> {
    const watch: SourceWatch = new this.#web.SourceWatch(this.#bundle.sources, sinceMs)
    const changed = watch.changed.then(() => null)
    const left = aborted(leave).then(() => null)
    try {
      const how = await Promise.race([changed, left, this.#app?.ended ?? changed])
      if (how === null) return
      this.#terminal.say(`The app ${how}. It is started again once it was changed.`)
      this.#app = null
      await Promise.race([changed, left])
    } finally {
      watch.close()
    }
  }

  async #start(): Promise<ServedApp> {
    const { entry, file } = this.#bundle
    const { cwd } = this.#terminal
    const ports = await portsToTry(this.#port)
    const app = await this.#web.startApp({ file, source: shownPath(entry, cwd), cwd }, ports)
    if (app === null) throw portsTaken(ports)
    this.#port = app.port
    if (!this.#isTold) {
      this.#note(app.port)
      this.#tell(app.port)
    }
    this.#isTold = true
    return app
  }

  /** `tallyman tunnel` finds it by that; without it the port has to be said. */
  #note(port: number): void {
    const { notePage } = this.#web
    try {
      this.forget = notePage({ port, token: null, runsFolder: null, app: basename(this.#bundle.entry) })
    } catch (error) {
      this.#terminal.say(
        `The app is not noted for \`tallyman tunnel\`, which needs --port then: ${messageOf(error)}.`,
      )
    }
  }

  #tell(port: number): void {
    const { out, say, env, cwd } = this.#terminal
    const link = pageLink(port, null)
    const forward = forwardCommand(port, userName(), env.SSH_CONNECTION)
    if (this.#args.has('json')) {
      out(JSON.stringify({ link, port, forward, app: this.#bundle.entry, pid: process.pid }))
      return
    }
    out(link)
    say(
      `The app ${printable(shownPath(this.#bundle.entry, cwd))}. Whoever has an account on this machine can open it.`,
    )
    say(`From your laptop: ${forward}`)
    say('and open the link there. Ctrl-C ends it.')
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
