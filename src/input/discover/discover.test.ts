import { once } from 'node:events'
import { chmodSync, closeSync, existsSync, ftruncateSync, openSync, realpathSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeArchive } from '../../../test/fixtures/archives.ts'
import { asOrdinaryUser } from '../../../test/fixtures/as-ordinary-user.ts'
import { InputTree } from '../../../test/fixtures/input-tree.ts'
import { requires } from '../../../test/requires.ts'
import { TallymanError } from '../../errors.ts'
import { days } from '../../job/index.ts'
import { packSplits, planSplits } from '../split-plan.ts'
import { daysBetween } from './days.ts'
import { discoverInputs } from './discover.ts'
import type { Discovery } from './discovery.ts'

let tree: InputTree
beforeEach(() => {
  tree = new InputTree()
})
afterEach(() => tree.remove())

function discover(...args: readonly string[]): Promise<Discovery> {
  return discoverInputs(args, { cwd: tree.root })
}

async function pathsOf(...args: readonly string[]): Promise<string[]> {
  return (await discover(...args)).files.map(({ path }) => path)
}

async function refusalOf(...args: readonly string[]): Promise<string> {
  try {
    await discover(...args)
    return 'none'
  } catch (error) {
    if (!(error instanceof TallymanError)) throw error
    return `${error.code}: ${error.message}`
  }
}

