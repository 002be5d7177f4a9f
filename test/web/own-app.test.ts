/** `serve APP`: a web app of the user's own, as they write, change and break it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../fixtures/page-server.ts'
import { program, Workshop } from '../fixtures/program.ts'
import { until } from '../fixtures/until.ts'

const port = freePort() + 100
const address = `http://127.0.0.1:${port}`

let shop: Workshop
let server: ChildProcess | null = null
let said = ''
beforeEach(() => {
  shop = new Workshop()
  said = ''
})
afterEach(async () => {
  await stop()
  shop.remove()
})

/** Starts `serve`, and waits until it has told where. */
async function serve(...args: readonly string[]): Promise<void> {
  server = spawn(process.execPath, [program, 'serve', ...args, '--port', String(port)], {
    cwd: shop.folder,
    env: { ...process.env, TALLYMAN_HOME: join(shop.folder, 'home') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [server.stdout, server.stderr])
    stream?.on('data', (data) => {
      said += data
    })
  await until('the app to be served', () => said.includes('Ctrl-C') || said.includes('Error:'))
}

async function stop(): Promise<number | null> {
  if (server === null) return null
  if (server.exitCode === null && server.signalCode === null) {
    const ended = once(server, 'exit')
    server.kill('SIGINT')
    await ended
  }
  const { exitCode } = server
  server = null
  return exitCode
}

async function read(path = '/'): Promise<string> {
  // A line that is kept open would be closed while a program is waited for.
  const response = await fetch(address + path, { headers: { connection: 'close' } })
  return `${response.status} ${await response.text()}`
}

const isClosed = (): Promise<boolean> =>
  fetch(address).then(
    () => false,
    () => true,
  )

describe('serve APP', () => {
  it('serves what `new --app` writes, which shows a result that lies beside it, and ends with Ctrl-C', async () => {
    expect(shop.run('new', '--app', 'hello')).toMatchObject({ status: 0, stdout: 'Wrote hello/app.ts.\n' })
    expect(shop.run('new', '--app', 'hello').status).toBe(2)
    await serve('hello/app.ts')
    expect(said).toContain(`http://127.0.0.1:${port}/\n`)
    expect(said).toContain(`ssh -N -L ${port}:127.0.0.1:${port}`)
    expect(await read()).toMatch(/^200 [\s\S]*hello, world[\s\S]*no result yet/)
    expect(await read('/other')).toMatch(/^404 /)
    shop.write('in.txt', 'one <b>\none\n')
    shop.job('words.job.ts', 'for (const word of line.split(" ")) emit(word)')
    expect(shop.run('run', 'words.job.ts', 'in.txt', '-o', 'hello/result').status).toBe(0)
    expect(await read()).toContain('<tr><td>&lt;b></td><td>1</td></tr><tr><td>one</td><td>2</td></tr>')
    expect(await stop()).toBe(0)
    expect(await isClosed()).toBe(true)
  })

  it('serves an app with modules and a state of its own, and takes it down when the command is killed', async () => {
    shop.write('greeting.ts', "export const greeting: string = 'good evening'\n")
    shop.write(
      'app.ts',
      `import { greeting } from './greeting.ts'
class App { #count = 0; fetch(request: Request) { return new Response(greeting + ' ' + new URL(request.url).pathname + ' ' + ++this.#count) } }
export default new App()
`,
    )
    await serve('.')
    expect(await read('/a')).toBe('200 good evening /a 1')
    expect(await read('/b')).toBe('200 good evening /b 2')
    server?.kill('SIGKILL')
    await until('the app to end', isClosed)
  })

  it('tells whoever asked, and who serves it, what the app threw and in which line', async () => {
    shop.write(
      'app.ts',
      "interface Broken { readonly deep: string }\nexport default {\n  fetch(request: Request) {\n    if (request.url.endsWith('/none')) return undefined\n    throw new RangeError('not today')\n  },\n}\n",
    )
    await serve('app.ts')
    expect(await read()).toMatch(/^500 RangeError: not today\n.*app\.ts:5:/)
    expect(await read('/none')).toMatch(/^500 TypeError: fetch returned undefined, which is no Response/)
    await until('it to be said', () => /GET \/: RangeError: not today\n.*app\.ts:5:/.test(said))
  })

  it.each([
    ['does not compile', 'export default {\n  fetch( {\n}\n', /app\.ts, line 4/],
    [
      'throws as it is loaded',
      '\nthrow new Error("too early")\n',
      /app\.ts throws .*too early \(at .*app\.ts:2:\d+\)+\n/,
    ],
    ['has no fetch', 'export default 5\n', /default export of app\.ts has no fetch/],
    ['ends as it is loaded', 'process.exit(4)\n', /ended with exit code 4/],
  ])('says of one that %s where and why, and ends with 1', (_what, code, reason) => {
    shop.write('app.ts', code)
    const ended = shop.run('serve', 'app.ts', '--port', String(port))
    expect(ended).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(reason) })
  })

  it('ends with 1 when the app does', async () => {
    shop.write('app.ts', 'export default { fetch() { process.exit(3) } }\n')
    await serve('app.ts')
    await read().catch(() => undefined)
    await until('it to end', () => server?.exitCode === 1)
    expect(said).toContain('The app ended with exit code 3.')
  })

  it('says who has the port', async () => {
    shop.write('app.ts', "export default { fetch: () => new Response('x') }\n")
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')
    try {
      await serve('app.ts')
      await until('it to end', () => server?.exitCode === 2)
      expect(said).toMatch(`Port ${port} is taken by process ${process.pid} (`)
    } finally {
      other.close()
    }
  })

  it('refuses what does not fit', () => {
    shop.write('app.ts', '')
    expect(shop.run('serve', '--watch')).toMatchObject({ status: 2, stderr: expect.stringContaining('APP') })
    expect(shop.run('serve', 'app.ts', '--public').status).toBe(2)
    expect(shop.run('serve', 'absent.ts')).toMatchObject({ status: 2, stderr: /absent\.ts.*does not exist/ })
  })
})

