import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { describe, expect, it } from 'vitest'
import { requires } from '../../../test/requires.ts'
import { listenersOf } from './inside-ports.ts'
import { whoListens } from './who-listens.ts'

/** A server at a port where nobody listens by the other version of the protocol: who is named of two is not promised. */
async function serverAlone(host: string): Promise<{ readonly server: Server; readonly port: number }> {
  for (;;) {
    const server = createServer().listen(0, host)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    if (listenersOf(process.pid).filter((one) => one.port === port).length === 1) return { server, port }
    server.close()
    await once(server, 'close')
  }
}

describe.skipIf(!requires('/proc', existsSync('/proc/self/net/tcp')))('listenersOf and whoListens', () => {
  const ofVersion6 = [
    ['::1', true],
    ['::', false],
  ] as const
  it.each([
    ['127.0.0.1', true] as const,
    ['0.0.0.0', false] as const,
    ...(existsSync('/proc/self/net/if_inet6') ? ofVersion6 : []),
  ])('tell what listens at %s', async (host, isLoopback) => {
    const { server, port } = await serverAlone(host)
    expect(listenersOf(process.pid)).toContainEqual({ port, isLoopback })
    expect(whoListens(port)).toMatch(new RegExp(`^process ${process.pid} \\(.+\\)$`))
    server.close()
    await once(server, 'close')
    expect(listenersOf(process.pid).some((one) => one.port === port)).toBe(false)
  })
})