describe('discoverInputs on files and directories', () => {
  test('orders by bytes of the absolute path, each file once, whatever the arguments', async () => {
    tree.write('d/b', 'd/a', 'd/B', 'd/é', 'd/sub/x', 'd/sub-1', 'z')
    const expected = ['d/B', 'd/a', 'd/b', 'd/sub-1', 'd/sub/x', 'd/é', 'z']
    expect(await pathsOf('d', 'z')).toEqual(expected)
    const spellings = [
      'd',
      './d',
      'd/',
      `${tree.root}/d`,
      'd/a',
      './d//a',
      'd/../d/b',
      'z',
      './z',
      'd/*',
      '**',
      '[z]',
    ]
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(spellings), async (args) => {
        const found = await pathsOf('d', 'z', ...args)
        expect(found).toEqual(expected)
        expect(await pathsOf(...args, 'z', 'd')).toEqual(found)
      }),
      { numRuns: 20 },
    )
  })

  test('takes names with spaces, quotes, colons, newlines and pattern characters as they are', async () => {
    const names = ['a b', 'a"b', "a'b", 'a:b', 'a\nb', 'a*b', 'a[1]', 'a{1,2}', 'a\\b', '-a', 'a$b', 'ａ']
    tree.write(...names.map((name) => `Twitter dataset/${name}`))
    expect(await pathsOf(...names.map((name) => `Twitter dataset/${name}`))).toHaveLength(names.length)
    expect(await pathsOf('Twitter dataset/a*b')).toEqual(['Twitter dataset/a*b'])
    expect(await pathsOf('Twitter dataset/a{1,2}')).toEqual(['Twitter dataset/a{1,2}'])
    expect(await pathsOf('Twitter dataset')).toHaveLength(names.length)
    expect(await pathsOf('Twitter*/*')).toHaveLength(names.length)
  })

  test.skipIf(process.platform !== 'linux')('keeps names whose bytes are not UTF-8 apart', async () => {
    tree.writeNamed(Buffer.from('a\xff', 'latin1'), 'one')
    tree.writeNamed(Buffer.from('a\xfe', 'latin1'), 'three')
    const { files } = await discover('.')
    expect(files.map(({ path, identity }) => [path, identity.sizeBytes])).toEqual([
      ['a\udcfe', 5],
      ['a\udcff', 3],
    ])
    expect(await pathsOf('a\udcff')).toEqual(['a\udcff'])
    expect(await pathsOf('a?')).toHaveLength(2)
  })

  test('leaves hidden entries out and says so, but takes those that were named', async () => {
    tree.write('d/a', 'd/.b', 'd/_SUCCESS', 'd/.git/x', 'd/_temporary/y', '.hidden/z')
    const { files, ignored } = await discover('d')
    expect(files.map(({ path }) => path)).toEqual(['d/a'])
    expect(ignored.map(({ path, reason }) => `${path} ${reason}`)).toEqual([
      'd/.b is hidden: its name begins with "."',
      'd/.git is hidden: its name begins with "."',
      'd/_SUCCESS is hidden: its name begins with "_"',
      'd/_temporary is hidden: its name begins with "_"',
    ])
    const both = await discover('d', 'd/.git', 'd/.b', '.hidden')
    expect(both.files.map(({ path }) => path)).toEqual(['.hidden/z', 'd/.b', 'd/.git/x', 'd/a'])
    expect(both.ignored.map(({ path }) => path)).toEqual(['d/_SUCCESS', 'd/_temporary'])
  })

  test('reads a file once that links lead to as well, under its own name', async () => {
    tree.write('d/2020-12-31', 'elsewhere/x')
    tree.link('d/latest', '2020-12-31')
    tree.link('d/1', '../elsewhere/x')
    tree.link('d/2', '../elsewhere/x')
    const { files, ignored } = await discover('d')
    expect(files.map(({ path }) => path)).toEqual(['d/1', 'd/2020-12-31'])
    expect(ignored).toEqual([
      { path: 'd/2', reason: 'is a link to the same file as "d/1", which is read' },
      { path: 'd/latest', reason: 'is a link to the same file as "d/2020-12-31", which is read' },
    ])
    expect(await pathsOf('d/latest')).toEqual(['d/latest'])
  })

  test('reads hard links as files of their own, and says so', async () => {
    tree.write('a')
    tree.hardLink('b', 'a')
    const { files, notes } = await discover('.')
    expect(files).toHaveLength(2)
    expect(notes).toEqual(['b: is the same file on disk as "a"; both are read.'])
  })

  test('says of a file that lies beside itself, packed, that both are read', async () => {
    tree.write('a.log')
    tree.writeBytes('a.log.gz', gzipSync('{}\n'))
    tree.writeBytes('b.log.gz', gzipSync('{}\n'))
    const { files, notes } = await discover('.')
    expect(files).toHaveLength(3)
    expect(notes).toEqual([
      'a.log.gz: lies beside "a.log"; both are read, and where the one is the other, packed, all of it counts twice.',
    ])
  })

  test('does not follow links to directories it finds, and names them', async () => {
    tree.write('d/a', 'other/b')
    tree.link('d/loop', '.')
    tree.link('d/other', '../other')
    const { files, ignored } = await discover('d')
    expect(files.map(({ path }) => path)).toEqual(['d/a'])
    expect(ignored.map(({ path }) => path)).toEqual(['d/loop', 'd/other'])
    expect(ignored[0]?.reason).toContain('is a link to a directory')
    expect(await pathsOf('d/other')).toEqual(['d/other/b'])
    expect(await pathsOf('d/other', 'other')).toEqual(['other/b'])
  })

  test('reports a link that leads nowhere', async () => {
    tree.write('d/a')
    tree.link('d/b', 'gone')
    tree.link('d/c', 'c')
    const { problems } = await discover(`${tree.root}/d`, 'd', 'd/*')
    expect(problems.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'input-missing d/b: is a link to "gone", which does not exist.',
      'input-missing d/c: is a link to "c", which is a symbolic link that leads back to itself.',
    ])
  })

  test('refuses what is no file when it was named, and passes over it when it was found', async () => {
    tree.write('d/a')
    const server = createServer().listen(`${tree.root}/d/socket`)
    try {
      await once(server, 'listening')
      expect(await refusalOf('d/socket')).toBe('input-unsupported: Input "d/socket" is a socket and no file.')
      expect(await refusalOf('/dev/null')).toContain('is a device and no file')
      expect((await discover('d')).ignored).toEqual([{ path: 'd/socket', reason: 'is a socket and no file' }])
    } finally {
      server.close()
    }
  })

  test.runIf(existsSync('/proc/self/fd'))('refuses a file by what this process has it open as', async () => {
    tree.write('d/my file')
    const fd = openSync(`${tree.root}/d/my file`, 'r')
    try {
      for (const name of [`/dev/fd/${fd}`, `/proc/self/fd/${fd}`, `//proc/self/./fd/${fd}`]) {
        const refusal = discover(name)
        await expect(refusal).rejects.toMatchObject({
          code: 'input-unsupported',
          message: `Input ${JSON.stringify(name)} is a file that this command was started with, which its workers were not.`,
          wayOut: `Name the file itself: '${realpathSync(tree.root)}/d/my file'`,
        })
      }
    } finally {
      closeSync(fd)
    }
  })

  test('says of - that standard input is not read', async () => {
    await expect(discover('-')).rejects.toMatchObject({
      message: 'Input "-" does not exist.',
      wayOut: expect.stringContaining('Standard input is not read: write it to a file first'),
    })
  })

  test.runIf(existsSync('/proc/version'))(
    'does not take a file for empty that has data, whatever its file system says',
    async () => {
      tree.write('empty', 'd/full')
      tree.link('d/version', '/proc/version')
      const { files, problems } = await discover('d', 'empty')
      expect(files.map(({ path }) => path)).toEqual(['d/full', 'empty'])
      expect(problems.map(({ code, message }) => `${code} ${message}`)).toEqual([
        'input-unsupported d/version: the file has data in it, though its file system says that it is 0 bytes long.',
      ])
    },
  )

  test('names what may not be read', async () => {
    tree.write('d/a', 'd/b', 'd/sub/c')
    chmodSync(`${tree.root}/d/b`, 0)
    chmodSync(`${tree.root}/d/sub`, 0)
    await asOrdinaryUser(tree.root, async () => {
      const { problems } = await discover('d')
      expect(problems.map(({ message }) => message)).toEqual([
        'd/b: the file may not be read by you (permission denied).',
        'd/sub: the directory may not be read by you (permission denied).',
      ])
      expect(await refusalOf('d/sub/c')).toContain('permission denied')
    })
    chmodSync(`${tree.root}/d/sub`, 0o700)
  })
})

