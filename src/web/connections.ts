import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** Connections over which somebody came who may see the page. */
const trusted = new WeakSet<Socket>()

/** Says that whoever is at the other end may see the page. */
export function trust(socket: Socket | undefined): void {
  if (socket !== undefined) trusted.add(socket)
}

/**
 * Holds a server to so many connections at once. Where there are more, the oldest is cut off over which nobody came who may see the page; so strangers
 * who open many shut out each other, and nobody else. Where all are trusted, the new one is.
 */
export function boundConnections(server: Server, most: number): void {
  const open = new Set<Socket>()
  server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    if (open.size <= most) return
    for (const oldest of open)
      if (oldest === socket || !trusted.has(oldest)) {
        open.delete(oldest)
        oldest.destroy()
        return
      }
  })
}
