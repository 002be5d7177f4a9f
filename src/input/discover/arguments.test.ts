import { createServer, type Server, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { onJsonLine } from '../../../test/fixtures/socket-lines.ts'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { rangesName } from '../source/remote-file.ts'
import { discoverInputs } from './discover.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

async function found(...args: readonly string[]): Promise<string[]> {
  return (await discoverInputs(args, { cwd: folder.path })).files.map(({ path }) => path)
}

describe('arguments that are addresses', () => {
  const stored = [
    's3a://b/d/a.txt',
    's3a://b/d/_tmp',
    's3a://b/d/.hidden/x.txt',
    's3a://b/d/e/b.txt',
    's3a://b/f/a.txt',
    's3a://b/f/c.csv',
  ]
  let server: Server
  const sockets = new Set<Socket>()
  let listed: string[]

  beforeAll(async () => {
    server = createServer((socket) => {
      sockets.add(socket)
      onJsonLine(socket, (message) => {
        socket.write(`${JSON.stringify(replyTo(message))}\n`)
        // What is read of a file: all of its ten bytes.
        if (Array.isArray(message)) socket.write('0123456789')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  beforeEach(() => {
    listed = []
    const { port } = server.address() as { port: number }
    process.env[rangesName] = `${port} a-token`
  })
  afterEach(() => {
    delete process.env[rangesName]
  })
  afterAll(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })

  function replyTo(message: unknown): object {
    if (Array.isArray(message)) return { bytes: 10 }
    if (typeof message !== 'object' || message === null || !('list' in message))
      return { sizeBytes: 10, mtimeNs: '5' }
    const root = String(message.list)
    listed.push(root)
    return { names: stored.filter((name) => name === root || name.startsWith(root.replace(/\/?$/, '/'))) }
  }

  test.each([
    [['s3a://b/d'], ['s3a://b/d/a.txt', 's3a://b/d/e/b.txt']],
    [['s3a://b/d/'], ['s3a://b/d/a.txt', 's3a://b/d/e/b.txt']],
    [['s3a://b/d/_tmp'], ['s3a://b/d/_tmp']],
    [['s3a://b/d/*.txt'], ['s3a://b/d/a.txt']],
    [['s3a://b/*/a.txt'], ['s3a://b/d/a.txt', 's3a://b/f/a.txt']],
    [['s3a://b/d/**'], ['s3a://b/d/a.txt', 's3a://b/d/e/b.txt']],
    [['s3a://b/d/_*'], ['s3a://b/d/_tmp']],
    [['s3a://b/{d,f}/a.txt'], ['s3a://b/d/a.txt', 's3a://b/f/a.txt']],
    [
      ['s3a://b/f', 's3a://b/f/c.csv'],
      ['s3a://b/f/a.txt', 's3a://b/f/c.csv'],
    ],
  ])('%j stand for %j', async (args, files) => {
    expect(await found(...args)).toEqual(files)
  })

  test('are listed from where the pattern begins', async () => {
    await found('s3a://b/d/e/*.txt')
    expect(listed.map((root) => root.replace(/\/$/, ''))).toEqual(['s3a://b/d/e'])
  })

  test.each(['s3a://b/none', 's3a://b/d/*.csv'])('%s is refused where there is nothing', async (address) => {
    await expect(found(address)).rejects.toMatchObject({
      code: 'input-missing',
      message: `Input "${address}" does not exist, or holds no file.`,
      wayOut: 'Check the spelling, and that you may list what is there.',
    })
  })
})

describe('arguments that stand for nothing', () => {
  const tree = tempFolder()
  afterAll(() => tree.remove())

  test.each([
    [[], 'No input was named.', 'Name files, directories, or patterns in quotes.'],
    [[''], 'Input "" is an empty name.', 'Name a file, a directory or a pattern.'],
    [['none.txt'], 'Input "none.txt" does not exist.', /^Check the spelling, and the directory/],
    [
      ['./no/such'],
      'Input "./no/such" does not exist: there is no "no".',
      /^Check the spelling, and the directory/,
    ],
    [
      ['a\ufffdb'],
      'Input "a\ufffdb" does not exist.',
      /^A name whose bytes are not UTF-8 .* write "\*" for the bytes\.$/,
    ],
    [
      ['*.txt'],
      'Pattern "*.txt" matches no file. The current directory holds nothing.',
      /^Check the spelling; names/,
    ],
    [
      ['no/*.txt'],
      /^Pattern "no\/\*\.txt" matches nothing: "no\/?" /,
      'Check the part before the first "*", "?" or "[".',
    ],
    [
      ['/dev/null'],
      'Input "/dev/null" is a device and no file.',
      /^Write what comes out of it to a file first/,
    ],
    [
      ['a', 'b'],
      'Input "a" does not exist. Input "b" does not exist.',
      /^Check the spelling, and the directory[^.]*\.$/,
    ],
  ])('%j: says so, and what to do', async (args, message, wayOut) => {
    const refusal = discoverInputs(args, { cwd: tree.path })
    const is = (text: string | RegExp) => (typeof text === 'string' ? text : expect.stringMatching(text))
    await expect(refusal).rejects.toMatchObject({ message: is(message), wayOut: is(wayOut) })
  })
})