describe('discoverInputs over results', () => {
  test('reads no result that lies among the inputs, but one that is named', async () => {
    tree.write('texts/a.jsonl')
    tree.writeBytes('texts/counts/result.jsonl', '{"key":1,"value":2}\n')
    tree.writeBytes('texts/counts/manifest.json', '{\n  "format": "tallyman result",\n  "version": 1\n}\n')
    const { files, ignored } = await discover('texts')
    expect(files.map(({ path }) => path)).toEqual(['texts/a.jsonl'])
    expect(ignored).toEqual([{ path: 'texts/counts', reason: 'is a result of tallyman, and no input' }])
    expect((await discover('texts/counts')).files).toHaveLength(2)
  })

  test.each(['texts/**/*.jsonl', '**/*.jsonl', 'texts/**', 'texts/*', 'te*/*/*', 'texts/{a,*/*}.jsonl'])(
    'reads none that only the pattern %s leads to',
    async (pattern) => {
      tree.write('texts/a.jsonl', 'texts/deep/b.jsonl')
      tree.writeBytes('texts/counts/result.jsonl', '{"key":1,"value":2}\n')
      tree.writeBytes('texts/counts/manifest.json', '{\n  "format": "tallyman result",\n  "version": 1\n}\n')
      const { files, ignored } = await discover(pattern)
      expect(files.filter(({ path }) => path.includes('counts'))).toEqual([])
      expect(files).not.toEqual([])
      expect(ignored).toEqual([{ path: 'texts/counts', reason: 'is a result of tallyman, and no input' }])
    },
  )

  test('reads no more of a file that is called as their manifests than its beginning', async () => {
    tree.writeBytes('texts/a.txt', 'a\n')
    const file = openSync(`${tree.root}/texts/manifest.json`, 'w')
    // Of holes; nothing holds so much at once.
    ftruncateSync(file, 5 * 2 ** 30)
    closeSync(file)
    expect(await pathsOf('texts/..')).toEqual(['texts/../texts/a.txt', 'texts/../texts/manifest.json'])
  })

  test('reads nothing that tallyman keeps there, unless it is named', async () => {
    tree.write('texts/a.txt', 'texts/home/runs/r1/run.json', 'texts/home/notes.txt')
    const own = [`${realpathSync(tree.root)}/texts/home/runs`]
    const found = await discoverInputs(['texts', 'texts/*/*'], { cwd: tree.root, own })
    expect(found.files.map(({ path }) => path)).toEqual(['texts/a.txt', 'texts/home/notes.txt'])
    expect(found.ignored).toEqual([
      { path: 'texts/home/runs', reason: 'is where tallyman keeps its own files, and no input' },
    ])
    const named = await discoverInputs(['texts/home/runs'], { cwd: tree.root, own })
    expect(named.files).toHaveLength(1)
  })

  test('reads one whose name a pattern has, and says of a pattern that leads to nothing else what it leads to', async () => {
    tree.writeBytes('texts/counts/result.jsonl', '{"key":1,"value":2}\n')
    tree.writeBytes('texts/counts/manifest.json', '{\n  "format": "tallyman result",\n  "version": 1\n}\n')
    for (const pattern of ['texts/counts/*.jsonl', 't*/counts/*.jsonl', '**/counts/result.jsonl'])
      expect((await discover(pattern)).files).toMatchObject([{ path: 'texts/counts/result.jsonl' }])
    await expect(discover('texts/*/*.jsonl')).rejects.toMatchObject({
      code: 'input-missing',
      message: expect.stringContaining('matches no file, but for results of tallyman: "texts/counts".'),
      wayOut: expect.stringContaining('write out the names'),
    })
  })
})

