import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { createServer } from 'node:net'
import { relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { asOrdinaryUser } from '../../../test/fixtures/as-ordinary-user.ts'
import { settle } from '../../../test/fixtures/held-file.ts'
import { InputTree } from '../../../test/fixtures/input-tree.ts'
import { type RangesServer, serveRanges } from '../../../test/fixtures/ranges-server.ts'
import { identityOf } from '../../../test/fixtures/splits.ts'
import { until } from '../../../test/fixtures/until.ts'
import { requires } from '../../../test/requires.ts'
import { toFsPath } from '../path-bytes.ts'
import type { FileIdentity } from '../split.ts'
import { SourceFault } from './byte-chunks.ts'
import { OpenedFile } from './opened-file.ts'

const text = '0123456789'
/** Reads of more bytes are another thread's. */
const atOnceBytes = 65_536

let tree: InputTree
/** A file with the digits in it. */
let path: string
beforeEach(() => {
  tree = new InputTree()
  path = write('digits', text)
})
afterEach(() => tree.remove())

function write(name: string, content: string | Uint8Array): string {
  tree.writeBytes(name, content)
  return `${tree.root}/${name}`
}

/** The file as it is now. */
function openNow(cwd = ''): Promise<OpenedFile> {
  return OpenedFile.open(path, identityOf(path), cwd)
}

/** What stands in a buffer with two dots before and two behind the bytes that were asked for. */
async function readAt(file: OpenedFile, atByte: number, bytes: number): Promise<string> {
  const into = Buffer.alloc(bytes + 4, '.')
  await file.read(into, 2, bytes + 2, atByte)
  return into.toString('latin1')
}

/** How many numbers of files this process has for a path. */
function timesOpen(name: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === name
    } catch {
      // The one the folder was listed with.
      return false
    }
  }).length
}
const seesOwnFiles = requires('/proc/self/fd', process.platform === 'linux')

describe('OpenedFile.open', () => {
  test('finds a file by its path, whatever folder the run was started in', async () => {
    const file = await openNow('/nowhere')
    expect(file.sizeBytes).toBe(10)
    expect(await readAt(file, 0, 10)).toBe('..0123456789..')
    await file.close()
  })

  test.each([
    ['a name', 'digits', '3456'],
    ['a way behind a link, from where the link leads', 'link/../digits', 'defg'],
    ['a name with bytes that are no UTF-8', 'caf\udce9', 'DEFG'],
  ])('finds one by %s, from the folder the run was started in', async (_, name, found) => {
    tree.writeBytes('deep/digits', 'abcdefghij')
    tree.writeBytes('deep/deeper/x', '')
    tree.link('link', 'deep/deeper')
    tree.writeNamed(Buffer.from('caf\xe9', 'latin1'), 'ABCDEFGHIJ')
    const identity = identityOf(toFsPath(`${tree.root}/${name}`))
    const file = await OpenedFile.open(name, identity, tree.root)
    expect(await readAt(file, 3, 4)).toBe(`..${found}..`)
    await file.close()
  })

  test('finds one from the folder of this process where no other is said', async () => {
    const file = await OpenedFile.open(relative(process.cwd(), path), identityOf(path), '')
    expect(await readAt(file, 3, 4)).toBe('..3456..')
    await file.close()
  })

  const where = 'Check that the file is where it was when the run was planned, and that you may read it.'

  test.each([
    ['ENOENT', 'no such file or directory', 'gone'],
    ['ENOTDIR', 'not a directory', 'digits/x'],
    ['ELOOP', 'too many symbolic links encountered', 'round'],
    ['ENAMETOOLONG', 'name too long', 'n'.repeat(300)],
  ])('says that an input is missing: %s', async (errno, what, name) => {
    tree.link('round', 'round')
    await expect(OpenedFile.open(name, identityOf(path), tree.root)).rejects.toMatchObject({
      code: 'input-missing',
      message: `${name}: cannot be opened: ${errno}: ${what}, open '${tree.root}/${name}'.`,
      wayOut: where,
      cause: { code: errno },
    })
  })

  test('says that one may not be read', async () => {
    const identity = identityOf(path)
    chmodSync(path, 0)
    await asOrdinaryUser(tree.root, async () => {
      await expect(OpenedFile.open('digits', identity, tree.root)).rejects.toMatchObject({
        code: 'input-missing',
        message: `digits: cannot be opened: EACCES: permission denied, open '${path}'.`,
        wayOut: where,
      })
    })
  })

  test('takes what else goes wrong for no missing input', async () => {
    const server = createServer().listen(`${tree.root}/socket`)
    await once(server, 'listening')
    await expect(
      OpenedFile.open('socket', identityOf(`${tree.root}/socket`), tree.root),
    ).rejects.toMatchObject({
      code: 'io',
      message: expect.stringContaining('socket: cannot be opened: ENXIO: '),
      wayOut: where,
    })
    server.close()
  })

  test.skipIf(!seesOwnFiles || !requires('prlimit', spawnSync('prlimit', ['--version']).status === 0))(
    'says what to do where too many files are open, which is no fault of the file',
    async () => {
      const opening = withoutFreeFiles(() => openNow())
      await expect(opening).rejects.toMatchObject({
        code: 'limit-reached',
        message: `${path}: cannot be opened: EMFILE: too many open files, open '${path}'.`,
        wayOut: expect.stringContaining('Allow more open files (ulimit -n), or fewer workers (--workers)'),
        cause: { code: 'EMFILE' },
      })
      const file = await openNow()
      expect(await readAt(file, 0, 1)).toBe('..0..')
      await file.close()
    },
  )

  test('says what to do about a file that is not the planned one any more, and keeps nothing open', async () => {
    const planned = identityOf(path)
    const opening = (identity: FileIdentity) => OpenedFile.open(path, identity, '')
    const wayOut =
      'Let whatever writes the file finish, then run again: the new run plans with the new file. Of what is always written to, give a copy, or name the other files alone.'
    await expect(opening({ ...planned, sizeBytes: 12_345 })).rejects.toMatchObject({
      code: 'input-changed',
      message: `${path}: the file has 10 bytes now; it had 12,345 when the run was planned.`,
      wayOut,
    })
    await expect(opening({ ...planned, mtimeNs: `${planned.mtimeNs}0` })).rejects.toMatchObject({
      code: 'input-changed',
      message: `${path}: the file was written to after the run was planned.`,
      wayOut,
    })
    if (seesOwnFiles) expect(timesOpen(path)).toBe(0)
  })

  test('does not mind what else about it was changed between the plan and now', async () => {
    const planned = identityOf(path)
    chmodSync(path, 0o640)
    const file = await OpenedFile.open(path, { ...planned, ctimeNs: '1', inode: '1' }, '')
    await file.checkUntouched()
    await file.close()
  })
})

