/** Looking closer at a run: the difference to another one's result, and its log as it is printed. */
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasChromium, hasTextBrowser, PageServer, seen, violationsOf } from '../fixtures/page-server.ts'
import { Workshop } from '../fixtures/program.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'

let shop: Workshop
let server: PageServer

/** Runs a job, and returns the run's id. */
function run(...args: readonly string[]): string {
  const { stderr } = shop.run('run', ...args)
  return /^Run (\S+):/m.exec(stderr)?.[1] ?? `none: ${stderr}`
}

describe.skipIf(!requires('Chromium', hasChromium))('a closer look', { timeout: 240_000 }, () => {
  let before: string
  let after: string
  beforeAll(async () => {
    shop = new Workshop()
    shop.job('words.job.ts', 'for (const word of line.split(" ")) emit(word)')
    shop.write('a.txt', `${'same '.repeat(3)}gone <b>x</b>\n`)
    before = run('words.job.ts', 'a.txt', '-o', 'one')
    const more = Array.from({ length: 30 }, (_, index) => `new${index}`).join(' ')
    shop.write('a.txt', `${'same '.repeat(5000)}${more} <b>x</b>\n`)
    after = run('words.job.ts', 'a.txt', '-o', 'two')
    server = new PageServer(shop)
    await server.start()
  })
  afterAll(async () => {
    await server?.close()
    shop.remove()
  })

  it.each([true, false])(
    'shows the difference to another result, with script: %s',
    async (javaScriptEnabled) => {
      const page = await server.open(`/runs/${after}`, { javaScriptEnabled })
      await page.getByRole('link', { name: 'compare with another result' }).click()
      if (javaScriptEnabled) expect(await violationsOf(page)).toEqual([])
      await page.getByLabel('compare with').selectOption(before)
      await page.getByRole('button', { name: 'Compare' }).click()
      await page.getByRole('heading', { name: /^Tables/ }).waitFor()
      const text = await seen(page.locator('main'))
      expect(text).toContain('3 → 32 rows; 30 added, 1 removed, 1 changed, 1 the same')
      expect(text).toContain('and 12 more')
      expect(await seen(page.locator('tbody tr').first())).toMatch(/^changed\s+same\s+3\s+5,000\s+\+4,997$/)
      expect(text).toMatch(/a\.txt: .*→ .* B/)
      expect(text).toContain('The same: code, parameters')
      if (!javaScriptEnabled) return
      expect(await violationsOf(page)).toEqual([])
      const told = shop.run('diff', before, after, '--rows', '20').stdout
      for (const [, key] of told.matchAll(/^ {2}\+ {2}(new\d+) /gm)) expect(text).toContain(key)
    },
  )

  it('says that results are the same, and why two cannot be compared', async () => {
    const again = run('words.job.ts', 'a.txt', '-o', 'three', '--no-reuse')
    const page = await server.open(`/runs/${again}/diff?with=${after}`)
    expect(await seen(page.locator('main'))).toMatch(/the same\s+result 32 rows, the same/)
    shop.write(join('three', 'result.jsonl'), 'damaged\n')
    await page.goto(server.address(`/runs/${again}/diff?with=${before}`))
    expect(await seen(page.locator('main'))).toContain('three')
    expect((await server.get(`/runs/${again}/diff?with=nothing`)).status).toBe(404)
    expect((await server.get(`/runs/${again}/diff?with=..%2f..%2fthree`)).status).toBe(404)
    rmSync(join(shop.folder, 'three'), { recursive: true })
    expect((await server.get(`/runs/${again}/diff`)).status).toBe(404)
  })

  it.skipIf(!requires('w3m', hasTextBrowser))('shows it in a text browser', () => {
    const text = server.dump(`/runs/${after}/diff?with=${before}`)
    for (const words of ['+4,997', 'new0', '3 → 32 rows']) expect(text).toContain(words)
  })

  it('follows what a run prints, in one attempt and in all, and stops when it has ended', async () => {
    shop.write('wait', '')
    shop.job(
      'talks.job.ts',
      `console.log('at ' + line + ' \\u001b[31m<i>'); while (line === 'b' && existsSync(${JSON.stringify(join(shop.folder, 'wait'))})) { console.log('waits'); Atomics.wait(cell, 0, 0, 200) } emit(line)`,
      "import { existsSync } from 'node:fs'\nconst cell = new Int32Array(new SharedArrayBuffer(4))",
    )
    shop.write('lines.txt', 'a\nb\nc\n')
    const child = shop.start('run', 'talks.job.ts', 'lines.txt', '--impolite')
    const ended = once(child, 'exit')
    const id = await until('the run', () =>
      shop
        .runs()
        .map((path) => basename(path))
        .find((name) => name.endsWith('talks')),
    )
    const page = await server.open(`/runs/${id}`)
    await page.getByRole('link', { name: 'what it prints' }).click()
    const log = page.getByLabel('printed by map-00000.1')
    await log.getByText('at b').waitFor({ timeout: 60_000 })
    const length = (await seen(log)).length
    await until('more of it', async () => (await seen(log)).length > length)
    expect(await violationsOf(page)).toEqual([])
    expect(await seen(log)).toContain('at a \\u001b[31m<i>')
    expect(await seen(page.locator('h1'))).toContain('is followed')
    const alone = await server.open(`/runs/${id}/logs/map-00000.1`)
    rmSync(join(shop.folder, 'wait'))
    await alone.locator('h1', { hasText: 'has ended' }).waitFor({ timeout: 60_000 })
    expect(await seen(alone.getByLabel('printed by map-00000.1'))).toContain('at c')
    await page.locator('h1', { hasText: 'has ended' }).waitFor({ timeout: 60_000 })
    expect(await (await server.get(`/runs/${id}/logs/map-00000.1/text`)).text()).toContain(
      'at a \u001b[31m<i>',
    )
    await ended
  })

  it('shows of a long log its end, and says so', async () => {
    shop.job('long.job.ts', "console.log('x'.repeat(99)); emit(line)")
    shop.write('many.txt', 'y\n'.repeat(3000))
    const id = run('long.job.ts', 'many.txt')
    const together = await (await server.get(`/runs/${id}/logs`)).text()
    expect(together.length).toBeLessThan(20_000)
    expect(together).toContain('more of it')
    const alone = await (await server.get(`/runs/${id}/logs/map-00000.1`)).text()
    expect(alone.length).toBeLessThan(200_000)
    expect((await (await server.get(`/runs/${id}/logs/map-00000.1/text`)).text()).length).toBeGreaterThan(
      290_000,
    )
  })
})
