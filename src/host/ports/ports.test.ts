import { createServer } from 'node:net'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { isFreePort, userPorts } from './ports.ts'

test('userPorts begins with the id where it is a port, and with one of a fixed rule where it is none', () => {
  expect(userPorts(50_123)).toEqual([50_123, 60_123, 10_123, 20_123, 30_123, 40_123])
  expect(userPorts(1000)).toEqual([21_000, 31_000, 41_000, 51_000, 61_000, 11_000])
  expect(userPorts(0)[0]).toBe(20_000)
  expect(userPorts(70_001)[0]).toBe(20_001)
})

test('userPorts gives ports anyone may have, each once, and neighbours none in common', () => {
  fc.assert(
    fc.property(fc.nat(200_000), (uid) => {
      const ports = userPorts(uid)
      expect(ports.length).toBeGreaterThanOrEqual(5)
      expect(new Set(ports).size).toBe(ports.length)
      for (const port of ports) expect(port >= 1024 && port <= 65_535).toBe(true)
      expect(userPorts(uid + 1).filter((port) => ports.includes(port))).toEqual([])
    }),
  )
})

test('isFreePort tells a port at which somebody listens', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  expect(await isFreePort(port)).toBe(false)
  await new Promise((resolve) => server.close(resolve))
  expect(await isFreePort(port)).toBe(true)
})
