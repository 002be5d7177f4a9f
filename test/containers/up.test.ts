/** `up`, `ps`, `logs`, `down`: the page, and web apps, in containers, reached at the loopback address of this machine. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { findEngine, listImages, removeImage, requireWorkerImage } from '../../src/host/index.ts'
import { isOwnPage } from '../../src/web/page-hello.ts'
import { engineCommand, engineHere, hasEngine } from '../fixtures/engine.ts'
import { freePort } from '../fixtures/page-server.ts'
import { type Ended, Workshop } from '../fixtures/program.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'

const port = freePort() + 200
/** Names of this process's own: containers are the user's, and other tests may have some. */
const own = `t${process.pid}`

let shop: Workshop
/** It has the one name, and another one's must not be taken down. */
let isPageUp = false
/** Of the Node that runs this, which may not be the only one there is an image of. */
let workerImage: string
beforeAll(async () => {
  shop = new Workshop()
  if (hasEngine) workerImage = (await requireWorkerImage(await findEngine(engineHere?.kind))).name
})
afterEach(() => {
  const names = namesUp().filter((name) => name.startsWith(own) || (isPageUp && name === 'tallyman'))
  if (names.length > 0) shop.run('down', ...names)
  isPageUp = false
})
afterAll(() => {
  const listing = engineCommand('image', 'ls', '--quiet', '--filter', 'label=tallyman.image=app')
  const made = spawnSync(...listing, { encoding: 'utf8' })
    .stdout.split('\n')
    .filter(Boolean)
  spawnSync(...engineCommand('image', 'rm', '--force', ...new Set(made)))
  shop.remove()
})

interface Listed {
  readonly name: string
  readonly state: string
  readonly port: number
  readonly answers: boolean
}

function listed(): Listed[] {
  const lines = shop.run('ps', '--json').stdout.split('\n').filter(Boolean)
  return lines.map((line): Listed => JSON.parse(line)).filter(({ name }) => name.startsWith(own))
}