describe('discoverInputs on patterns', () => {
  beforeEach(() => {
    tree.write('2019/x.zip', '2020/a.zip', '2020/b.zip', '2020/b.txt', '2020/deep/er/c.zip', '2020/.h.zip')
  })

  test.each([
    ['2020/*.zip', ['2020/a.zip', '2020/b.zip']],
    ['./2020/*.zip', ['2020/a.zip', '2020/b.zip']],
    ['20*/?.zip', ['2019/x.zip', '2020/a.zip', '2020/b.zip']],
    ['**/*.zip', ['2019/x.zip', '2020/a.zip', '2020/b.zip', '2020/deep/er/c.zip']],
    ['2020/**', ['2020/a.zip', '2020/b.txt', '2020/b.zip', '2020/deep/er/c.zip']],
    ['2020/**/er/*', ['2020/deep/er/c.zip']],
    ['2020/*/', ['2020/deep/er/c.zip']],
    ['2020/d*', ['2020/deep/er/c.zip']],
    ['20{19,20}/[ax].zip', ['2019/x.zip', '2020/a.zip']],
    ['2020/{a,b}.zip', ['2020/a.zip', '2020/b.zip']],
    ['2020/.*.zip', ['2020/.h.zip']],
    ['2019/../2020/a*', ['2019/../2020/a.zip']],
  ])('%s', async (pattern, expected) => {
    expect(await pathsOf(pattern)).toEqual(expected)
  })

  test('from the root, and with hidden matches named', async () => {
    const { files, ignored } = await discover(`${tree.root}/2020/*.zip`)
    expect(files.map(({ path }) => path)).toEqual([`${tree.root}/2020/a.zip`, `${tree.root}/2020/b.zip`])
    expect(ignored.map(({ path }) => path)).toEqual([`${tree.root}/2020/.h.zip`])
  })

  test.each([
    ['2020/*.gz', '"2020" holds "a.zip", "b.txt", "b.zip" and 1 more'],
    ['*.zip', 'The current directory holds "2019", "2020"'],
    ['2021/*', '"2021" does not exist'],
    ['2020/{a,c}.zip', 'Input "2020/c.zip" does not exist. There is'],
    ['{2020,202[12]}/a.zip', 'Pattern "202[12]/a.zip" matches no file'],
  ])('refuses %s, which matches nothing', async (pattern, message) => {
    expect(await refusalOf(pattern)).toContain(message)
  })
})

