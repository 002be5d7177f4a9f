import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { requires } from '../../../test/requires.ts'
import { listenersOf } from './inside-ports.ts'
import { whoListens } from './who-listens.ts'

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
    const server = createServer().listen(0, host)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    expect(listenersOf(process.pid)).toContainEqual({ port, isLoopback })
    expect(whoListens(port)).toMatch(new RegExp(`^process ${process.pid} \\(.+\\)$`))
    server.close()
    await once(server, 'close')
    expect(listenersOf(process.pid).some((one) => one.port === port)).toBe(false)
  })
})
