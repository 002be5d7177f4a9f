import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasPictures } from '../fixtures/optional.ts'
import { hasChromium, launchChromium, openFile, violationsOf } from '../fixtures/page-server.ts'
import { type Ended, Workshop } from '../fixtures/program.ts'
import { requires } from '../requires.ts'

const shop = new Workshop()
/** How the writing of `report.html` ended, which the tests look at. */
let written: Ended
let browser: ReturnType<typeof launchChromium> | null = null
afterAll(async () => {
  await (await browser)?.close()
  shop.remove()
})

/** One for all tests that look at a page. */
function chromium(): ReturnType<typeof launchChromium> {
  browser ??= launchChromium()
  return browser
}

beforeAll(() => {
  shop.write(
    'tags.job.ts',
    `import { count, defineJob, jsonl } from 'tallyman'
    import * as z from 'zod'
    export default defineJob({
      description: 'Which tags are there? <b>',
      input: jsonl<{ t: string; l: string }>(),
      reduce: count<[string, string]>(),
      columns: ['tag', 'lang'],
      charts: [{ kind: 'bars', x: 'tag' }],
      params: { least: z.number().default(0).describe('a number') },
      // a comment that only the source has
      map({ t, l }, emit, ctx) { ctx.counter('seen'); emit([t, l]) },
    })`,
  )
  const tags = ['#코로나', '<script>alert(1)</script>', '"\u001b[31m', '']
  shop.write(
    'in/two words.jsonl',
    `${tags.map((t) => JSON.stringify({ t, l: 'en' })).join('\n')}\n{"broken <i>\n`,
  )
  const { status, stderr } = shop.run(
    'run',
    'tags.job.ts',
    'in',
    '-o',
    'out',
    '-q',
    '--max-bad',
    '1',
    '--param',
    'least=3',
  )
  if (status !== 0) throw new Error(stderr)
  if (hasPictures()) written = shop.run('report', 'out')
})