describe('serve APP --watch', () => {
  const greet = (word: string): string => `export const greeting = '${word}'\n`
  beforeEach(() => {
    shop.write('parts/greeting.ts', greet('one'))
    shop.write(
      'app.ts',
      "import { greeting } from './parts/greeting.ts'\nexport default { fetch(request: Request) { if (request.url.endsWith('/die')) process.exit(7); return new Response(greeting) } }\n",
    )
  })

  const shows = (text: string): Promise<void> =>
    until(`"${text}"`, () =>
      read().then(
        (answer) => answer === `200 ${text}`,
        () => false,
      ),
    ).then(() => undefined)

  it('serves it anew when a file of it was changed, and goes on over what is broken meanwhile', async () => {
    await serve('app.ts', '--watch')
    await shows('one')
    shop.write('parts/greeting.ts', greet('two'))
    await shows('two')
    shop.write('parts/greeting.ts', 'export const greeting =\n')
    await until('the error', () => /greeting\.ts, line \d/.test(said))
    await shows('two')
    shop.write('parts/greeting.ts', "export const greeting = 'three'\nthrow new Error('at once')\n")
    await until('the other error', () => /at once.*greeting\.ts:2:/.test(said))
    shop.write('parts/greeting.ts', greet('four'))
    await shows('four')
    await read('/die').catch(() => undefined)
    await until('its end', () => said.includes('ended with exit code 7'))
    shop.write('parts/greeting.ts', greet('five'))
    await shows('five')
    expect(await stop()).toBe(0)
    expect(await isClosed()).toBe(true)
  })

  it('begins with one that is broken', async () => {
    cpSync(join(shop.folder, 'app.ts'), join(shop.folder, 'good.ts'))
    shop.write('app.ts', 'export default {\n')
    await serve('app.ts', '--watch')
    expect(said).toContain('Error:')
    cpSync(join(shop.folder, 'good.ts'), join(shop.folder, 'app.ts'))
    await shows('one')
  })
})
