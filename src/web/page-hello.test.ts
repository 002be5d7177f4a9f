import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { blockOf, quotedIn, readPage } from '../../test/fixtures/pages.ts'
import { type TempFolder, tempFolder } from '../../test/fixtures/temp-folder.ts'
import { isOwnPage, provePage } from './page-hello.ts'
import { notePage, parsePageNote } from './page-note.ts'
import { pageOf, type ServedPage, servePage } from './server.ts'

const token = 'A'.repeat(32)
const nonce = '0123456789abcdef'
const document = readPage('page.md')

let folder: TempFolder
let page: ServedPage
beforeEach(async () => {
  folder = tempFolder()
  page = await servePage({ runsFolder: folder.at('runs'), token, hosts: [], port: 0 })
})
afterEach(async () => {
  await page.close()
  folder.remove()
})

describe('a page says who it is', () => {
  test('to whoever asks, by its token and its port', async () => {
    const answer = await fetch(`http://127.0.0.1:${page.port}/hello?nonce=${nonce}`)
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    const said: unknown = await answer.json()
    expect(JSON.stringify(said)).not.toContain(token)
    expect(isOwnPage(said, token, page.port, nonce)).toBe(true)
    expect(isOwnPage(said, token, page.port + 1, nonce)).toBe(false)
    expect(isOwnPage(said, 'B'.repeat(32), page.port, nonce)).toBe(false)
    expect(isOwnPage(said, token, page.port, 'f'.repeat(16))).toBe(false)
    expect([...quotedIn(document)]).toEqual(expect.arrayContaining(Object.keys(said as object)))
  })

  test('to nobody by another name, from another site, or without a nonce', async () => {
    const app = pageOf({ runsFolder: folder.at('runs'), token, hosts: [] })
    const ask = async (path: string, headers: Readonly<Record<string, string>>): Promise<number> =>
      (await app.request(`http://localhost${path}`, { headers: { host: 'localhost', ...headers } })).status
    expect(await ask(`/hello?nonce=${nonce}`, {})).toBe(200)
    expect(await ask(`/hello?nonce=${nonce}`, { host: 'evil.example' })).toBe(403)
    expect(await ask(`/hello?nonce=${nonce}`, { origin: 'http://evil.example' })).toBe(403)
    for (const query of [
      '',
      '?nonce=',
      '?nonce=short',
      `?nonce=${'x'.repeat(129)}`,
      '?nonce=0123456789abcde%0a',
    ])
      expect(await ask(`/hello${query}`, {})).toBe(400)
    expect(await ask('/hello/', {})).toBe(401)
  })

  test('as its document says', () => {
    const example = JSON.parse(blockOf(document, 'json page-hello'))
    expect(provePage(example.token, example.port, example.nonce)).toBe(example.proof)
    const note = parsePageNote(blockOf(document, 'json page-note'))
    expect([...quotedIn(document)]).toEqual(expect.arrayContaining(Object.keys(note ?? {})))
    for (const broken of [
      '',
      'null',
      '[]',
      '{"format":"tallyman page note"}',
      JSON.stringify({ ...note, port: 0 }),
      JSON.stringify({ ...note, token: 'x y' }),
    ])
      expect(parsePageNote(broken)).toBe(null)
  })

  test('notePage is undone by what it returns, and fails where there is no home', () => {
    const forget = notePage({ port: 1, token, runsFolder: '/runs' }, folder.path)
    forget()
    forget()
    expect(() => notePage({ port: 1, token, runsFolder: '/runs' }, '/dev/null')).toThrow(/ENOTDIR/)
  })
})
