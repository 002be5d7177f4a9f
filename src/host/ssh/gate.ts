import { connect, createServer, type Server, type Socket } from 'node:net'
import { errnoOf } from '../../errors.ts'
import type { Upstream } from './ssh-connection.ts'

/** How long whoever connects is held while the gate leads nowhere: a reload of a page waits, and does not fail. */
const heldMsMax = 30_000
/** More at once than any browser opens. */
const connectionsMax = 256

/**
 * A port of this computer's loopback address that leads somewhere at times. It is held all the while, so that nobody else can listen there and
 * be taken for what it led to. Whoever connects while it leads nowhere waits.
 */
export class Gate {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #waiting = new Set<Socket>()
  #upstream: Upstream | null = null

  private constructor(server: Server) {
    this.#server = server
    server.maxConnections = connectionsMax
    server.on('connection', (socket) => this.#meet(socket))
  }

  /**
   * Opens one at the first of these ports that is free; 0 is any.
   *
   * @returns null where none is
   */
  static async open(ports: readonly number[]): Promise<Gate | null> {
    for (const port of ports) {
      const server = createServer({ allowHalfOpen: true })
      try {
        await new Promise<void>((resolve, reject) => {
          server.once('error', reject)
          server.listen({ port, host: '127.0.0.1', exclusive: true }, resolve)
        })
        return new Gate(server)
      } catch (error) {
        if (errnoOf(error) !== 'EADDRINUSE' && errnoOf(error) !== 'EACCES') throw error
      }
    }
    return null
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** From now on it leads there; null: nowhere, and whoever is connected is cut off. */
  lead(upstream: Upstream | null): void {
    this.#upstream = upstream
    if (upstream === null) {
      for (const socket of this.#sockets) socket.destroy()
      return
    }
    for (const socket of this.#waiting) this.#join(socket, upstream)
    this.#waiting.clear()
  }

  /** Closes it; whoever is connected is cut off. */
  async close(): Promise<void> {
    for (const socket of [...this.#sockets, ...this.#waiting]) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #meet(socket: Socket): void {
    socket.on('error', () => undefined)
    if (this.#upstream !== null) {
      this.#join(socket, this.#upstream)
      return
    }
    this.#waiting.add(socket)
    const late = setTimeout(() => this.#waiting.has(socket) && socket.destroy(), heldMsMax)
    late.unref()
    socket.once('close', () => {
      clearTimeout(late)
      this.#waiting.delete(socket)
    })
  }

  #join(socket: Socket, upstream: Upstream): void {
    const other = connect({ ...upstream, allowHalfOpen: true })
    for (const [one, another] of [
      [socket, other],
      [other, socket],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => another.destroy())
      one.once('close', (hadError) => {
        this.#sockets.delete(one)
        // Where it ended well, what it said last may still be on its way.
        if (hadError || !one.readableEnded) another.destroy()
      })
      one.pipe(another)
    }
  }
}
