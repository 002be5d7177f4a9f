import { createServer } from 'node:net'
import { errnoOf } from '../../errors.ts'

/** Ports below are for root alone. */
const leastPort = 1024
/** Where the ports of users begin whose id is no port they may have. */
const base = 20_000
/** How far apart the ports are that one user tries: a neighbour's id is the next number, and his port is left to him. */
const step = 10_000

/**
 * The ports a user tries, best first: the user's own id, where it is one (1024 to 65535), else 20,000 and the id's last
 * four digits; then each time 10,000 further, past 65,535 from the beginning. So everyone on a machine has ports that are
 * nobody else's first choice.
 *
 * @example
 * userPorts(50_123) // [50_123, 60_123, 10_123, 20_123, 30_123, 40_123]
 * userPorts(1000) // [21_000, 31_000, 41_000, 51_000, 61_000, 11_000]
 */
export function userPorts(uid: number): number[] {
  const first = uid >= leastPort && uid <= 65_535 ? uid : base + (uid % step)
  const ports = Array.from({ length: 7 }, (_, index) => (first + index * step) % (7 * step))
  return ports.filter((port) => port >= leastPort && port <= 65_535)
}

/** Can a server listen at this port of the loopback address now? */
export async function isFreePort(port: number, host = '127.0.0.1'): Promise<boolean> {
  return (await tryPort(port, host)) === 'free'
}

/** A port that is free now, for what goes on for a while and nobody has to know: one of those that nobody is given (RFC 6335). */
export async function anyFreePort(): Promise<number> {
  for (;;) {
    const port = 49_152 + Math.floor(Math.random() * 16_384)
    if (await isFreePort(port)) return port
  }
}

/** Is it one that this user may not have, whoever listens there? */
export async function isForRoot(port: number): Promise<boolean> {
  return (await tryPort(port, '127.0.0.1')) === 'for-root'
}

async function tryPort(port: number, host: string): Promise<'free' | 'taken' | 'for-root'> {
  const probe = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject)
      probe.listen({ port, host, exclusive: true }, resolve)
    })
    return 'free'
  } catch (error) {
    if (errnoOf(error) === 'EADDRINUSE') return 'taken'
    if (errnoOf(error) === 'EACCES') return 'for-root'
    throw error
  } finally {
    await new Promise<void>((resolve) => probe.close(() => resolve()))
  }
}