describe('discoverInputs refuses', () => {
  test('what does not exist, with the names that may be meant', async () => {
    tree.write('data/geoTwitter20-01-01.zip', 'data/geoTwitter20-01-02.zip', 'data/notes.txt')
    expect(await refusalOf('data/geoTwitter20-01-03.zip')).toBe(
      'input-missing: Input "data/geoTwitter20-01-03.zip" does not exist. There is "data/geoTwitter20-01-01.zip", "data/geoTwitter20-01-02.zip".',
    )
    expect(await refusalOf('dta/notes.txt')).toBe(
      'input-missing: Input "dta/notes.txt" does not exist: there is no "dta". There is "data".',
    )
    expect(await refusalOf('data/notes.txt/x')).toContain('"data/notes.txt" is a file')
    expect(await refusalOf('data/notes.txt/')).toContain('is a file')
    expect(await refusalOf('', 'nul\0', 'data')).toContain(
      '"" is an empty name. Input "nul\\u0000" does not exist',
    )
    expect(await refusalOf()).toBe('input-missing: No input was named.')
    tree.link('dangling', 'gone')
    expect(await refusalOf('dangling')).toContain('is a link to "gone", which does not exist')
  })

  test('a directory without a file', async () => {
    tree.makeDirectory('empty/er')
    expect(await refusalOf('empty')).toBe('input-missing: Directory "empty" holds no file.')
    tree.write('empty/_SUCCESS')
    expect(await refusalOf('empty')).toContain('holds no file, but for what is no input: "empty/_SUCCESS"')
  })
})

describe('discoverInputs on archives', () => {
  test('tells kinds by the first bytes, and gives identities', async () => {
    tree.writeBytes('a.txt', gzipSync('x'))
    tree.writeBytes(
      'b.log',
      makeArchive([
        { name: 'y', content: '1' },
        { name: 'x', content: '2' },
      ]),
    )
    tree.writeBytes('c', '{}')
    const { files, problems } = await discover('.')
    expect(files.map(({ kind }) => kind)).toEqual(['gzip', 'zip', 'plain'])
    expect(files[1]?.members.map(({ name }) => name)).toEqual(['x', 'y'])
    expect(problems).toEqual([])
    const { size, mtimeNs, ctimeNs, ino } = statSync(`${tree.root}/c`, { bigint: true })
    expect(files[2]?.identity).toEqual({
      sizeBytes: Number(size),
      mtimeNs: `${mtimeNs}`,
      ctimeNs: `${ctimeNs}`,
      inode: `${ino}`,
    })
  })

  test('reports archives that are damaged or in an unknown codec, and goes on', async () => {
    const whole = makeArchive([{ name: 'x', content: '1' }])
    tree.writeBytes('a.zip', whole.subarray(0, -1))
    tree.writeBytes('b.zip', '<html>')
    tree.writeBytes('c.gz', '')
    tree.writeBytes('d.xz', Buffer.from('\xfd7zXZ\0', 'latin1'))
    tree.writeBytes('e.zip', whole)
    const { files, problems } = await discover('.')
    expect(files.map(({ path }) => path)).toEqual(['e.zip'])
    expect(problems.map(({ path, code, byte }) => `${path} ${code} ${byte}`)).toEqual([
      `a.zip input-damaged ${whole.length - 1}`,
      'b.zip input-damaged null',
      'c.gz input-damaged null',
      'd.xz input-unsupported null',
    ])
    expect(problems.every(({ wayOut, path }) => wayOut?.endsWith(`--accept ${path}.`))).toBe(true)
  })

  test('reports members that cannot be read, and keeps the others', async () => {
    tree.writeBytes(
      'a.zip',
      makeArchive([
        { name: 'double', content: '1' },
        { name: 'double', content: '2' },
        { name: 'double', content: '3' },
        { name: 'good', content: '1' },
        { name: 'locked', content: '1', flags: 1 },
        { name: 'odd', content: '1', method: 14 },
        { name: '__MACOSX/._good', content: '1' },
      ]),
    )
    const { files, problems, ignored } = await discover('a.zip')
    expect(files[0]?.members.map(({ name }) => name)).toEqual(['good'])
    expect(problems.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'input-damaged a.zip!double: the member is in the archive more than once; none of them is read.',
      'input-unsupported a.zip!locked: the member is encrypted.',
      'input-unsupported a.zip!odd: the member is compressed with method 14; tallyman reads stored (0) and deflated (8).',
    ])
    expect(ignored.map(({ path }) => path)).toEqual(['a.zip!__MACOSX/._good'])
  })

  test('reports an archive without data among others that have some', async () => {
    tree.writeBytes('empty.zip', makeArchive([]))
    tree.writeBytes('dash.zip', makeArchive([{ name: '-' }]))
    const alone = await discover('empty.zip')
    expect(alone.problems).toEqual([])
    expect(alone.notes).toEqual(['empty.zip: there is nothing in it.'])
    tree.writeBytes('full.zip', makeArchive([{ name: '00:00', content: 'x' }, { name: '01:00' }]))
    tree.writeBytes('plain', '')
    const { problems, notes } = await discover('.')
    expect(problems.map(({ path, code }) => `${path} ${code}`)).toEqual([
      'dash.zip input-damaged',
      'empty.zip input-damaged',
    ])
    expect(problems[0]?.message).toBe(
      'dash.zip: the file is an archive without a record, while others have some.',
    )
    expect(notes).toEqual([
      'full.zip!01:00: the member is empty, while others of the archive are not.',
      'plain: the file is empty, while others are not.',
    ])
  })
})

