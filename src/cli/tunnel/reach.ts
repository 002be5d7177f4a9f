import { existsSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TallymanError } from '../../errors.ts'
import {
  anyFreePort,
  explainSsh,
  SshConnection,
  type SshTarget,
  type SshTrouble,
  scratchFolder,
  type Upstream,
  untilSo,
} from '../../host/index.ts'
import { notesFolder, parsePageNote } from '../../web/index.ts'
import { askPage, takesConnections } from './ask-page.ts'
import { chooseSite, isWhole, parseRemote, type RemoteSite, remoteScript } from './remote.ts'

/** What is to be reached. */
export interface TunnelOrder {
  readonly target: SshTarget
  /** Port over there; null: that of the user's page. */
  readonly port: number | null
  /** What is known from a link; null: it is asked for, over ssh. */
  readonly link: RemoteSite | null
  /** Can this ssh pass further commands through a connection it has? That of Windows cannot, and signs in twice. */
  readonly canShare: boolean
}

/** The chain is broken, at a link that is named. */
export class BrokenChain extends TallymanError {
  readonly trouble: SshTrouble

  constructor(trouble: SshTrouble) {
    super(
      'tunnel-broken',
      `The tunnel breaks at the link ${JSON.stringify(trouble.link)}: ${trouble.reason}.`,
      {
        wayOut: trouble.wayOut,
      },
    )
    this.trouble = trouble
  }
}

/** How long ssh may take to say why a connection through it failed: it ends the connection first, and on a busy machine says so much later. */
const complaintMs = 2000
const listenEveryMs = 20

/** A page, or an app, at the other end of a connection that is there. */
export class Reached {
  readonly served: RemoteSite
  readonly upstream: Upstream
  readonly #name: string
  readonly #connection: SshConnection
  readonly #folder: string

  private constructor(
    order: TunnelOrder,
    connection: SshConnection,
    served: RemoteSite,
    upstream: Upstream,
    folder: string,
  ) {
    this.#name = order.target.destination
    this.#connection = connection
    this.served = served
    this.upstream = upstream
    this.#folder = folder
  }

  /**
   * Connects, finds what is to be reached, and makes sure that it is the user's own.
   *
   * @param leave ends what is begun
   * @throws {BrokenChain} which says at which link
   */
  static async open(order: TunnelOrder, leave: AbortSignal): Promise<Reached> {
    // For nobody else: who can connect to a socket in it is let through.
    const folder = scratchFolder('tunnel')
    const opening = new Opening(order, folder, leave)
    try {
      const { connection, served, upstream } = await (order.link === null
        ? opening.found()
        : opening.forwarded(order.link))
      const reached = new Reached(order, connection, served, upstream, folder)
      const trouble = await reached.check()
      if (trouble !== null) throw new BrokenChain(trouble)
      return reached
    } catch (error) {
      await opening.giveUp()
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  /** Resolves when ssh has ended. */
  get ended(): Promise<unknown> {
    return this.#connection.ended
  }

  /** Is the right one still there? Null where it is, or which link is broken. */
  async check(): Promise<SshTrouble | null> {
    const { token, port } = this.served
    if (token === null)
      return (await takesConnections(this.upstream)) ? null : await this.#explainSilence(false)
    const answerer = await askPage(this.upstream, token, port)
    switch (answerer.kind) {
      case 'own':
        return null
      case 'silent':
        return await this.#explainSilence(answerer.isLate)
      case 'other-page':
        return this.#strangers(
          'is a page of tallyman that does not have your token: somebody else’s, or of another folder',
        )
      case 'stranger':
        return this.#strangers(`is no page of tallyman (it answers ${answerer.what})`)
    }
  }

  #strangers(what: string): SshTrouble {
    return {
      link: 'page',
      reason: `what listens at port ${this.served.port} of ${this.#name} ${what}. Your token was not sent to it`,
      wayOut: 'Start your own page there, tallyman serve, and use the link that it prints, or none.',
      isPassing: false,
    }
  }

