import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { plainFile, planOf } from '../../test/fixtures/plans.ts'
import { type TempFolder, tempFolder } from '../../test/fixtures/temp-folder.ts'
import { writePlan } from '../run/plan/plan-file.ts'
import { pageOf, type ServedPage, servePage } from './server.ts'
import { readToken } from './token.ts'

const token = 'A'.repeat(32)
const id = '20201231-235959-words'
const host = 'localhost:50123'

let folder: TempFolder
beforeEach(() => {
  folder = tempFolder()
  const run = folder.at('runs', id)
  mkdirSync(`${run}/logs`, { recursive: true })
  const identity = { format: 'tallyman run', version: 1, id, createdAt: 0, job: 'words.job.ts', cwd: '/' }
  writeFileSync(`${run}/run.json`, JSON.stringify(identity))
  writePlan(`${run}/plan.json`, planOf([plainFile('<script>alert(1)</script>\u001b[31m"\'.txt', 10)]))
  writeFileSync(`${run}/logs/map-00000.1.log`, 'printed')
  writeFileSync(folder.at('secret.log'), 'secret')
  writeFileSync(folder.at('run.json'), JSON.stringify(identity))
})
afterEach(() => folder.remove())

type Headers = Readonly<Record<string, string>>

async function get(path: string, headers: Headers = {}, method = 'GET'): Promise<Response> {
  const app = pageOf({ runsFolder: folder.at('runs'), token, hosts: [] })
  return await app.request(`http://${headers.host ?? host}${path}`, { method, headers: { host, ...headers } })
}
const cookie = { cookie: `tallyman-50123=${token}` }

describe('who may see the page', () => {
  test.each<[string, string, Headers]>([
    ['nobody without the token', '/', {}],
    ['nobody with a wrong one', `/?token=${'B'.repeat(32)}`, {}],
    ['nobody with the beginning of it', `/?token=${token.slice(0, 31)}`, {}],
    ['nobody with an empty one', '/?token=', { cookie: 'tallyman-50123=' }],
    ['nobody with a forged cookie', '/', { cookie: `tallyman-50123=${'A'.repeat(31)}B` }],
    ['nobody with the cookie of another port', '/', { cookie: `tallyman-50124=${token}` }],
    ['not of a run', `/runs/${id}`, {}],
    ['not of what happens', `/runs/${id}/live`, {}],
    ['not of a log', `/runs/${id}/logs/map-00000.1`, {}],
  ])('%s', async (_who, path, headers) => {
    const response = await get(path, headers)
    expect(response.status).toBe(401)
    expect(await response.text()).toContain('tallyman serve')
  })

  test('who has the link gets a cookie no script can read, and an address without the token', async () => {
    const response = await get(`/runs/${id}?token=${token}`)
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe(`/runs/${id}`)
    const set = response.headers.get('set-cookie') ?? ''
    expect(set).toMatch(/^tallyman-50123=A{32}; /)
    for (const rule of ['HttpOnly', 'SameSite=Strict', 'Path=/']) expect(set).toContain(rule)
    expect((await get('/', cookie)).status).toBe(200)
  })

  test('a link with the token never leads elsewhere', async () => {
    const response = await get(`//evil.example/?token=${token}`)
    expect(response.headers.get('location') ?? '').not.toMatch(/^(\/\/|\\|https?:)/)
  })

  test.each([
    ['evil.example', 403],
    ['evil.example:50123', 403],
    ['localhost.evil.example:50123', 403],
    ['127.0.0.1.evil.example', 403],
    ['192.0.2.1:50123', 403],
    ['127.0.0.1:50123', 200],
    ['[::1]:50123', 200],
    ['LOCALHOST:50123', 200],
  ])('by the name %s: %i, whoever has the cookie', async (name, status) => {
    expect((await get('/', { ...cookie, host: name })).status).toBe(status)
  })

  test.each<[string, Headers, string, number]>([
    ['another site by its Origin', { origin: 'http://evil.example' }, 'GET', 403],
    ['another port of localhost', { origin: 'http://localhost:50124' }, 'GET', 403],
    ['a page without an origin', { origin: 'null' }, 'GET', 403],
    ['a form of another site', { 'sec-fetch-site': 'cross-site' }, 'POST', 403],
    ['the page itself', { origin: `http://${host}` }, 'GET', 200],
  ])('a request of %s', async (_of, headers, method, status) => {
    expect((await get('/', { ...cookie, ...headers }, method)).status).toBe(status)
  })

  test('every answer forbids what is not the page’s own, also to those who get nothing', async () => {
    for (const headers of [cookie, {}, { host: 'evil.example' }]) {
      const response = await get('/', headers)
      expect(response.headers.get('content-security-policy')).toContain(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';",
      )
      expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
      expect(response.headers.get('referrer-policy')).toBe('no-referrer')
    }
  })
})