describe('discoverInputs on a year of archives', () => {
  const year = daysBetween('2020-01-01', '2020-12-31').map(
    (day) => `Twitter dataset/geoTwitter${day.slice(2)}.zip`,
  )

  test('plans 366 archives of 24 members', async () => {
    const hours = Array.from({ length: 24 }, (_, hour) => ({ name: `x_${hour}:00`, content: '{}\n' }))
    const archive = makeArchive(hours)
    for (const path of year) tree.writeBytes(path, archive)
    const { files, problems, series } = await discover('Twitter dataset')
    const tasks = packSplits(planSplits(files, { splitBytes: 1e8, splittable: true }), 30, 1024)
    expect([files.length, problems.length, tasks.length]).toEqual([366, 0, 366 * 3])
    expect(series).toEqual({
      pattern: 'geoTwitterYY-MM-DD.zip',
      from: '2020-01-01',
      to: '2020-12-31',
      missing: [],
    })
  })

  test('finds what lacks, and leaves out what is no part of it', async () => {
    tree.write(...year.filter((path) => !path.includes('20-02-20')))
    tree.write(
      'Twitter dataset/README.md',
      'Twitter dataset/tweets-20220406.zip',
      'Twitter dataset/geoTwitter18-07-01.zip',
    )
    const expected = await discoverInputs(['Twitter dataset'], {
      cwd: tree.root,
      expect: days('2020-01-01', '2020-12-31'),
    })
    expect(expected.files).toHaveLength(365)
    expect(expected.ignored.map(({ path }) => path)).toEqual([
      'Twitter dataset/README.md',
      'Twitter dataset/geoTwitter18-07-01.zip',
      'Twitter dataset/tweets-20220406.zip',
    ])
    expect(expected.problems.map(({ path }) => path)).toEqual(['2020-02-20'])
    const { series } = await discover('Twitter dataset/geoTwitter20-{01..12}-*.zip')
    expect(series?.missing).toEqual(['2020-02-20'])
  })
})

const tweets = fileURLToPath(new URL('../../../../shared/data/tweets/', import.meta.url))

describe.skipIf(!requires('the real archives in ../shared/data/tweets', existsSync(tweets)))(
  'real archives',
  () => {
    test('the empty one is reported among full ones', async () => {
      const { problems, files } = await discover(
        `${tweets}geo-only`,
        `${tweets}geoTwitter21-01-01.empty-dir.zip`,
      )
      expect(files).toHaveLength(5)
      expect(problems.map(({ message }) => message)).toEqual([
        `${tweets}geoTwitter21-01-01.empty-dir.zip: the file is an archive without a record, while others have some.`,
      ])
    })
  },
)
