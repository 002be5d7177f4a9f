import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { forgetApp, notePage, notesFolder, type PageNote, parsePageNote } from '../../web/index.ts'
import { chooseSite, isWhole, parseRemote, type Remote, remoteScript } from './remote.ts'

const token = 'A'.repeat(32)

function noteOf(port: number, startedAt: number): PageNote {
  return {
    format: 'tallyman page note',
    version: 1,
    host: 'box',
    port,
    pid: 1,
    token,
    runsFolder: '/runs',
    app: null,
    startedAt,
  }
}

const shells = ['sh', 'bash', 'dash', 'zsh', 'fish', 'tcsh'].filter((shell) =>
  ['/bin', '/usr/bin'].some((folder) => existsSync(join(folder, shell))),
)

it.each(shells)(
  'remoteScript tells the notes of pages that are there, and who listens, to a user of %s',
  (shell) => {
    const home = mkdtempSync(join(tmpdir(), 'tallyman home '))
    onTestFinished(() => rmSync(home, { recursive: true }))
    notePage({ port: 40_123, token, runsFolder: '/runs' }, home)
    notePage({ port: 40_126, token: null, runsFolder: null, pid: null, app: 'hello' }, home)
    mkdirSync(join(home, notesFolder), { recursive: true })
    writeFileSync(join(home, notesFolder, '40124.999999999.json'), JSON.stringify(noteOf(40_124, 0)))
    writeFileSync(join(home, notesFolder, `40125.${process.pid}.json`), '{"half')
    const env = { PATH: process.env.PATH, HOME: home }
    const { stdout, stderr } = spawnSync(shell, ['-c', `exec sh -c '${remoteScript(notesFolder)}'`], {
      encoding: 'utf8',
      env,
      input: '',
    })
    expect(stderr).not.toMatch(/syntax|unmatched|not found/i)
    expect(isWhole(stdout)).toBe(true)
    const remote = parseRemote(`Welcome!\n${stdout}`, parsePageNote)
    expect(remote).toMatchObject({
      host: hostname(),
      uid: process.getuid?.(),
      pages: expect.arrayContaining([
        expect.objectContaining({ port: 40_123, pid: process.pid, token }),
        expect.objectContaining({ port: 40_126, pid: null, app: 'hello' }),
      ]),
    })
    expect(remote.pages).toHaveLength(2)
    expect(remote.listeners).toBeInstanceOf(Map)
    forgetApp('hello', home)
    expect(readdirSync(join(home, notesFolder))).not.toContain('40126.container.json')
  },
)

it('parseRemote passes over the notes of other machines, and reads where 127.0.0.1 leads', () => {
  const other = { ...noteOf(1, 1), host: 'other' }
  const sockets = [
    '0100007F:C3CB 1000',
    '00000000:0050 0',
    '0200007F:0051 7',
    '00000000000000000000000000000000:0052 8',
  ]
  const printed = [
    'tallyman tunnel',
    'host box',
    'uid 1000',
    `page ${JSON.stringify(other)}`,
    'sockets',
    ...sockets.map((line) => `listens ${line}`),
    'tallyman end',
    '',
  ]
  const remote = parseRemote(printed.join('\n'), parsePageNote)
  expect(remote.pages).toEqual([])
  expect([...(remote.listeners ?? [])]).toEqual([
    [50_123, 1000],
    [80, 0],
    [82, 8],
  ])
  expect(parseRemote('tallyman tunnel\nhost mac\nuid 501\ntallyman end\n', parsePageNote).listeners).toBe(
    null,
  )
})

it('chooseSite takes the page that was started last, then an app at the own port, and nobody else’s', () => {
  const remote: Remote = {
    host: 'box',
    uid: 50_123,
    pages: [noteOf(40_001, 2), noteOf(40_000, 1)],
    listeners: new Map([
      [50_123, 50_123],
      [60_123, 7],
    ]),
  }
  expect(chooseSite(remote, null, 'box')).toMatchObject({ port: 40_001, token })
  expect(chooseSite(remote, 40_000, 'box')).toMatchObject({ port: 40_000, token })
  expect(chooseSite(remote, 50_123, 'box')).toMatchObject({ port: 50_123, token: null })
  expect(chooseSite({ ...remote, pages: [] }, null, 'box')).toMatchObject({ port: 50_123, token: null })
  expect(chooseSite(remote, 60_123, 'box')).toMatchObject({
    link: 'page',
    reason: expect.stringContaining('user id 7'),
  })
  expect(chooseSite(remote, 80, 'box')).toMatchObject({
    link: 'listener',
    wayOut: expect.stringContaining('the page of /runs (--port 40001), the page of /runs (--port 40000).'),
  })
  expect(chooseSite({ ...remote, pages: [], listeners: null }, null, 'box')).toMatchObject({
    link: 'listener',
    isPassing: true,
  })
})

it('chooseSite takes what is noted of containers while somebody listens there who may be their engine', () => {
  const inContainer = { ...noteOf(50_123, 3), pid: null }
  const hello = { ...inContainer, port: 60_123, token: null, runsFolder: null, app: 'hello' }
  const remote = (listeners: Remote['listeners'], pages = [hello, inContainer]): Remote => ({
    host: 'box',
    uid: 50_123,
    pages,
    listeners,
  })
  // A page proves who it is, whoever holds its port.
  for (const holder of [50_123, 0, 7])
    expect(chooseSite(remote(new Map([[50_123, holder]])), null, 'box')).toMatchObject({
      port: 50_123,
      token,
      heldBy: null,
    })
  const app = (listeners: Remote['listeners']): unknown =>
    chooseSite(remote(listeners, [hello]), 60_123, 'box')
  expect(app(new Map([[60_123, 50_123]]))).toMatchObject({ what: 'the app hello', heldBy: 'user' })
  expect(app(new Map([[60_123, 0]]))).toMatchObject({ what: 'the app hello', heldBy: 'root' })
  expect(app(null)).toMatchObject({ what: 'the app hello', heldBy: 'unknown' })
  expect(app(new Map([[60_123, 7]]))).toMatchObject({ link: 'page' })
  expect(app(new Map())).toMatchObject({ link: 'listener' })
  // Nobody noted it, so root is a stranger.
  expect(chooseSite(remote(new Map([[60_123, 0]]), []), 60_123, 'box')).toMatchObject({ link: 'page' })
  const both = new Map([
    [50_123, 50_123],
    [60_123, 50_123],
  ])
  expect(chooseSite(remote(both), null, 'box')).toMatchObject({
    port: 50_123,
    others: ['the app hello (--port 60123)'],
  })
  expect(chooseSite(remote(both, [hello]), null, 'box')).toMatchObject({ port: 60_123 })
})
