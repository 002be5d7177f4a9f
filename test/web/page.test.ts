/**
 * The page as people see it: in a real browser, with and without script, live from a run's start to its end, in a text browser, and
 * as a screen reader's rules have it (axe).
 */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  freePort,
  hasChromium,
  hasTextBrowser,
  PageServer,
  seen,
  violationsOf,
} from '../fixtures/page-server.ts'
import { Workshop } from '../fixtures/program.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'

let shop: Workshop
let server: PageServer

const open = (...args: Parameters<PageServer['open']>): ReturnType<PageServer['open']> => server.open(...args)
const address = (path: string): string => server.address(path)

/** A job that waits in the middle of each file while `wait` is there. */
function writeWaitingJob(): void {
  shop.write('wait', '')
  const wait = JSON.stringify(join(shop.folder, 'wait'))
  shop.write(
    'slow.job.ts',
    `import { existsSync } from 'node:fs'
import { count, defineJob, text } from 'tallyman'
const cell = new Int32Array(new SharedArrayBuffer(4))
export default defineJob({
  input: text(),
  reduce: count<string>(),
  charts: [{ kind: 'bars', x: 'key', top: 3, title: 'Lines <by> count' }],
  map(line, emit) {
    while (line === 'a word300' && existsSync(${wait})) Atomics.wait(cell, 0, 0, 50)
    emit(line)
  },
})
`,
  )
}

const lines = (name: string, count: number): string =>
  Array.from({ length: count }, (_, index) => `${name} word${index}\n`).join('')