/** Does something at once while this process can open nothing more. */
function withoutFreeFiles<T>(work: () => T): T {
  const limit = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  const allow = (files: string) => {
    const { status, stderr } = spawnSync('prlimit', ['--pid', String(process.pid), `--nofile=${files}:`])
    if (status !== 0) throw new Error(`prlimit: ${stderr}`)
  }
  const highest = Math.max(...readdirSync('/proc/self/fd').map(Number))
  const opened: number[] = []
  allow(String(highest + 16))
  try {
    for (;;) opened.push(openSync('/dev/null', 'r'))
  } catch {
    return work()
  } finally {
    for (const fd of opened) closeSync(fd)
    allow(limit ?? 'unlimited')
  }
}

const hasPipes = requires('mkfifo', spawnSync('mkfifo', ['--help']).status === 0)

describe('OpenedFile', () => {
  test('reads any part of the file into any part of a buffer, and counts what it read', async () => {
    const file = await openNow()
    expect(file.readBytes).toBe(0)
    expect(await readAt(file, 3, 4)).toBe('..3456..')
    expect(await readAt(file, 0, 10)).toBe('..0123456789..')
    expect(await readAt(file, 9, 1)).toBe('..9..')
    expect(await readAt(file, 5, 0)).toBe('....')
    expect(file.readBytes).toBe(15)
    await file.close()
  })

  test.skipIf(!hasPipes).each([1, atOnceBytes - 1, atOnceBytes])(
    'reads %i bytes at once, whatever other threads are at',
    async (bytes) => {
      path = write('long', Buffer.alloc(bytes + 10, text))
      const file = await openNow()
      const into = Buffer.alloc(bytes)
      await whileThreadsWait(() => {
        void file.read(into, 0, bytes, 3)
        expect(into.equals(Buffer.alloc(bytes + 3, text).subarray(3))).toBe(true)
      })
      expect(file.readBytes).toBe(bytes)
      await file.close()
    },
  )

  test.skipIf(!hasPipes)('lets other threads read more, and waits for them before it is closed', async () => {
    const bytes = atOnceBytes + 1
    path = write('long', Buffer.alloc(bytes + 10, text))
    const file = await openNow()
    const into = Buffer.alloc(bytes)
    let isClosed = false
    const [reading, closing] = await whileThreadsWait(async () => {
      const both = [
        file.read(into, 0, bytes, 3),
        file.close().then(() => {
          isClosed = true
        }),
      ]
      await settle()
      expect(isClosed).toBe(false)
      expect(into.equals(Buffer.alloc(bytes))).toBe(true)
      if (seesOwnFiles) expect(timesOpen(path)).toBe(1)
      return both
    })
    await Promise.all([reading, closing])
    expect(into.equals(Buffer.alloc(bytes + 3, text).subarray(3))).toBe(true)
    expect(file.readBytes).toBe(bytes)
    if (seesOwnFiles) expect(timesOpen(path)).toBe(0)
  })

  test('is closed once, however often that is asked', async () => {
    const file = await openNow()
    await file.close()
    // Takes the number that is free now.
    const other = await openNow()
    await file.close()
    expect(await readAt(other, 0, 2)).toBe('..01..')
    await other.close()
  })
})