  async #explainSilence(isLate: boolean): Promise<SshTrouble> {
    const endMs = performance.now() + complaintMs
    let news = this.#connection.hear()
    while (!this.#connection.isEnded && !/open failed/.test(news) && performance.now() < endMs) {
      await Promise.race([sleep(listenEveryMs), this.#connection.ended])
      news += this.#connection.hear()
    }
    if (this.#connection.isEnded) return explainSsh(this.#connection.said, this.#name)
    if (/open failed/.test(news)) return explainSsh(news, this.#name)
    const how = isLate ? 'does not answer' : 'takes no connection, or ends it'
    return {
      link: 'listener',
      reason: `port ${this.served.port} of ${this.#name} ${how}`,
      wayOut: 'Is the machine very busy? Look there: tallyman serve prints the link of your page.',
      isPassing: true,
    }
  }

  async close(): Promise<void> {
    await this.#connection.end()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

interface Opened {
  readonly connection: SshConnection
  readonly served: RemoteSite
  readonly upstream: Upstream
}

/** The way to what is reached, step by step. */
class Opening {
  readonly #order: TunnelOrder
  readonly #folder: string
  readonly #leave: AbortSignal
  #connection: SshConnection | null = null

  constructor(order: TunnelOrder, folder: string, leave: AbortSignal) {
    this.#order = order
    this.#folder = folder
    this.#leave = leave
  }

  /** Asks over there what is the user's, and has it forwarded, if it can be by the same connection. */
  async found(): Promise<Opened> {
    const { target, port, canShare } = this.#order
    const control = canShare ? join(this.#folder, 'ssh') : null
    const connection = this.#begin(SshConnection.session(target, remoteScript(notesFolder), control))
    if (!(await untilSo(connection, () => isWhole(connection.printed)))) throw await this.#broken(connection)
    const served = chooseSite(parseRemote(connection.printed, parsePageNote), port, target.destination)
    if ('reason' in served) throw new BrokenChain(served)
    if (control === null) {
      await connection.end()
      return await this.forwarded(served)
    }
    const upstream = await this.#freeUpstream()
    const refusal = await SshConnection.share(control, upstream, served.port)
    if (refusal !== null) throw new BrokenChain(explainSsh(refusal, target.destination))
    return { connection, served, upstream }
  }

  async forwarded(served: RemoteSite): Promise<Opened> {
    const upstream = await this.#freeUpstream()
    const connection = this.#begin(SshConnection.forward(this.#order.target, upstream, served.port))
    if (!(await untilSo(connection, () => isThere(upstream)))) throw await this.#broken(connection)
    return { connection, served, upstream }
  }

  /** Ends what was begun. */
  async giveUp(): Promise<void> {
    await this.#connection?.end()
  }

  #begin(connection: SshConnection): SshConnection {
    this.#connection = connection
    const end = (): void => void connection.end()
    if (this.#leave.aborted) end()
    this.#leave.addEventListener('abort', end, { once: true })
    void connection.ended.then(() => this.#leave.removeEventListener('abort', end))
    return connection
  }

  /** 255 is what ssh itself ends with; everything else is of what it ran. */
  async #broken(connection: SshConnection): Promise<BrokenChain> {
    const status = await connection.ended
    const { destination } = this.#order.target
    const trouble = explainSsh(`${connection.said}\n${connection.printed}`, destination)
    const isOfShell = status !== null && status !== 255 && trouble.link === 'ssh'
    if (!isOfShell) return new BrokenChain(trouble)
    return new BrokenChain({
      link: 'shell',
      reason: `a shell at ${destination} does not run what it is asked to (exit code ${status})`,
      wayOut: 'Say which page it is: --link LINK, as `tallyman serve` printed it.',
      isPassing: false,
    })
  }

  async #freeUpstream(): Promise<Upstream> {
    if (this.#order.canShare) return { path: join(this.#folder, 'page') }
    return { port: await anyFreePort(), host: '127.0.0.1' }
  }
}

/** Does ssh listen there? A socket is looked at alone: each connection would be one more over there. */
async function isThere(upstream: Upstream): Promise<boolean> {
  if ('path' in upstream) return existsSync(upstream.path)
  return await new Promise((resolve) => {
    const socket = connect(upstream, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