describe.skipIf(!requires('Chromium', hasChromium))('the page', { timeout: 240_000 }, () => {
  beforeAll(async () => {
    shop = new Workshop()
    for (const day of ['01', '02', '04', '05']) shop.write(`in/tweets-2020-01-${day}.txt`, lines('a', 500))
    shop.job('words.job.ts', 'for (const word of line.split(" ")) emit(word)')
    const bad =
      'if (line.endsWith("word7")) throw new Error("seven <b>"); if (line.endsWith("word99")) process.exit(3); emit(line)'
    shop.job('bad.job.ts', bad)
    shop.run('run', 'words.job.ts', 'in', '--accept', '2020-01-03')
    shop.run('run', 'bad.job.ts', 'in', '--accept', '2020-01-03')
    server = new PageServer(shop)
    await server.start()
  })
  afterAll(async () => {
    await server?.close()
    shop.remove()
  })

  /** Ids of the runs, oldest first. */
  const ids = (): string[] => shop.runs().map((run) => basename(run))

  const endless = 'select count(*) from range(1000000000000) where range % 7 = 3'
  /** Ids of the processes that the page has at work. */
  const queries = (): string => readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').trim()

  it('lists the runs, newest first, and leads to each', async () => {
    const page = await open('/')
    const names = await page.locator('tbody tr td:first-child').allInnerTexts()
    expect(names).toEqual(ids().reverse())
    // What other tests have run by then comes first.
    expect((await page.locator('tbody .badge').allInnerTexts()).slice(-2)).toEqual([
      'not committed',
      'incomplete, as accepted',
    ])
    await page.getByRole('link', { name: ids()[0] ?? '' }).click()
    await page.getByRole('heading', { name: /^Result/, level: 2 }).waitFor()
    expect(await page.title()).toContain('incomplete, as accepted')
  })

  it('shows what is lacking, the calendar, the table and the digest of an incomplete result', async () => {
    const page = await open(`/runs/${ids()[0]}`)
    const text = await seen(page.locator('main'))
    expect(text).toContain('no file holds this day')
    expect(text).toContain('tweets-YYYY-MM-DD.txt, 2020-01-01 to 2020-01-05: 1 day missing')
    expect(await page.locator('.days .day.missing').count()).toBe(1)
    expect(await page.locator('.days .day.read').count()).toBe(4)
    const [, digest] = /digest\s+(sha256:[0-9a-f]{64})/.exec(text) ?? []
    expect(digest).toBe(/digest (sha256:.*)/.exec(shop.run('show', ids()[0] ?? '').stdout)?.[1])
    const row = page.locator('tbody tr', { hasText: 'word0' }).first()
    expect(await seen(row)).toMatch(/word0\s+4/)
  })

  it('leads through the whole table, from any key on, and largest first', async () => {
    const page = await open(`/runs/${ids()[0]}/tables/result`)
    const all: string[] = []
    for (;;) {
      all.push(...(await page.locator('tbody td:first-child').allInnerTexts()))
      const next = page.getByRole('link', { name: 'Next rows' })
      if ((await next.count()) === 0) break
      await next.click()
    }
    expect(all).toEqual(['a', ...Array.from({ length: 500 }, (_, index) => `word${index}`).sort()])
    await page.getByLabel('from the key').fill('word42')
    await page.getByRole('button', { name: 'Go there' }).click()
    expect(await seen(page.locator('tbody tr').first())).toMatch(/word42\s+4/)
    await page.getByRole('link', { name: 'the largest first' }).click()
    expect(await seen(page.locator('tbody tr').first())).toMatch(/a\s+2,000/)
    expect(await violationsOf(page)).toEqual([])
  })

  it('answers a query, bounded in time and rows, and says what is wrong with one', async () => {
    const page = await open(`/runs/${ids()[0]}`)
    await page.getByRole('link', { name: 'Ask by SQL' }).click()
    const answers = async (sql: string): Promise<string> => {
      await page.getByLabel('SQL').fill(sql)
      await page.getByRole('button', { name: 'Ask' }).click()
      return await seen(page.locator('main'))
    }
    expect(await answers('select sum(value) as n, 9007199254740993 as big from result')).toMatch(
      /4000\s+9,007,199,254,740,993/,
    )
    expect(await violationsOf(page)).toEqual([])
    expect(await answers('from result')).toContain('the first 200 rows')
    expect(await answers("select * from read_csv('/etc/passwd')")).toContain(
      'may read nothing but the result',
    )
    expect(await answers('selec 1')).toMatch(/The query .*\n+LINE 1: selec 1\n +\^\nThere is result \(/)
    expect(await answers('drop table result')).toContain('not one statement that only reads')
    // As long as the box takes one, in any script.
    expect(await answers(`select '${'\ud55c'.repeat(3980)}' as k`)).toContain('1 row')
    // While the browser waits nothing can be asked of the page, so it notes itself what it shows.
    await page.evaluate(`new MutationObserver(() => sessionStorage.setItem('said', document.querySelector('[role=status]').textContent))
      .observe(document.querySelector('[role=status]'), { childList: true, subtree: true, characterData: true })`)
    const late = answers(endless)
    await until('the query to be at work', () => queries() !== '')
    await setTimeout(3000)
    // It would be busy on all cores until it is ended.
    process.kill(Number(queries()), 'SIGSTOP')
    expect(await late).toContain('It took more than 10 s.')
    expect(await page.evaluate("sessionStorage.getItem('said')")).toMatch(
      /^The query is at work, for ([2-9]\.0|1[01]) s of at most 10 s$/,
    )
  })

  it('ends a query that nobody waits for any more', async () => {
    await until('no query to be at work', () => queries() === '')
    const asking = new AbortController()
    const answer = fetch(address(`/runs/${ids()[0]}/query?sql=${encodeURIComponent(endless)}`), {
      headers: { cookie: server.cookie },
      signal: asking.signal,
    })
    await until('the query to be at work', () => queries() !== '')
    const startMs = performance.now()
    asking.abort()
    await expect(answer).rejects.toThrow()
    await until('the query to be ended', () => queries() === '')
    // Without this it would be at work for ten seconds.
    expect(performance.now() - startMs).toBeLessThan(9000)
  })

  it('shows the charts that the job names', async () => {
    shop.write(
      'drawn.job.ts',
      `import { count, defineJob, text } from 'tallyman'
      export default defineJob({
        input: text(), reduce: count<string>(), columns: ['letter'], charts: [{ kind: 'bars', x: 'letter' }],
        map: (line, emit) => emit(line.slice(-1)),
      })`,
    )
    const { stderr } = shop.run('run', 'drawn.job.ts', 'in', '--accept', '2020-01-03')
    const [, id = ''] = /tallyman show (\S+)/.exec(stderr) ?? []
    const page = await open(`/runs/${id}`)
    const widths = await page.locator('img.chart').evaluateAll((images) =>
      Promise.all(
        images.map(async (image) => {
          await (image as HTMLImageElement).decode()
          return (image as HTMLImageElement).naturalWidth
        }),
      ),
    )
    expect(widths).toEqual([expect.any(Number)])
    const said = 'chart: result by letter; its numbers are in the tables below'
    expect(await page.getByRole('img', { name: said }).count()).toBe(1)
    expect(widths[0]).toBeGreaterThan(300)
    const svg = await page.request.get(address(`/runs/${id}/charts/0.svg`))
    expect(await svg.text()).toContain('2020-01-03')
    expect((await page.request.get(address(`/runs/${id}/charts/1.svg`))).status()).toBe(404)
    expect(await violationsOf(page)).toEqual([])
    rmSync(join(shop.folder, 'home', 'runs', id), { recursive: true })
  })

  it('gives the table out as it lies on disk', async () => {
    const page = await open(`/runs/${ids()[0]}`)
    const started = page.waitForEvent('download')
    await page.getByRole('link', { name: 'result.jsonl' }).click()
    const file = await (await started).path()
    const result = join(shop.runs()[0] ?? '', 'result')
    execFileSync('cmp', [file, join(result, 'result.jsonl')])
    // And nothing else that lies there, or above.
    writeFileSync(join(result, 'beside.txt'), '')
    for (const other of ['beside.txt', '..%2Fplan.json']) {
      const { href } = new URL(`/runs/${ids()[0]}/result/${other}`, page.url())
      expect((await page.request.get(href)).status()).toBe(404)
    }
    rmSync(join(result, 'beside.txt'))
  })

  it('shows each death with its cause and what repeats it, and each rejected record with its place, as text', async () => {
    const page = await open(`/runs/${ids()[1]}`)
    const deaths = await seen(page.locator('.deaths'))
    expect(deaths).toContain('job-exited')
    expect(deaths).toContain('The worker was ended by the job itself: process.exit(3).')
    expect(deaths).toMatch(/tallyman repro map-\d+\.\d/)
    const rejected = await seen(page.locator('section.scroll[aria-label="rejected records"]'))
    expect(rejected).toContain('in/tweets-2020-01-01.txt, line 8 (byte 56)')
    expect(rejected).toContain('seven <b>')
    await page.locator('.deaths a').first().click()
    await page.getByRole('heading', { name: /^Log of map-/ }).waitFor()
    expect(await seen(page.locator('main'))).toContain('Nothing was printed.')
  })

  it('follows a run from its start to its end, without being loaded again', async () => {
    writeWaitingJob()
    const known = ids().length
    const run = shop.start(
      'run',
      'slow.job.ts',
      'in',
      '--split',
      '2K',
      '--accept',
      '2020-01-03',
      '-w',
      '2',
      '--impolite',
    )
    const ended = once(run, 'exit')
    await until(
      'the run to begin',
      () => ids().length > known && existsSync(join(shop.runs().at(-1) ?? '', 'journal.jsonl')),
    )
    const page = await open(`/runs/${ids().at(-1)}`)
    await page.evaluate("window.isSame = 'yes'")
    await page.locator('.badge.busy').waitFor()
    await page.getByRole('heading', { name: 'Workers' }).waitFor()
    await page.locator('.grid .cell.running').first().waitFor()
    const workers = await seen(page.locator('section.scroll[aria-label="what the workers are at"]'))
    expect(workers).toContain('in/tweets-2020-01-0')
    expect(workers).toMatch(/\d MB/)
    await page.getByRole('heading', { name: 'The answer so far' }).waitFor({ timeout: 120_000 })
    expect(await seen(page.locator('main'))).toMatch(/memory together\n[\d.]+ MB of [\d.]+ [MG]B\n/)
    expect(await seen(page.locator('main'))).toMatch(/spilled to disk\n.*B, room for [\d.]+ \wB more/)
    expect(await seen(page.locator('main'))).toMatch(/It rests on \d+ of \d+ map tasks, \d+ % of the input/)
    const drawn = await page.locator('section[aria-label^="largest rows"] tbody tr').evaluateAll((rows) =>
      rows.map((row) => ({
        count: Number(row.querySelector('td.number bdi')?.textContent?.replaceAll(',', '')),
        width: Number(row.querySelector('.amount rect')?.getAttribute('width')),
      })),
    )
    expect(drawn.length).toBeGreaterThan(0)
    for (const { count, width } of drawn) expect(width).toBeCloseTo((100 * count) / (drawn[0]?.count ?? 0), 1)
    const chart = page.getByRole('img', { name: 'chart: Lines <by> count' })
    await until('the chart to be drawn', () =>
      page.evaluate<boolean>("document.querySelector('img.chart')?.naturalWidth > 0"),
    )
    const svg = await page.evaluate(
      async (address) => await (await fetch(address)).text(),
      (await chart.getAttribute('src')) ?? '',
    )
    expect(svg).toContain('Not the result: the answer so far, of')
    expect(await page.getByRole('heading', { name: /^Result/, level: 2 }).count()).toBe(0)
    rmSync(join(shop.folder, 'wait'))
    await page.getByRole('heading', { name: /^Result/, level: 2 }).waitFor({ timeout: 60_000 })
    await page.locator('h1', { hasText: 'incomplete, as accepted' }).waitFor()
    expect(await page.evaluate('window.isSame')).toBe('yes')
    expect(await page.title()).toContain('incomplete, as accepted')
    expect(await page.getByRole('heading', { name: 'The answer so far' }).count()).toBe(0)
    await ended
  })

  it('is served beside a run by --serve, and goes with it however it ends', async () => {
    for (const end of ['SIGINT', 'SIGKILL'] as const) {
      writeWaitingJob()
      const run = shop.start(
        'run',
        'slow.job.ts',
        'in',
        '--accept',
        '2020-01-03',
        '--no-reuse',
        '--serve',
        '--port',
        String(freePort() + 20_000),
      )
      const ended = once(run, 'exit')
      let said = ''
      run.stderr?.setEncoding('utf8').on('data', (text) => {
        said += text
      })
      await until('the run to say where its page is', () => said.includes('tallyman serve'))
      const [link = ''] = /http:\S+/.exec(said) ?? []
      expect(link).toContain(`/runs/${ids().at(-1)}?token=`)
      expect((await fetch(link, { redirect: 'manual' })).status).toBe(303)
      run.kill(end)
      rmSync(join(shop.folder, 'wait'))
      await ended
      await expect
        .poll(
          () =>
            fetch(link).then(
              () => 'answers',
              () => 'is gone',
            ),
          { timeout: 20_000 },
        )
        .toBe('is gone')
    }
  })

  it('says that the line is broken, and goes on by itself once the server is there again', async () => {
    const page = await (await server.context()).newPage()
    await page.goto(server.link)
    await page.locator('tbody tr').first().waitFor()
    const { port } = server
    await server.stop()
    await page.locator('body.stale').waitFor()
    await server.start(port)
    await page.locator('body:not(.stale)').waitFor({ timeout: 30_000 })
    // Another process, which knows nothing but what lies on disk: runs that ended before it began are there as they were.
    const history = await server.open(`/runs/${ids()[0]}`)
    expect(await seen(history.locator('main'))).toMatch(/digest\s+sha256:[\s\S]*1 day missing/)
    expect(await seen((await server.open(`/runs/${ids()[1]}`)).locator('.deaths'))).toContain('job-exited')
  })

  it('is complete without any script', async () => {
    const page = await open(`/runs/${ids()[0]}`, { javaScriptEnabled: false })
    expect(await seen(page.locator('main'))).toContain('1 day missing')
    expect(await page.locator('.cell').count()).toBeGreaterThan(0)
  })

  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 360],
  ] as const)('has nothing that hinders anybody: %s, %i pixels wide', async (colorScheme, width) => {
    for (const path of ['/', `/runs/${ids()[0]}`, `/runs/${ids()[1]}`]) {
      const page = await open(path, { colorScheme, viewport: { width, height: 800 } })
      expect(await violationsOf(page), path).toEqual([])
      const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')
      expect(overflow, `${path} is wider than the window`).toBeLessThanOrEqual(0)
    }
  })

  it.skipIf(!requires('w3m', hasTextBrowser))('can be read in a text browser', () => {
    expect(server.dump('/')).toContain(ids()[0])
    const run = server.dump(`/runs/${ids()[0]}`)
    for (const words of ['What is lacking', '1 day missing', 'word0', 'digest sha256:', 'tallyman verify'])
      expect(run).toContain(words)
  })

  it('leaves the runs as they are', () => {
    const before = readdirSync(shop.runs()[0] ?? '').sort()
    expect(before).not.toContain('page-token')
    expect(shop.run('verify', ids()[0] ?? '').status).toBe(0)
  })
})
