/**
 * The page over much: 10,000 tasks, 1,000 runs. What it takes in time is measured by bench/page.mjs; here it is looked at whether it is right, and
 * whether it stays small.
 */
import { mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { releaseLock, takeLock } from '../../src/run/directory/lock.ts'
import { RunDirectory } from '../../src/run/index.ts'
import { makeRun } from '../fixtures/many-runs.ts'
import { once } from '../fixtures/once.ts'
import { hasChromium, hasTextBrowser, PageServer, seen, violationsOf } from '../fixtures/page-server.ts'
import { Workshop } from '../fixtures/program.ts'
import { requires } from '../requires.ts'

const idOf = (number: number): string => `20200101-${String(number).padStart(6, '0')}-words`
const large = '20210101-000000-large'
const tasks = 10_000

describe.skipIf(!requires('Chromium', hasChromium))('the page over much', { timeout: 240_000 }, () => {
  const shop = new Workshop()
  const runs = join(shop.folder, 'home', 'runs')
  let server: PageServer
  const largeRun = once(() => makeRun(runs, { id: large, tasks, done: 6000, at: Date.now() - 100_000 }))
  beforeAll(async () => {
    mkdirSync(runs, { recursive: true })
    for (let number = 0; number < 1000; number += 1)
      makeRun(runs, { id: idOf(number), tasks: 3, done: number % 4, at: Date.UTC(2020, 0, 1) }).close()
    server = new PageServer(shop)
    await server.start()
  })
  afterAll(async () => {
    largeRun().close()
    await server?.close()
    shop.remove()
  })

  /** What happens in the first seconds of a line of updates, and for as long after them as fewer were told than are waited for. */
  async function updates(
    path: string,
    forMs: number,
    least = 1,
  ): Promise<{ told: string[]; tookMs: number }> {
    const beginMs = performance.now()
    const tookMs = (): number => performance.now() - beginMs
    let text = ''
    const told = (): string[] => text.split('\n\n').filter((event) => event.startsWith('event: view'))
    const over = new AbortController()
    const timer = setInterval(() => {
      if (tookMs() >= forMs && (told().length >= least || tookMs() > 60_000)) over.abort()
    }, 50)
    try {
      const headers = { cookie: server.cookie }
      const response = await fetch(server.address(path), { headers, signal: over.signal })
      for await (const piece of response.body ?? []) text += Buffer.from(piece).toString()
    } catch (error) {
      if (!over.signal.aborted) throw error
    } finally {
      clearInterval(timer)
    }
    return { told: told(), tookMs: tookMs() }
  }

  it('shows 10,000 tasks in a thousand cells, live at most twice a second, in little', async () => {
    const run = largeRun()
    takeLock(new RunDirectory(run.directory))
    const goes = setInterval(run.next, 20)
    try {
      const page = await server.open(`/runs/${large}`)
      await page.locator('.badge.busy').waitFor()
      expect(await page.locator('.grid').first().locator('.cell').count()).toBeLessThanOrEqual(1000)
      expect(await seen(page.locator('main'))).toMatch(/6,\d{3} of 10,000/)
      expect(await violationsOf(page)).toEqual([])
      const html = await (await server.get(`/runs/${large}`)).text()
      expect(html.length).toBeLessThan(400_000)
      expect(gzipSync(html).length).toBeLessThan(40_000)
      const { told, tookMs } = await updates(`/runs/${large}/live`, 5000, 2)
      expect(told.length).toBeGreaterThan(1)
      expect(told.length).toBeLessThanOrEqual((2 * tookMs) / 1000 + 1)
      for (const update of told) expect(update.length).toBeLessThan(100_000)
    } finally {
      clearInterval(goes)
      releaseLock(new RunDirectory(run.directory))
    }
  })

  it('does not move while nothing happens', async () => {
    expect((await updates(`/runs/${idOf(1)}/live`, 3000)).told).toHaveLength(1)
  })

  it('lists 1,000 runs, newest first, a hundred a page, each once', async () => {
    const page = await server.open('/', { javaScriptEnabled: false })
    const found: string[] = []
    for (;;) {
      const shown = await page.locator('tbody tr td:first-child').allInnerTexts()
      expect(shown.length).toBeLessThanOrEqual(100)
      found.push(...shown)
      const next = page.getByRole('link', { name: /older|next/i })
      if ((await next.count()) === 0) break
      await next.click()
    }
    const all = shop
      .runs()
      .map((path) => basename(path))
      .reverse()
    // Other tests may have made some by now.
    expect(all.length).toBeGreaterThanOrEqual(1000)
    expect(found).toEqual(all)
    const html = await (await server.get('/')).text()
    expect(html.length).toBeLessThan(150_000)
  })

  it('sees a new run among a thousand', async () => {
    const page = await server.open('/')
    const id = '20220101-000000-new'
    makeRun(runs, { id, tasks: 3, done: 1, at: Date.now() }).close()
    await page.getByRole('link', { name: id }).waitFor()
    expect(await page.locator('tbody tr').count()).toBe(100)
  })

  it.skipIf(!requires('w3m', hasTextBrowser))('shows both in a text browser', () => {
    largeRun()
    expect(server.dump('/')).toContain('20200101-000998-words')
    expect(server.dump(`/runs/${large}`)).toMatch(/of 10,000/)
  })

  it('has under 100 kB of script, gzipped, and asks for nothing else but its style and its icon', async () => {
    const html = await (await server.get('/')).text()
    const scripts = [...html.matchAll(/<script[^>]* src="([^"]+)"/g)].map(([, path]) => path ?? '')
    expect(scripts).toEqual(['/page.js'])
    const script = Buffer.from(await (await server.get('/page.js')).arrayBuffer())
    expect(gzipSync(script).length).toBeLessThan(100_000)
    expect(script.toString()).not.toMatch(/\bimport\s*\(|\bimport\s*["'{]/)
  })
})