/** Those of this user, as their engine tells: mostly there is none, and nothing to take down. */
function namesUp(): string[] {
  if (!hasEngine) return []
  const prefix = `tallyman-app-${process.getuid?.() ?? 0}-`
  const listing = engineCommand('ps', '--all', '--filter', 'label=tallyman.app', '--format', '{{.Names}}')
  const { status, stdout, stderr } = spawnSync(...listing, { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  return stdout.split('\n').flatMap((name) => (name.startsWith(prefix) ? name.slice(prefix.length) : []))
}

/** What the engine tells of an app: what is waited for is asked of it at a fraction of what `ps` takes. */
function told(name: string, what: string): string {
  const container = `tallyman-app-${process.getuid?.() ?? 0}-${name}`
  const asking = engineCommand('inspect', '--type', 'container', '--format', what, container)
  return spawnSync(...asking, { encoding: 'utf8' }).stdout.trim()
}

function up(path: string, ...args: readonly string[]): Ended {
  return shop.run('up', path, '--port', String(port), ...args)
}

/** By a connection of its own: one that is kept may lead to an app that is down by now. */
async function read(path = '/'): Promise<string> {
  const request = get({ host: '127.0.0.1', port, path, agent: false })
  const [response] = await once(request, 'response')
  return `${response.statusCode} ${await text(response)}`
}

/** A folder with a Dockerfile, which needs no registry: it begins with the image that workers have. */
function dockerfile(code: string, more = ''): string {
  const command = JSON.stringify([process.execPath, '-e', code])
  shop.write(`${own}-docker/Dockerfile`, `FROM ${workerImage}\nEXPOSE 5000\n${more}\nCMD ${command}\n`)
  return `${own}-docker`
}

describe.skipIf(!requires('a container engine', hasEngine))('up', () => {
  it('serves an app in a container that outlives the command, starts it again when it dies, and takes it down', async () => {
    expect(shop.run('new', '--app', own).status).toBe(0)
    shop.write(
      `${own}/extra.ts`,
      "import { readdirSync, writeFileSync } from 'node:fs'\nimport app from './app.ts'\n" +
        "export default {\n  fetch(request: Request) {\n    const { pathname } = new URL(request.url)\n    if (pathname === '/die') setTimeout(() => process.exit(9), 50)\n    if (pathname === '/end') setTimeout(() => process.exit(0), 50)\n" +
        "    if (pathname === '/write') writeFileSync(new URL('note', import.meta.url), '')\n" +
        "    if (pathname === '/say') console.log('said \\x1b[31m')\n    if (pathname === '/seen') return new Response(readdirSync('/proc').filter((n) => Number(n) > 0).join(' '))\n    return app.fetch(request)\n  },\n}\n",
    )
    const name = `${own}-extra`
    shop.write(`${own}/${name}.ts`, "export { default } from './extra.ts'\n")
    const started = up(`${own}/${name}.ts`)
    expect(started, started.stderr).toMatchObject({ status: 0, stdout: `http://127.0.0.1:${port}/\n` })
    expect(started.stderr).toContain(`ssh -N -L ${port}:127.0.0.1:${port}`)
    expect(await read()).toContain('hello, world')
    // Alone, and with nothing to write to.
    expect(await read('/seen')).toBe('200 1')
    expect(await read('/write')).toMatch(/^500 Error: EROFS.*\n.*extra\.ts:8:/)
    const follower = shop.start('logs', name, '--follow')
    let followed = ''
    follower.stdout?.on('data', (data) => {
      followed += data
    })
    await until('what was printed', () => followed.includes('EROFS'))
    await read('/say')
    await until('what is printed', () => followed.includes('said \\u001b[31m\n'))
    const ended = once(follower, 'exit')
    follower.kill('SIGINT')
    expect(await ended).toEqual([0, null])
    expect(shop.run('logs', name, '--json').stdout).toContain(`{"app":"${name}","line":"said \\u001b[31m"}`)
    expect(listed()).toMatchObject([{ name, port, answers: true }])
    await read('/die').catch(() => undefined)
    await until('it to be started again', () => told(name, '{{.RestartCount}}') === '1')
    await until('it to answer again', () => read().catch(() => null))
    expect(shop.run('ps').stdout).toMatch(/answers.*started again 1 time/)
    await read('/end').catch(() => undefined)
    await until('it to have ended', () => told(name, '{{.State.Status}}') === 'exited')
    // Whoever listens at its port now is somebody else.
    const stranger = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'))
    stranger.listen(port, '127.0.0.1')
    await once(stranger, 'listening')
    expect(listed()).toMatchObject([{ name, state: 'exited', answers: false, link: null }])
    stranger.close()
    shop.write(`else,where/${name}.ts`, 'export default { fetch: () => new Response("another one") }\n')
    expect(up(`else,where/${name}.ts`)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        new RegExp(`an app called ${name} already: /.*/${own}/${name}\\.ts\\.\\n.*tallyman down ${name}`),
      ),
    })
    expect(shop.run('down', name)).toMatchObject({ status: 0, stdout: `${name} is down.\n` })
    expect(listed()).toEqual([])
    await expect(read()).rejects.toThrow()
    expect(shop.run('down', name)).toMatchObject({ status: 2, stderr: expect.stringContaining('is up') })
    expect(shop.run('logs', name).stderr).toMatch(/No app of that name is up either: `tallyman ps`/)
  })

  it('serves the page of all runs, which may read them and their results, and sees that one is at work', async () => {
    const slow = fileURLToPath(new URL('../fixtures/jobs/slow.job.ts', import.meta.url))
    shop.write('few.txt', 'to be\nor not to be\n')
    expect(shop.run('run', slow, 'few.txt', '-o', 'elsewhere').status).toBe(0)
    const started = shop.run('up', '--port', String(port), '--json')
    isPageUp = true
    expect(started, started.stderr).toMatchObject({ status: 0 })
    const { link } = JSON.parse(started.stdout)
    expect(link).toMatch(/\?token=/)
    expect(await read()).toMatch(/^401 /)
    // As `tunnel --link` asks: by the port that it is reached at, and not the one inside.
    const nonce = '0123456789abcdef'
    const said: unknown = await (await fetch(`http://localhost:${port}/hello?nonce=${nonce}`)).json()
    expect(isOwnPage(said, new URL(link).searchParams.get('token') ?? '', port, nonce)).toBe(true)
    const [cookie = ''] = (await fetch(link, { redirect: 'manual' })).headers.getSetCookie()
    const look = async (path: string): Promise<string> =>
      await (await fetch(`http://localhost:${port}${path}`, { headers: { cookie } })).text()
    const [id = ''] = /\d{8}-\d{6}-\w+/.exec(await look('/')) ?? []
    expect(JSON.parse(await look(`/runs/${id}/view.json`))).toMatchObject({
      line: { status: 'complete' },
      result: { isThere: true },
    })
    expect(await look(`/runs/${id}/tables/places`)).toContain('not to be')
    expect(shop.run('ps').stdout).toContain(link)
    // It counts its processes by itself, and yet tells one that is at work from one that was killed.
    shop.write('many.txt', 'to be\n'.repeat(5000))
    const run = shop.start('run', slow, 'many.txt')
    const statuses = async (): Promise<string[]> => {
      const ids = [...(await look('/')).matchAll(/href="\/runs\/([\w-]+)"/g)].map(([, one = '']) => one)
      const views = await Promise.all(ids.map((one) => look(`/runs/${one}/view.json`)))
      // One that has no plan yet has no page either.
      return views.filter((text) => text.startsWith('{')).map((text) => JSON.parse(text).line.status)
    }
    // Each look makes the page several pages.
    const lookEveryMs = 300
    await until('a run at work', async () => (await statuses()).includes('running'), 40_000, lookEveryMs)
    run.kill('SIGKILL')
    await until('its end', async () => !(await statuses()).includes('running'), 40_000, lookEveryMs)
    expect(shop.run('logs', 'tallyman')).toMatchObject({ status: 0, stdout: 'Listening at 0.0.0.0:8080.\n' })
  })

  it('says by whom a port is taken', async () => {
    shop.run('new', '--app', `${own}-b`)
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')
    expect(up(`${own}-b`)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`Port ${port} is taken by process ${process.pid} (`),
    })
    other.close()
    await once(other, 'close')
    expect(up(`${own}-b`).status).toBe(0)
    shop.run('new', '--app', `${own}-c`)
    expect(up(`${own}-c`)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`Port ${port} is taken by your app ${own}-b.`),
    })
    // What it was started from is not taken from under it. Other images are of other tests.
    const engine = await findEngine(engineHere?.kind)
    const { name } = await requireWorkerImage(engine)
    const [image] = (await listImages(engine)).filter((one) => one.name === name)
    await expect(removeImage(engine, image ?? { id: name, name, bytes: 0 })).rejects.toMatchObject({
      message: `The image ${name} stays: a container has been started from it.`,
      wayOut: expect.stringContaining('`tallyman ps`'),
    })
    expect(await read()).toContain('200')
  })

  it('says where it may not write beside the runs', () => {
    shop.run('new', '--app', `${own}-d`)
    const nowhere = { env: { TALLYMAN_HOME: '/proc/nothing' } }
    for (const [what, ended] of [
      ['apps', shop.runIn(nowhere, 'up', `${own}-d`)],
      ['runs', shop.runIn(nowhere, 'up')],
    ] as const)
      expect(ended).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(
          new RegExp(`The folder for ${what}, /proc/nothing/${what}, could not be made.*\\n.*TALLYMAN_HOME`),
        ),
      })
  })

  it('serves a folder with a Dockerfile at the port it exposes', async () => {
    const folder = dockerfile(
      "require('http').createServer((_, answer) => answer.end('from a Dockerfile')).listen(process.env.PORT, '0.0.0.0')",
    )
    const started = up(folder, '--json')
    expect(started, started.stderr).toMatchObject({ status: 0 })
    expect(JSON.parse(started.stdout)).toMatchObject({
      name: folder,
      link: `http://127.0.0.1:${port}/`,
      port,
    })
    expect(await read()).toBe('200 from a Dockerfile')
    expect(shop.run('down', folder).status).toBe(0)
  })

  it.each([
    [
      'throws',
      // It is started again five times: what it printed is told once.
      "throw new Error('no such luck')",
      /^(?!.*no such luck.*no such luck).*has ended with exit code 1.*no such luck/s,
    ],
    [
      'listens at its own loopback address',
      "require('http').createServer().listen(5000, '127.0.0.1')",
      /port 5000 of its container's own loopback address.*0\.0\.0\.0/s,
    ],
    [
      'listens at another port',
      "require('http').createServer().listen(5001, '0.0.0.0')",
      /listens at port 5001 of its container, and not at 5000.*EXPOSE 5001/s,
    ],
    [
      'holds too much memory',
      'const held = []; for (;;) held.push(Buffer.alloc(8e6, 1))',
      /exit code 1(37|34|39|).*more memory than it may.*--memory/s,
    ],
  ])('says of one that %s which link is broken', (_what, code, reason) => {
    const ended = up(dockerfile(code), '--memory', '64M')
    expect(ended, ended.stderr).toMatchObject({ status: 1, stderr: expect.stringMatching(reason) })
    // Where in its code is told once.
    expect(ended.stderr.match(/^\s+at \[eval\]:.*$/gm)?.length ?? 0, ended.stderr).toBeLessThan(2)
  })

  it('says of a Dockerfile that cannot be built why', () => {
    const folder = dockerfile('', 'COPY absent /')
    expect(up(folder)).toMatchObject({ status: 1, stderr: expect.stringMatching(/cannot be built.*absent/s) })
  })
})