describe('what can be reached', () => {
  test.each([
    '/runs/../run.json',
    '/runs/%2e%2e%2fruns',
    '/runs/..%2f..%2fetc',
    `/runs/${id}%2f..%2f${id}`,
    '/runs/%00',
    '/runs/.',
    `/runs/${id}/logs/..%2f..%2f..%2fsecret`,
    `/runs/${id}/logs/..%2f..%2fplan.json`,
    `/runs/${id}/logs/..%2f..%2fplan.json/text`,
    `/runs/${id}/logs/..%2f..%2f..%2fsecret/live`,
    `/runs/${id}/diff?with=..%2f..%2fetc`,
    `/runs/${id}/logs/map-00000.1.log%00`,
    `/runs/${id}/result/..%2fplan.json`,
    `/runs/${id}/result/manifest.json`,
    `/runs/${id}/plan.json`,
    '/page.css%2f..%2f..%2fserver.js',
    '/server.js',
    '/constructor',
    '/runs/__proto__',
  ])('not %s', async (path) => {
    const response = await get(path, cookie)
    expect(response.status).toBe(404)
    expect(await response.text()).not.toContain('secret')
  })

  test('a link in the folder that leads out of it is no run', async () => {
    mkdirSync(folder.at('elsewhere'))
    symlinkSync(folder.at('elsewhere'), folder.at('runs', 'link'))
    expect((await get('/runs/link', cookie)).status).toBe(404)
  })

  test('a log, as text', async () => {
    const response = await get(`/runs/${id}/logs/map-00000.1/text`, cookie)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/)
    expect(await response.text()).toBe('printed')
  })

  test('text of the data is text on the page, and what would act upon a reader is escaped', async () => {
    const response = await get(`/runs/${id}`, cookie)
    const html = await response.text()
    expect(html).toContain('&lt;script>alert(1)&lt;/script>\\u001b[31m')
    expect(html).not.toContain('<script>alert')
    expect(html).not.toContain('\u001b')
    const data = /<script type="application\/json" id="view">([^<]*)<\/script>/.exec(html)?.[1] ?? ''
    expect(JSON.parse(data).inputs.list[0].path).toBe('<script>alert(1)</script>\u001b[31m"\'.txt')
  })

  test('a run that is damaged: its own page says so, and the list goes on', async () => {
    writeFileSync(folder.at('runs', id, 'plan.json'), '{"half')
    const response = await get(`/runs/${id}`, cookie)
    expect(response.status).toBe(500)
    expect(await response.text()).toContain('plan.json is not as it was written')
    expect(await (await get('/', cookie)).text()).toContain('cannot be read')
  })

  test('nothing by any other method', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
      expect((await get(`/runs/${id}`, { ...cookie, origin: `http://${host}` }, method)).status).toBe(404)
  })
})