/** Does something while every thread that reads files waits for a pipe. */
async function whileThreadsWait<T>(work: () => T | Promise<T>): Promise<T> {
  const pipe = `${tree.root}/pipe`
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0)
  const threads = Number(process.env.UV_THREADPOOL_SIZE ?? 4)
  const waiting = Array.from({ length: threads }, () => open(pipe, 'r'))
  try {
    return await work()
  } finally {
    // Who reads and writes waits for nobody, and nobody for them.
    const fd = openSync(pipe, 'r+')
    for (const file of await Promise.all(waiting)) await file.close()
    closeSync(fd)
  }
}

describe('OpenedFile.read', () => {
  test('says where the file ends, and what was still needed of it', async () => {
    path = write('long', Buffer.alloc(3000, text))
    const file = await openNow()
    const into = Buffer.alloc(1200, '.')
    await expect(file.read(into, 100, 1200, 2500)).rejects.toMatchObject({
      name: 'SourceFault',
      code: 'input-damaged',
      message: 'the file ends at its byte 3,000, before byte 3,600 that is needed',
    })
    // What there is of it was read.
    expect(into.toString()).toBe('.'.repeat(100) + text.repeat(50) + '.'.repeat(600))
    expect(file.readBytes).toBe(500)
    await expect(readAt(file, 5000, 1)).rejects.toThrow('the file ends at its byte 5,000, before byte 5,001')
    await file.close()
  })

  test('says that the file was changed where it ends since that', async () => {
    path = write('long', Buffer.alloc(3000, text))
    const file = await openNow()
    truncateSync(path, 2000)
    expect(await readAt(file, 0, 3)).toBe('..012..')
    await expect(readAt(file, 1000, 1500)).rejects.toMatchObject({
      code: 'input-changed',
      message: 'the file has 2,000 bytes now; it had 3,000 when the run was planned',
    })
    await file.close()
  })

  test.each([4, atOnceBytes + 1])('says at which byte reading failed: of %i bytes', async (bytes) => {
    // A folder can be opened, but not read.
    const file = await OpenedFile.open(tree.root, identityOf(tree.root), '')
    await expect(file.read(Buffer.alloc(bytes), 0, bytes, 1234)).rejects.toMatchObject({
      name: 'SourceFault',
      code: 'io',
      message: 'reading the file failed at its byte 1,234: EISDIR: illegal operation on a directory, read',
      cause: { code: 'EISDIR' },
    })
    expect(file.readBytes).toBe(0)
    await file.close()
  })
})

describe('OpenedFile.checkUnchanged', () => {
  test('says so where the file is longer, shorter or another one than was planned', async () => {
    const file = await openNow()
    await file.checkUnchanged()
    appendFileSync(path, 'x')
    await expect(file.checkUnchanged()).rejects.toThrow(
      new SourceFault('input-changed', 'the file has 11 bytes now; it had 10 when the run was planned'),
    )
    truncateSync(path, 9)
    await expect(file.checkUnchanged()).rejects.toThrow('the file has 9 bytes now; it had 10')
    await file.close()
  })

  test('says so where it was written to and is as long as before', async () => {
    const file = await openNow()
    writeFileSync(path, text)
    utimesSync(path, 1, 1)
    await expect(file.checkUnchanged()).rejects.toMatchObject({
      name: 'SourceFault',
      code: 'input-changed',
      message: 'the file was written to after the run was planned',
    })
    await file.close()
  })

  test('goes on with the file that was opened where another one has its name now', async () => {
    const file = await openNow()
    tree.writeBytes('other', 'abcdefghijklm')
    renameSync(`${tree.root}/other`, path)
    await file.checkUnchanged()
    expect(await readAt(file, 3, 4)).toBe('..3456..')
    await file.close()
  })
})