describe.skipIf(!requires('packages @napi-rs/canvas and fonts', hasPictures()))('tallyman report', () => {
  test('writes one file with question, answer, method, inputs, rejected records, cost, digest and the command that repeats it', () => {
    expect(written).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^report\.html {2}/),
    })
    const page = readFileSync(join(shop.folder, 'report.html'), 'utf8')
    const manifest = JSON.parse(readFileSync(join(shop.folder, 'out/manifest.json'), 'utf8'))
    for (const said of [
      'Which tags are there? &lt;b&gt;',
      '1 of 5 records was rejected and is not counted.',
      '<svg',
      'a comment that only the source has',
      '<code>least</code>',
      'in/two words.jsonl, line 5',
      '{&quot;broken &lt;i&gt;',
      manifest.digest,
      manifest.run.id,
      `node ${process.version}`,
      'tallyman run tags.job.ts &#39;in/two words.jsonl&#39; --param least=3 --max-bad 1 -o RESULT',
    ])
      expect(page).toContain(said)
    expect(page.match(/data-n="1"/g)!.length).toBeGreaterThanOrEqual(4)
  })

  test('writes to stdout what it writes into a file', () => {
    const { status, stdout, stderr } = shop.run('report', 'out', '-o', '-')
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toBe(readFileSync(join(shop.folder, 'report.html'), 'utf8'))
    expect(shop.run('report', 'out', '-o', '-', '--json')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('Leave one of them out.'),
    })
    expect(readdirSync(shop.folder)).not.toContain('-')
  })

  test('takes nothing from another run whose id begins as that of its own, which is gone', () => {
    const own = shop.runs().find((path) => path.includes('-tags')) ?? ''
    const other = `${own}-2`
    renameSync(own, other)
    const identity = JSON.parse(readFileSync(join(other, 'run.json'), 'utf8'))
    writeFileSync(join(other, 'run.json'), JSON.stringify({ ...identity, id: basename(other) }))
    const { status, stdout } = shop.run('report', 'out', '-o', '-')
    renameSync(other, own)
    writeFileSync(join(own, 'run.json'), JSON.stringify(identity))
    expect(status).toBe(0)
    expect(stdout).not.toContain('a comment that only the source has')
  })

  test('shows data as text alone, and asks for nothing from elsewhere', () => {
    const page = readFileSync(join(shop.folder, 'report.html'), 'utf8')
    expect(page).not.toContain('<script>alert')
    expect(page).not.toContain('\u001b')
    expect(page.match(/<script/g)).toHaveLength(1)
    expect(page).toContain("default-src 'none'")
    expect(page).not.toMatch(/(?:src|href|url\()\s*=?["'(]?\s*(?:https?:)?\/\//)
    expect(Buffer.byteLength(page)).toBeLessThan(2e6)
  })

  test.skipIf(!requires('Chromium', hasChromium))(
    'hinders nobody, and sorts by the head that is pressed',
    async () => {
      const page = await openFile(await chromium(), join(shop.folder, 'report.html'))
      expect(await violationsOf(page)).toEqual([])
      const first = page.locator('tbody').first().locator('tr').first()
      await page.getByRole('button', { name: 'tag' }).click()
      expect(await first.textContent()).toContain('<script>alert(1)</script>')
      await page.getByRole('button', { name: 'tag' }).click()
      expect(await first.textContent()).toContain('""')
    },
  )

  test('looks at the result as a job file says now, and says so', () => {
    const job = readFileSync(join(shop.folder, 'tags.job.ts'), 'utf8')
    shop.write('now.job.ts', job.replace('Which tags are there?', 'Which hashtags?'))
    expect(shop.run('report', 'out', '-o', 'newer.html', '--job', 'now.job.ts')).toMatchObject({ status: 0 })
    const page = readFileSync(join(shop.folder, 'newer.html'), 'utf8')
    expect(page).toContain('Which hashtags? &lt;b&gt;')
    expect(page).toContain('this description are newer than the result')
    expect(page).toContain("description: 'Which tags are there? &lt;b&gt;'".replaceAll("'", '&#39;'))
  })

  test('repeats: the command that it says gives the same digest', () => {
    const page = readFileSync(join(shop.folder, 'report.html'), 'utf8')
    const command = /tallyman run [^<]* -o RESULT/
      .exec(page)![0]
      .replaceAll('&#39;', "'")
      .replace('RESULT', 'again')
    const { stdout, status } = shop.shell(`${command} -q`)
    expect(status).toBe(0)
    expect(stdout).toContain(JSON.parse(readFileSync(join(shop.folder, 'out/manifest.json'), 'utf8')).digest)
  })
})

/** Tables as large as those of the whole homework: 17 hashtags, of which three are not Latin, by 250 countries, 70 languages, 366 days. */
function writeYear(): void {
  shop.write(
    'year.job.ts',
    `import { count, defineJob, text } from 'tallyman'
    const tags = ['#코로나바이러스', '#コロナウイルス', '#冠状病毒', ...Array.from({ length: 14 }, (_, n) => '#hashtag' + n)]
    const codes = Array.from({ length: 250 }, (_, n) => 'USKRJPCNDEFR'.slice(2 * (n % 6), 2 * (n % 6) + 2) + (n < 6 ? '' : n))
    const dayOf = (n: number) => new Date(Date.UTC(2020, 0, 1 + n)).toISOString().slice(0, 10)
    export default defineJob({
      input: text(),
      reduce: { country: count<[string, string]>(), lang: count<[string, string]>(), day: count<[string, string]>() },
      columns: { country: ['tag', 'country'], lang: ['tag', 'lang'], day: ['tag', 'day'] },
      charts: [
        { kind: 'bars', table: 'lang', x: 'lang', where: { tag: tags[0]! } },
        { kind: 'lines', table: 'day', x: 'day', series: 'tag' },
        { kind: 'map', table: 'country', x: 'country', where: { tag: tags[3]! } },
      ],
      map(line, emit) {
        for (const [t, tag] of tags.entries()) {
          for (const code of codes) emit.country([tag, code])
          for (let n = 0; n < 70; n += 1) emit.lang([tag, 'l' + n])
          for (let n = 0; n < 366; n += 1) if ((n * 7 + t) % 5 > 0) emit.day([tag, dayOf(n)])
        }
      },
    })`,
  )
  shop.write('line.txt', 'one\n')
  expect(shop.run('run', 'year.job.ts', 'line.txt', '-o', 'year', '-q')).toMatchObject({ status: 0 })
  expect(shop.run('report', 'year', '-o', 'year.html')).toMatchObject({ status: 0 })
}

describe.skipIf(
  !requires('packages @napi-rs/canvas and fonts', hasPictures()) || !requires('Chromium', hasChromium),
)('a report of tables as large as the whole homework', () => {
  test('is under 2 MB, and on paper has its charts, and of each table what can be read', async () => {
    writeYear()
    expect(readFileSync(join(shop.folder, 'year.html')).length).toBeLessThan(2e6)
    const page = await openFile(await chromium(), join(shop.folder, 'year.html'))
    const shown = (): Promise<unknown> =>
      page.evaluate('[...document.querySelector("tbody").rows].filter((row) => row.offsetHeight > 0).length')
    expect(await shown()).toBe(2000)
    await page.emulateMedia({ media: 'print' })
    expect(await shown()).toBe(50)
    await page.getByText('On paper: the first 50 of 2,000 rows.').first().waitFor()
    for (const figure of await page.locator('figure svg').all())
      expect((await figure.boundingBox())?.height).toBeGreaterThan(200)
    const pages = (await page.pdf({ format: 'A4' })).toString('latin1').match(/\/Type \/Page\b/g)
    expect(pages?.length).toBeLessThan(15)
    await page.emulateMedia({ media: 'screen' })
    await page.getByLabel('print all rows').check()
    await page.emulateMedia({ media: 'print' })
    expect(await shown()).toBe(2000)
  })
})

test.each([
  ['r.pdf', 'r.pdf ends in .pdf, which is no form of a report: .html or .htm.'],
  ['out/r.html', 'out/r.html lies in the result out, which is sealed as it is.'],
  ['nod/r.html', 'The folder nod for r.html does not exist.'],
])('tallyman report writes nothing to %s, and says why', (place, said) => {
  const { status, stderr } = shop.run('report', 'out', '-o', place)
  expect([status, stderr]).toEqual([2, expect.stringContaining(said)])
})
