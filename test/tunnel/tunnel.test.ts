/** `tunnel`: from one ordinary user's computer, through a real ssh server of another one's, to a page in a real browser. */
import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Reached } from '../../src/cli/tunnel/reach.ts'
import { notesFolder } from '../../src/web/index.ts'
import { hasEngine } from '../fixtures/engine.ts'
import { canMakeUsers, isTunOpen, OrdinaryUser } from '../fixtures/ordinary-user.ts'
import { freePort, hasChromium, launchChromium } from '../fixtures/page-server.ts'
import { quotedIn, readPage } from '../fixtures/pages.ts'
import { program } from '../fixtures/program.ts'
import { hasSsh, makeKey, SshServer } from '../fixtures/ssh-server.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'

const isReady =
  requires('an ssh server and client (openssh-server, openssh-client)', hasSsh) &&
  requires('root, to make users', canMakeUsers) &&
  requires('Chromium', hasChromium)

const canHaveContainers =
  requires('a container engine', hasEngine) &&
  requires('a /dev/net/tun that everybody may open (chmod 666)', isTunOpen)

/** Ports of this test's own. */
const base = freePort() + 400
const ports = {
  ssh: base,
  jump: base + 1,
  refusing: base + 2,
  bare: base + 3,
  page: base + 4,
  other: base + 5,
  app: base + 6,
  local: base + 7,
  free: base + 8,
  upPage: base + 9,
}

/** A program that goes on, and what it says. */
class Going {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''

  constructor(child: ChildProcess) {
    this.child = child
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
  }

  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode
    const ended = once(this.child, 'exit')
    this.child.kill(signal)
    const [status] = await ended
    return status
  }

  async line(): Promise<string> {
    await until('a line on stdout', () => {
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`It has ended: ${this.stderr}`)
      return this.stdout.includes('\n')
    })
    return this.stdout.split('\n')[0] ?? ''
  }

  /** The link of a tunnel, when it has said all it says of that. */
  async opened(): Promise<string> {
    const link = await this.line()
    await until('all to be said', () => this.stderr.includes('Ctrl-C ends the tunnel'))
    return link
  }
}