/** Two changes of one file right after each other have the same time: the clock of files is a coarse one. */
function untilTimeOfChangeMoves(): void {
  const { ctimeNs } = statSync(path, { bigint: true })
  while (statSync(write('clock', ''), { bigint: true }).ctimeNs <= ctimeNs);
}

describe('OpenedFile.checkUntouched', () => {
  test.each([
    ['rights', () => chmodSync(path, 0o640)],
    ['links', () => tree.hardLink('link', 'digits')],
    [
      'content, with its time put back',
      () => {
        const { atime, mtime } = statSync(path)
        writeFileSync(path, text)
        utimesSync(path, atime, mtime)
      },
    ],
  ])('cannot vouch for a file whose %s were changed since it was opened', async (_, change) => {
    // Times in whole seconds, which can be put back to the nanosecond.
    utimesSync(path, 1_000_000, 1_000_000)
    const file = await openNow()
    await file.checkUntouched()
    untilTimeOfChangeMoves()
    change()
    await file.checkUnchanged()
    for (let time = 0; time < 2; time++)
      await expect(file.checkUntouched()).rejects.toMatchObject({
        name: 'SourceFault',
        code: 'input-touched',
        message:
          'the file was changed while it was read, or its name, rights or links were: its modification time does not tell which',
      })
    await file.close()
  })

  test('says that it was changed where that is sure', async () => {
    const file = await openNow()
    appendFileSync(path, 'x')
    await expect(file.checkUntouched()).rejects.toMatchObject({ code: 'input-changed' })
    await file.close()
  })
})

describe('a file at an address', () => {
  const identity: FileIdentity = { sizeBytes: 10, mtimeNs: '5', ctimeNs: '0', inode: '0' }
  const stat = { sizeBytes: 10, mtimeNs: '5' }
  let server: RangesServer
  beforeEach(async () => {
    server = await serveRanges({ content: Buffer.from(text), opened: stat, later: stat })
  })
  afterEach(() => server.stop())

  test('is read as one of this machine, in whatever pieces its server gives', async () => {
    const answer = server.answer
    server.answer = (message, socket) => {
      if (!Array.isArray(message)) return answer(message, socket)
      const [atByte, bytes] = message as [number, number]
      answer([atByte, Math.min(bytes, 3)], socket)
    }
    const file = await OpenedFile.open('s3a://b/x', identity, '/nowhere')
    expect(file.sizeBytes).toBe(10)
    expect(await readAt(file, 1, 8)).toBe('..12345678..')
    expect(file.readBytes).toBe(8)
    expect(server.said.slice(1)).toEqual(['stat', [1, 8], [4, 5], [7, 2]])
    await file.checkUntouched()
    await file.close()
    await until('the end of the line', () => server.sockets[0]?.destroyed)
  })

  test('is not the planned one where its server says so', async () => {
    for (const planned of [
      { ...identity, sizeBytes: 9 },
      { ...identity, mtimeNs: '6' },
    ])
      await expect(OpenedFile.open('s3a://b/x', planned, '')).rejects.toMatchObject({
        code: 'input-changed',
        message: expect.stringMatching(/^s3a:\/\/b\/x: the file (has 10 bytes now; it had 9|was written to)/),
      })
    await until('the ends of both lines', () => server.sockets.every((socket) => socket.destroyed))
    expect(server.sockets).toHaveLength(2)
  })

  test('fails as its server says, and is closed', async () => {
    const answer = server.answer
    const fault = { code: 'package-missing', message: 'There is no S3 client.', wayOut: 'Add one.' }
    server.answer = (message, socket) => {
      if (message === 'stat') socket.write(`${JSON.stringify({ fault })}\n`)
      else answer(message, socket)
    }
    await expect(OpenedFile.open('s3a://b/x', identity, '')).rejects.toMatchObject(fault)
    await until('the end of the line', () => server.sockets[0]?.destroyed)
  })
})
