import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RangesServer, serveRanges } from '../../../test/fixtures/ranges-server.ts'
import { until } from '../../../test/fixtures/until.ts'
import { isAddress, listRemote, RemoteFile, rangesName } from './remote-file.ts'

const content = Buffer.from('0123456789')
const fault = { code: 'input-missing', message: 's3a://b/x does not exist.', wayOut: 'Check the name.' }

let server: RangesServer

beforeEach(async () => {
  server = await serveRanges({
    content,
    opened: { sizeBytes: 10, mtimeNs: '5' },
    later: { sizeBytes: 11, mtimeNs: '6' },
  })
})
afterEach(() => server.stop())

async function readAt(file: RemoteFile, atByte: number, bytes: number): Promise<string> {
  const into = Buffer.alloc(bytes + 4, '.')
  const count = await file.read(into, 2, bytes, atByte)
  return `${count}${into.toString()}`
}

describe('isAddress', () => {
  it('tells addresses from paths', () => {
    const addresses = ['s3a://b/x', 'hdfs://h:1/x', 'file:///x', 'a+b.c-d://x']
    const paths = ['/x', 'x', 'C:/x', 's3a:/x', 'a/s3a://x', 'S3://x', '3s://x']
    expect([...addresses, ...paths].filter(isAddress)).toEqual(addresses)
  })
})

describe('RemoteFile', () => {
  it('says who it is, and reads what it asks for, as much as there is', async () => {
    const file = await RemoteFile.open('s3a://b/x')
    expect(file.stat).toEqual({ sizeBytes: 10, mtimeNs: '5' })
    expect(await readAt(file, 3, 4)).toBe('4..3456..')
    expect(await readAt(file, 8, 4)).toBe('2..89....')
    expect(await readAt(file, 20, 2)).toBe('0......')
    expect(await file.look()).toEqual({ sizeBytes: 11, mtimeNs: '6' })
    expect(server.said).toEqual([{ token: 'a-token', open: 's3a://b/x' }, [3, 4], [8, 4], [20, 2], 'stat'])
    file.close()
  })

  it('asks one thing after another, however many are asked at once', async () => {
    const file = await RemoteFile.open('s3a://b/x')
    const [first, stat, second] = await Promise.all([readAt(file, 0, 3), file.look(), readAt(file, 5, 3)])
    expect([first, stat.sizeBytes, second]).toEqual(['3..012..', 11, '3..567..'])
    file.close()
  })

  it('takes an answer that comes in pieces', async () => {
    server.answer = async (message, socket) => {
      const text = Array.isArray(message) ? '{"bytes":6}\n012345' : '{"sizeBytes":10,"mtimeNs":"5"}\n'
      for (const character of text) {
        socket.write(character)
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    }
    const file = await RemoteFile.open('s3a://b/x')
    expect(await readAt(file, 0, 6)).toBe('6..012345..')
    file.close()
  })

  it('throws what the server says, and goes on after it', async () => {
    server.answer = (_, socket) => socket.write(`${JSON.stringify({ fault })}\n`)
    await expect(RemoteFile.open('s3a://b/x')).rejects.toMatchObject(fault)
    await until('the end of the line', () => server.sockets[0]?.destroyed)
    server.answer = (message, socket) => {
      if (message === 'stat')
        socket.write(`${JSON.stringify({ fault: { ...fault, code: 'io', wayOut: null } })}\n`)
      else socket.write('{"sizeBytes":10,"mtimeNs":"5"}\n')
    }
    const file = await RemoteFile.open('s3a://b/x')
    await expect(file.look()).rejects.toMatchObject({ code: 'io', message: fault.message, wayOut: undefined })
    server.answer = (_, socket) => socket.write('{"sizeBytes":12,"mtimeNs":"7"}\n')
    expect(await file.look()).toEqual({ sizeBytes: 12, mtimeNs: '7' })
    expect(server.sockets[1]?.destroyed).toBe(false)
    file.close()
    await until('the end of the line', () => server.sockets[1]?.destroyed)
  })

  it('says that the server is gone', async () => {
    const file = await RemoteFile.open('s3a://b/x')
    server.answer = (_, socket) => socket.destroy()
    for (let time = 0; time < 2; time++)
      await expect(file.look()).rejects.toMatchObject({
        code: 'io',
        message: expect.stringMatching(/^The server that hands out ranges of files is gone: .+\.$/),
      })
    file.close()
  })

  it('says so where there is no server', async () => {
    await server.stopListening()
    await expect(RemoteFile.open('s3a://b/x')).rejects.toMatchObject({
      code: 'io',
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })

  it('is read on Spark alone', async () => {
    for (const value of [undefined, '', '1234']) {
      if (value === undefined) delete process.env[rangesName]
      else process.env[rangesName] = value
      await expect(RemoteFile.open('s3a://b/x')).rejects.toMatchObject({
        code: 'input-unsupported',
        message: 's3a://b/x: what has an address and no path is read on Spark alone.',
        wayOut: 'Have Spark read it: --on MASTER; or copy it to a disk, and name its path.',
      })
    }
  })
})

describe('listRemote', () => {
  it('has the names that the server gives, or what it says', async () => {
    server.answer = (_, socket) => socket.write('{"names":["s3a://b/x","s3a://b/y"]}\n')
    expect(await listRemote('s3a://b/')).toEqual(['s3a://b/x', 's3a://b/y'])
    expect(server.said).toEqual([{ token: 'a-token', list: 's3a://b/' }])
    server.answer = (_, socket) => socket.write(`${JSON.stringify({ fault })}\n`)
    await expect(listRemote('s3a://b/')).rejects.toMatchObject(fault)
    await until('the ends of both lines', () => server.sockets.every((socket) => socket.destroyed))
  })
})