describe.skipIf(!isReady)('tunnel', () => {
  /** Has an account on a server; and somebody else, who has a laptop, and an account on that server as well. */
  let ada: OrdinaryUser
  let bob: OrdinaryUser
  let servers: SshServer[]
  let ssh: SshServer
  let jump: SshServer
  let browser: Browser
  /** Ada's page, and its link. */
  let page: Going
  let link: string
  let going: Going[] = []

  beforeAll(async () => {
    ada = new OrdinaryUser(`tallyman-ada-${process.pid}`)
    bob = new OrdinaryUser(`tallyman-bob-${process.pid}`)
    makeKey(bob, 'id_ed25519', ada)
    makeKey(bob, 'unknown', null)
    bob.write(
      '.ssh/config',
      `Host *\n  StrictHostKeyChecking accept-new\nHost box\n  HostName 127.0.0.1\n  Port ${ports.ssh}\n  User ${ada.name}\n  LocalForward ${ports.free} 127.0.0.1:1\n`,
    )
    ssh = await SshServer.start(ada, ports.ssh)
    jump = await SshServer.start(ada, ports.jump)
    servers = [
      ssh,
      jump,
      await SshServer.start(ada, ports.refusing, ['AllowTcpForwarding no']),
      await SshServer.start(ada, ports.bare, ['ForceCommand /usr/sbin/nologin']),
    ]
    page = await servePage()
    link = JSON.parse(await page.line()).link
    browser = await launchChromium()
  })
  afterEach(async () => {
    for (const one of going) await one.stop('SIGKILL')
    going = []
  })
  afterAll(async () => {
    await browser?.close()
    await page?.stop()
    for (const server of servers ?? []) await server.stop()
    ada?.remove()
    bob?.remove()
  })

  async function servePage(): Promise<Going> {
    const served = new Going(
      ada.start(process.execPath, [program, 'serve', '--json', '--port', String(ports.page)]),
    )
    await served.line()
    return served
  }

  function start(
    user: OrdinaryUser,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Going {
    const one = new Going(user.start(process.execPath, [program, ...args], env))
    going.push(one)
    return one
  }

  function tunnel(...args: readonly string[]): Going {
    return start(bob, ['tunnel', ...args])
  }

  async function broken(
    ...args: readonly string[]
  ): Promise<{ status: number | null; stderr: string; stdout: string }> {
    const one = tunnel(...args)
    const [status] = one.child.exitCode === null ? await once(one.child, 'close') : [one.child.exitCode]
    return { status, stderr: one.stderr, stdout: one.stdout }
  }

  function direct(): string[] {
    return [`${ada.name}@127.0.0.1`, '-p', String(ports.ssh)]
  }

  /** Those of bob's: others may have a tunnel as well. */
  function foldersLeft(): string[] {
    const names = readdirSync(tmpdir()).filter((name) => name.startsWith('tallyman-tunnel-'))
    const paths = names.map((name) => join(tmpdir(), name))
    return paths.filter((path) => statSync(path, { throwIfNoEntry: false })?.uid === bob.uid)
  }

  function expectNothingLeft(said = ''): void {
    const left = bob.processes().filter((line) => /\bssh\b|tunnel/.test(line))
    expect(left).toEqual([])
    const folders = foldersLeft().map((path) => [path, statSync(path).mtime, ...readdirSync(path)])
    expect(folders, `what the tunnel said:\n${said}`).toEqual([])
  }

  it('leads through a jump host, with a key, to the page in a browser; is cut, and leads there again; and ends cleanly', async () => {
    const opened = join(bob.home, 'opened')
    const opener = bob.write('bin/xdg-open', `#!/bin/sh\necho "$1" >${opened}\n`)
    spawnSync('chmod', ['755', opener])
    const env = { PATH: `${bob.home}/bin:${process.env.PATH}`, DISPLAY: ':99' }
    const one = start(
      bob,
      [
        'tunnel',
        'box',
        '-J',
        `${ada.name}@127.0.0.1:${ports.jump}`,
        '-i',
        '.ssh/id_ed25519',
        '--local-port',
        String(ports.local),
      ],
      env,
    )
    const shown = await one.opened()
    expect(shown).toBe(`http://127.0.0.1:${ports.local}/?token=${new URL(link).searchParams.get('token')}`)
    expect(one.stderr).toContain('proven that it is yours')
    await until(
      'the browser to be opened',
      () => existsSync(opened) && readFileSync(opened, 'utf8') === `${shown}\n`,
    )
    expect(jump.log).toContain('Accepted publickey')
    const tab = await (await browser.newContext()).newPage()
    await tab.goto(shown)
    expect(await tab.title()).toContain('tallyman')
    expect(tab.url()).toBe(`http://127.0.0.1:${ports.local}/`)

    // The connection is cut on its way: by the jump host, then by the end of ssh here.
    for (const cut of [
      () => jump.cut(),
      () => spawnSync('pkill', ['-KILL', '-u', String(bob.uid), '-x', 'ssh']),
    ]) {
      one.stderr = ''
      cut()
      await until('the loss to be seen', () => /broken at the link "ssh"/.test(one.stderr))
      // Whoever asks meanwhile waits.
      expect((await tab.reload())?.status()).toBe(200)
      await until('to be told', () => one.stderr.includes('is open again'))
    }

    // The page ends, and is started again.
    one.stderr = ''
    await page.stop()
    await until('its end to be seen', () =>
      /broken at the link "listener".*\n.*tallyman serve/.test(one.stderr),
    )
    page = await servePage()
    expect((await tab.reload())?.status()).toBe(200)
    await tab.context().close()
    expect(await one.stop()).toBe(0)
    expectNothingLeft(one.stderr)
  })

  it('leaves nothing of ssh behind where it is killed', async () => {
    const one = tunnel(...direct(), '--no-open')
    await one.line()
    await one.stop('SIGKILL')
    await until('ssh to end', () => !bob.processes().some((line) => /^ssh /.test(line)))
    for (const path of foldersLeft()) rmSync(path, { recursive: true })
  })

  it('leads to an app of the user’s own, which has no token', async () => {
    ada.write('app.ts', "export default { fetch: () => new Response('hello from ada') }\n")
    const app = start(ada, ['serve', 'app.ts', '--port', String(ports.app)])
    await app.line()
    const one = tunnel(...direct(), '--port', String(ports.app), '--json')
    const told = JSON.parse(await one.opened())
    expect([
      ...quotedIn(readPage('command-json.md').split('## `tallyman tunnel`')[1]?.split('\n## ')[0] ?? ''),
    ]).toEqual(expect.arrayContaining(Object.keys(told)))
    expect(told).toMatchObject({
      remotePort: ports.app,
      hasToken: false,
      heldBy: 'user',
      pid: one.child.pid,
    })
    expect(one.stderr).toMatch(
      /the app app\.ts, port \d+ of .*: a process of yours listens there\.\n.*no token.*\nAlso yours there: the page of /,
    )
    expect(await (await fetch(told.link)).text()).toBe('hello from ada')
    expect(await one.stop()).toBe(0)
  })

  it.skipIf(!canHaveContainers)(
    'leads to what `up` has started: the page proves who it is, and of an app it is said who listens',
    async () => {
      ada.write('hello/app.ts', "export default { fetch: () => new Response('hello from a container') }\n")
      const up = (...args: readonly string[]): void => {
        const ended = ada.run(process.execPath, [program, 'up', ...args])
        expect(ended, ended.stderr).toMatchObject({ status: 0 })
      }
      up('hello', '--port', String(ports.app))
      up('--port', String(ports.upPage))
      const toPage = tunnel(...direct())
      const shown = await toPage.opened()
      expect(toPage.stderr).toMatch(
        new RegExp(
          `port ${ports.upPage} of .* proven that it is yours.*the app hello \\(--port ${ports.app}\\)`,
          's',
        ),
      )
      expect((await fetch(shown, { redirect: 'manual' })).status).toBe(303)
      const toApp = tunnel(...direct(), '--port', String(ports.app))
      const link = await toApp.opened()
      expect(toApp.stderr).toMatch(/the app hello, port \d+ of .*: a process of yours listens there/)
      expect(await (await fetch(link)).text()).toBe('hello from a container')
      for (const one of [toPage, toApp]) expect(await one.stop()).toBe(0)
      const notes = (): string[] => readdirSync(join(ada.home, notesFolder))
      expect(notes().filter((name) => name.endsWith('.container.json'))).toHaveLength(2)
      expect(ada.run(process.execPath, [program, 'down', 'hello', 'tallyman']).status).toBe(0)
      expect(notes()).toHaveLength(1)
    },
  )

  it('by two connections, as where ssh cannot share one, and by a link alone', async () => {
    const one = tunnel(...direct(), '--link', `${link.replace('/?', '/runs/x?')}`)
    expect(await one.line()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/runs\/x\?token=/)
    expect(await one.stop()).toBe(0)
    const key = join(ada.home, 'root-key')
    spawnSync('cp', [join(bob.home, '.ssh', 'id_ed25519'), key])
    const options = [
      '-p',
      String(ports.ssh),
      '-i',
      key,
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      'UserKnownHostsFile=/dev/null',
    ]
    const target = { destination: `${ada.name}@127.0.0.1`, options }
    const reached = await Reached.open(
      { target, port: null, link: null, canShare: false },
      new AbortController().signal,
    )
    expect(reached.served).toMatchObject({ port: ports.page, token: new URL(link).searchParams.get('token') })
    expect(reached.upstream).toMatchObject({ host: '127.0.0.1' })
    expect(await reached.check()).toBe(null)
    await reached.close()
    expectNothingLeft()
  })

  it.each<[string, () => string[], RegExp]>([
    [
      'an ssh server that is not there',
      () => [`${ada.name}@127.0.0.1`, '-p', String(ports.free)],
      /"ssh": no ssh server listens there.*refused.*-p N/s,
    ],
    ['a name that is none', () => ['ada@no-such-host.invalid'], /"ssh": there is no machine of that name/],
    ['a jump host that is not there', () => ['box', '-J', `ada@127.0.0.1:${ports.free}`], /"ssh": .*refused/],
    [
      'a key that is not let in',
      () => [...direct(), '-o', 'IdentitiesOnly=yes', '-i', '.ssh/unknown'],
      /"authentication": .*Permission denied \(publickey\).*ssh-copy-id/s,
    ],
    [
      'a server that is not known',
      () => [...direct(), '-o', 'UserKnownHostsFile=/dev/null', '-o', 'GlobalKnownHostsFile=/dev/null'],
      /"host key": .*not known here/,
    ],
    [
      'an account without a shell',
      () => [`${ada.name}@127.0.0.1`, '-p', String(ports.bare)],
      /"shell": .*--link LINK/s,
    ],
    [
      'a port where nothing listens',
      () => [...direct(), '--port', String(ports.free)],
      /"listener": nothing listens at port .*tallyman serve.*Yours there: the page of .* \(--port \d+\)\./s,
    ],
    [
      'a link whose page has ended',
      () => [...direct(), '--link', link.replace(`:${ports.page}`, `:${ports.free}`)],
      /"listener": nothing listens.*tallyman serve/s,
    ],
    [
      'forwarding that is refused',
      () => [`${ada.name}@127.0.0.1`, '-p', String(ports.refusing)],
      /"forwarding": .*does not forward.*administratively prohibited.*AllowTcpForwarding/s,
    ],
    [
      'forwarding that is refused, by a link',
      () => [`${ada.name}@127.0.0.1`, '-p', String(ports.refusing), '--link', link],
      /"forwarding": .*administratively/,
    ],
  ])('names the broken link of %s', async (what, args, said) => {
    const isStrict = what.includes('not known')
    const ended = isStrict
      ? bob.run(process.execPath, [program, 'tunnel', '-o', 'StrictHostKeyChecking=yes', ...args()])
      : await broken(...args())
    expect(ended).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(said) })
    expectNothingLeft()
  })

  it('never tells a stranger’s page the token, and names whose it is', async () => {
    const theirs = start(bob, ['serve', '--json', '--port', String(ports.other)])
    await theirs.line()
    const linkThere = link.replace(`:${ports.page}`, `:${ports.other}`)
    const byLink = await broken(...direct(), '--link', linkThere)
    expect(byLink).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/"page": .*page of tallyman that does not have your token/),
    })
    const byPort = await broken(...direct(), '--port', String(ports.other))
    expect(byPort).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        new RegExp(`"page": .*held by somebody else there \\(user id ${bob.uid};`),
      ),
    })
    await theirs.stop()

    const heard: string[] = []
    // Passes on what it is asked to Ada's page, and the answer back.
    const relay = createServer((asked, answer) => {
      heard.push(asked.url ?? '', JSON.stringify(asked.headers))
      request({ host: '127.0.0.1', port: ports.page, path: asked.url, headers: asked.headers }, (got) =>
        got.pipe(answer),
      ).end()
    }).listen(ports.other, '127.0.0.1')
    await once(relay, 'listening')
    const relayed = await broken(...direct(), '--link', linkThere)
    expect(relayed).toMatchObject({ status: 1, stderr: expect.stringMatching(/"page": /) })
    await new Promise((resolve) => relay.close(resolve))

    const plain = createServer((asked, answer) => {
      heard.push(asked.url ?? '', JSON.stringify(asked.headers))
      answer.writeHead(200, { server: 'nginx' }).end('<h1>It works!</h1>')
    }).listen(ports.other, '127.0.0.1')
    await once(plain, 'listening')
    const strange = await broken(...direct(), '--link', linkThere)
    expect(strange).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/"page": .*no page of tallyman \(it answers HTTP 200 from "nginx"\)/),
    })
    await new Promise((resolve) => plain.close(resolve))
    expect(heard.length).toBeGreaterThan(3)
    expect(heard.join('\n')).not.toContain(new URL(link).searchParams.get('token'))
  })

  it('refuses what it cannot mean before it connects', async () => {
    for (const args of [
      [],
      ['ada@box', '--link', 'http://localhost:1/'],
      ['ada@box', '--link', link, '--port', '1'],
      ['--', '-oProxyCommand=x'],
    ])
      expect(await broken(...args)).toMatchObject({ status: 2, stdout: '' })
    const taken = await broken(...direct(), '--local-port', String(ports.page))
    expect(taken).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/Port \d+ of this computer is taken.*--local-port/s),
    })
  })

  it('is found by a note for its owner alone, which goes with it', async () => {
    const notes = (): string[] => readdirSync(join(ada.home, notesFolder))
    // What other tests have killed is taken away by the next.
    await page.stop()
    page = await servePage()
    const [name = ''] = notes()
    expect(notes()).toHaveLength(1)
    expect(
      spawnSync('stat', ['-c', '%a', join(ada.home, notesFolder), join(ada.home, notesFolder, name)], {
        encoding: 'utf8',
      }).stdout,
    ).toBe('700\n600\n')
    // One whose process was killed is taken away by the next.
    await page.stop('SIGKILL')
    expect(notes()).toEqual([name])
    expect((await broken(...direct())).stderr).toMatch(/"listener": nothing of yours is served/)
    page = await servePage()
    expect(notes()).toHaveLength(1)
    expect(notes()).not.toEqual([name])
    await page.stop()
    expect(notes()).toEqual([])
    page = await servePage()
  })
})
