import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, it } from 'vitest'
import { Gate } from './gate.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** Answers with what it was sent, twice, once that has ended. */
async function doubler(): Promise<number> {
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    let said = ''
    socket.on('data', (chunk) => {
      said += chunk
    })
    socket.on('end', () => socket.end(said.repeat(2)))
    socket.on('error', () => undefined)
  }).listen(0, '127.0.0.1')
  closing.push(() => server.close())
  await once(server, 'listening')
  return (server.address() as { readonly port: number }).port
}

async function open(ports: readonly number[] = [0]): Promise<Gate> {
  const gate = await Gate.open(ports)
  if (gate === null) throw new Error('No port is free.')
  closing.push(() => gate.close())
  return gate
}

function ask(gate: Gate, what: string): Promise<string> {
  const socket = connect(gate.port, '127.0.0.1')
  socket.end(what)
  return text(socket)
}

it('leads to a port, in both directions, to the last byte', async () => {
  const gate = await open()
  gate.lead({ port: await doubler(), host: '127.0.0.1' })
  const much = 'x'.repeat(3_000_000)
  expect((await ask(gate, much)).length).toBe(2 * much.length)
})

it('holds whoever connects while it leads nowhere, and cuts off who is connected when it does not any more', async () => {
  const gate = await open()
  const answer = ask(gate, 'ab')
  const upstream = { port: await doubler(), host: '127.0.0.1' } as const
  gate.lead(upstream)
  expect(await answer).toBe('abab')
  const socket = connect(gate.port, '127.0.0.1').on('error', () => undefined)
  await once(socket, 'connect')
  const closed = once(socket, 'close')
  await new Promise((resolve) => setImmediate(resolve))
  await ask(gate, 'c')
  gate.lead(null)
  await closed
})

it('takes the first port that is free, and none where none is', async () => {
  const taken = await open()
  const other = await open([taken.port, 0])
  expect(other.port).not.toBe(taken.port)
  expect(await Gate.open([taken.port])).toBe(null)
})

it('ends a connection where nothing takes it', async () => {
  const gate = await open()
  gate.lead({ path: '/nonexistent/socket' })
  expect(await ask(gate, 'x').catch(() => '')).toBe('')
})
