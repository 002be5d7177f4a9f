import { closeSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { makeArchive } from '../../../test/fixtures/archives.ts'
import { makeBlocks, makeMembers } from '../../../test/fixtures/gzip-members.ts'
import { type RangesServer, serveRanges } from '../../../test/fixtures/ranges-server.ts'
import { identityOf, makeFolder } from '../../../test/fixtures/splits.ts'
import { likelyGzipBytes } from '../split-size.ts'
import { inspect } from './inspect.ts'

const folder = makeFolder()
afterAll(() => folder.remove())

describe('inspect', () => {
  test('cuts gzip files that are long enough, where they can be', async () => {
    const pieces = Array.from({ length: 10 }, (_, number) => `${number}`.repeat(2000))
    for (const { file, cuts } of [makeBlocks(pieces), makeMembers(pieces)]) {
      const path = folder.write('cut.gz', file)
      const inspected = { path: 'cut.gz', identity: identityOf(path), kind: 'gzip', members: [] }
      const likely = likelyGzipBytes(file.length)
      expect(await inspect(path, 'cut.gz')).toEqual({ file: inspected, problems: [], ignored: [] })
      expect((await inspect(path, 'cut.gz', { gzipPartBytes: likely })).file).toEqual(inspected)
      // What bgzip writes last holds nothing: there is no part of it.
      const wanted = cuts.filter(({ dataByte }) => dataByte < 20_000)
      const { file: found } = await inspect(path, 'cut.gz', { gzipPartBytes: likely - 1 })
      expect(found?.cuts?.length ?? 0).toBeLessThan(wanted.length)
      const many = await inspect(path, 'cut.gz', { gzipPartBytes: 1 })
      expect(many.file?.cuts?.slice(0, 9)).toEqual(wanted)
    }
  })

  test('says what is wrong with a file, and how to go on without it', async () => {
    const missing = folder.write('gone.txt', '')
    rmSync(missing)
    expect(await inspect(missing, 'x/gone.txt')).toEqual({
      file: null,
      problems: [
        {
          path: 'x/gone.txt',
          member: null,
          byte: null,
          code: 'input-missing',
          message: 'x/gone.txt: the file does not exist.',
          wayOut: 'Make it readable. Or go on without it: --accept gone.txt.',
        },
      ],
      ignored: [],
    })
  })

  test('says of each member what it is that stops it from being read', async () => {
    const path = folder.write(
      'odd.zip',
      makeArchive([
        { name: 'double', content: '1' },
        { name: 'double', content: '2' },
        { name: 'locked', content: '1', flags: 1 },
        { name: 'odd', content: '1', method: 14 },
        { name: 'stored', content: '1', method: 0 },
        { name: 'packed', content: '1', method: 8 },
      ]),
    )
    const { file, problems } = await inspect(path, 'odd.zip')
    expect(file?.members.map(({ name }) => name)).toEqual(['packed', 'stored'])
    expect(problems.map(({ code, member, wayOut }) => [code, member, wayOut])).toEqual([
      [
        'input-damaged',
        'double',
        "Unpack the archive, see which one is right, and pack it again; or go on without it: --accept 'odd.zip!double'.",
      ],
      ['input-unsupported', 'locked', "Decrypt the archive; or go on without it: --accept 'odd.zip!locked'."],
      [
        'input-unsupported',
        'odd',
        `Unpack the archive, and pack it again with "zip -r"; or go on without it: --accept 'odd.zip!odd'.`,
      ],
    ])
    for (const { byte } of problems) expect(readFileSync(path).readUInt32LE(byte ?? -1)).toBe(0x04034b50)
  })

  test('refuses what holds no lines, where lines are read', async () => {
    const path = folder.write('x.txt', Buffer.from('\ufeffa', 'utf16le'))
    expect(await inspect(path, 'x.txt', { lines: true })).toEqual({
      file: null,
      problems: [
        {
          path: 'x.txt',
          member: null,
          byte: null,
          code: 'input-unsupported',
          message:
            'x.txt: the file is text in UTF-16: it begins with its byte order mark, and UTF-8 is read.',
          wayOut: 'Convert it (iconv -f UTF-16 -t UTF-8). Or go on without it: --accept x.txt.',
        },
      ],
      ignored: [],
    })
    expect((await inspect(path, 'x.txt')).file).toMatchObject({ kind: 'plain' })
    const names = ['[Content_Types].xml', '_rels/.rels', 'xl/workbook.xml']
    const book = folder.write('x.xlsx', makeArchive(names.map((name) => ({ name, content: '<a/>' }))))
    expect((await inspect(book, 'x.xlsx', { lines: true })).problems).toMatchObject([
      {
        code: 'input-unsupported',
        message: expect.stringContaining('x.xlsx: the file is a document of an office program'),
        wayOut: 'Save it as CSV. Or go on without it: --accept x.xlsx.',
      },
    ])
    expect((await inspect(book, 'x.xlsx')).file?.members).toHaveLength(3)
  })

  test('says where an archive breaks off', async () => {
    const whole = makeArchive([{ name: 'x', content: '1' }])
    const path = folder.write('half.zip', whole)
    truncateSync(path, whole.length - 5)
    const { file, problems } = await inspect(path, 'half.zip')
    expect(file).toBeNull()
    expect(problems).toMatchObject([
      {
        member: null,
        code: 'input-damaged',
        wayOut: expect.stringMatching(/^\S.+ Or go on without it: --accept half\.zip\.$/),
      },
    ])
  })

  test('takes an empty file for what it is, and one that only its file system calls empty for what it is', async () => {
    const empty = folder.write('empty.txt', '')
    expect((await inspect(empty, 'empty.txt')).file).toMatchObject({ kind: 'plain' })
    expect((await inspect('/proc/self/status', 'status')).problems).toMatchObject([
      {
        code: 'input-unsupported',
        message: 'status: the file has data in it, though its file system says that it is 0 bytes long.',
        wayOut: 'Copy it to a disk with "cat", and read the copy. Or go on without it: --accept status.',
      },
    ])
  })

  test('says which program may tell more where the disk does not give what is asked for', async () => {
    // Without memory behind its first page, reading it is an error of input and output.
    const { problems } = await inspect('/proc/self/mem', 'mem')
    expect(problems).toMatchObject([
      {
        code: 'io',
        message: 'mem: the file cannot be read (EIO: i/o error, read).',
        wayOut: 'Read it with another program to see if the disk is well. Or go on without it: --accept mem.',
      },
    ])
  })

  test('leaves no file open', async () => {
    const path = folder.write('open.txt', 'a\n')
    const next = (): number => {
      const fd = openSync(path, 'r')
      closeSync(fd)
      return fd
    }
    const before = next()
    for (let time = 0; time < 3; time++) await inspect(path, 'open.txt')
    writeFileSync(path, 'PK\x05\x06')
    await inspect(path, 'open.txt')
    expect(next()).toBe(before)
  })
})

describe('inspect of an address', () => {
  async function serve(
    content: Uint8Array,
    later: { sizeBytes?: number; mtimeNs?: string } = {},
  ): Promise<RangesServer> {
    const stat = { sizeBytes: content.length, mtimeNs: '5' }
    const server = await serveRanges({ content, opened: stat, later: stat })
    onTestFinished(() => server.stop())
    let looks = 0
    const { answer } = server
    server.answer = (message, socket) => {
      if (message === 'stat' && ++looks > 1) socket.write(`${JSON.stringify({ ...stat, ...later })}\n`)
      else answer(message, socket)
    }
    return server
  }

  test('tells its kind, and makes up an identity of what is known', async () => {
    await serve(Buffer.from('a\n'))
    const { file, problems } = await inspect('s3a://b/x', 's3a://b/x')
    expect(problems).toEqual([])
    expect(file).toEqual({
      path: 's3a://b/x',
      identity: { sizeBytes: 2, mtimeNs: '5', ctimeNs: '0', inode: expect.stringMatching(/^\d{1,20}$/) },
      kind: 'plain',
      members: [],
    })
    expect((await inspect('s3a://b/x', 's3a://b/x')).file).toEqual(file)
    expect((await inspect('s3a://b/y', 's3a://b/y')).file?.identity.inode).not.toBe(file?.identity.inode)
  })

  test('does not look for cuts in it', async () => {
    const { file } = makeMembers(['a', 'b'])
    const server = await serve(file)
    const inspected = await inspect('s3a://b/x.gz', 's3a://b/x.gz', { gzipPartBytes: 1 })
    expect(inspected.file).toMatchObject({ kind: 'gzip', members: [] })
    expect(inspected.file).not.toHaveProperty('cuts')
    expect(server.said.filter((message) => Array.isArray(message))).toEqual([[0, 262]])
  })

  test.each([
    ['its size', { sizeBytes: 1 }],
    ['its time', { mtimeNs: '6' }],
  ])('says that an archive was written to meanwhile: %s', async (_, later) => {
    await serve(makeArchive([{ name: 'x', content: '1' }]), later)
    expect((await inspect('s3a://b/x.zip', 's3a://b/x.zip')).problems).toMatchObject([
      {
        code: 'input-changed',
        message: 's3a://b/x.zip: the file was written to while it was being read.',
        wayOut: 'Let whatever writes it finish, then run again. Or go on without it: --accept x.zip.',
      },
    ])
  })

  test('hands on what the server says, and hangs up', async () => {
    const server = await serve(Buffer.from('a\n'))
    await inspect('s3a://b/x', 's3a://b/x')
    expect(server.sockets.map(({ destroyed }) => destroyed).length).toBe(1)
    const fault = { code: 'io', message: 'The bucket is closed.', wayOut: null }
    const { answer } = server
    server.answer = (message, socket) => {
      if (Array.isArray(message)) socket.write(`${JSON.stringify({ fault })}\n`)
      else answer(message, socket)
    }
    await expect(inspect('s3a://b/x', 's3a://b/x')).rejects.toMatchObject({
      code: 'io',
      message: fault.message,
    })
  })
})