describe('the token', () => {
  test('is kept in a file for its owner alone, and stays the same', () => {
    const file = folder.at('page-token')
    const first = readToken(file)
    expect(first).toMatch(/^[A-Za-z0-9_-]{32}$/)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).toBe(`${first}\n`)
    expect(readToken(file)).toBe(first)
  })

  test('is refused from a file that others may read, or that holds none', () => {
    const file = folder.at('page-token')
    readToken(file)
    chmodSync(file, 0o640)
    expect(() => readToken(file)).toThrow(/may be read or written by others/)
    chmodSync(file, 0o600)
    writeFileSync(file, 'x\n')
    expect(() => readToken(file)).toThrow(/holds no token/)
  })
})

describe('a server', () => {
  let page: ServedPage
  beforeEach(async () => {
    page = await servePage({ runsFolder: folder.at('runs'), token, hosts: [], port: 0 })
  })
  afterEach(() => page.close())

  const fetchPage = async (headers: Headers = {}): Promise<Response> =>
    await fetch(`http://127.0.0.1:${page.port}/`, {
      headers: { cookie: `tallyman-${page.port}=${token}`, ...headers },
    })

  /** Sends bytes as they are; resolves with the first that come back, or an empty text when it is cut off. */
  async function raw(text: string): Promise<string> {
    return await new Promise((resolve) => {
      const socket = connect(page.port, '127.0.0.1', () => socket.write(text))
      socket.on('data', (data) => {
        resolve(data.toString())
        socket.destroy()
      })
      socket.on('error', () => resolve(''))
      socket.on('close', () => resolve(''))
    })
  }

  test('listens at the loopback address alone', async () => {
    expect((await fetchPage()).status).toBe(200)
    const other = Object.values((await import('node:os')).networkInterfaces())
      .flat()
      .find((address) => address !== undefined && !address.internal && address.family === 'IPv4')
    if (other === undefined) return
    await expect(fetch(`http://${other.address}:${page.port}/`)).rejects.toThrow()
  })

  test('answers after a thousand connections that say nothing', async () => {
    const sockets = Array.from({ length: 1000 }, () =>
      connect(page.port, '127.0.0.1').on('error', () => undefined),
    )
    try {
      await new Promise((resolve) => setTimeout(resolve, 300))
    } finally {
      for (const socket of sockets) socket.destroy()
    }
    await expect
      .poll(async () => (await fetchPage().catch(() => null))?.status, { timeout: 10_000 })
      .toBe(200)
  })

  test('answers who may see it while strangers hold as many connections as they can', async () => {
    await fetchPage()
    const sockets = Array.from({ length: 600 }, () =>
      connect(page.port, '127.0.0.1').on('error', () => undefined),
    )
    try {
      await new Promise((resolve) => setTimeout(resolve, 300))
      for (let time = 0; time < 5; time++) expect((await fetchPage()).status).toBe(200)
      // They are not all there: the oldest were cut off.
      await expect.poll(() => sockets.filter((socket) => !socket.closed).length).toBeLessThanOrEqual(256)
    } finally {
      for (const socket of sockets) socket.destroy()
    }
  })

  test('refuses huge headers and addresses, and what is no request, and goes on', async () => {
    expect(await raw(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`)).toMatch(
      /^(HTTP\/1.1 4|$)/,
    )
    expect(await raw(`GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`)).toMatch(
      /^(HTTP\/1.1 4|$)/,
    )
    expect(await raw('\u0000\u0001\u0002\r\n\r\n')).toMatch(/^(HTTP\/1.1 4|$)/)
    expect(await raw('GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n')).toMatch(
      /^HTTP\/1.1 403/,
    )
    expect((await fetchPage()).status).toBe(200)
  })

  test('ends at once though somebody still looks', async () => {
    const response = await fetch(`http://127.0.0.1:${page.port}/runs/${id}/live`, {
      headers: { cookie: `tallyman-${page.port}=${token}` },
    })
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    const reading = response.text().catch(() => 'cut off')
    await page.close()
    expect(await reading).toMatch(/cut off|event: view/)
  })
})
