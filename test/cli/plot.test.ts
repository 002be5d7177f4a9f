import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasPictures } from '../fixtures/optional.ts'
import { Workshop } from '../fixtures/program.ts'
import { requires } from '../requires.ts'

const shop = new Workshop()
afterAll(() => shop.remove())

beforeAll(() => {
  shop.write(
    'tags.job.ts',
    `import { count, dayOf, defineJob, jsonl } from 'tallyman'
    export default defineJob({
      input: jsonl<{ t: string; c: string }>(),
      reduce: { day: count<[string, string | null]>(), country: count<[string, string]>() },
      columns: { day: ['tag', 'day'], country: ['tag', 'country'] },
      charts: [
        { kind: 'lines', name: 'days', table: 'day', x: 'day', series: 'tag' },
        { kind: 'bars', table: 'country', x: 'country', where: { tag: '#코로나' }, title: '{tag} by country' },
        { kind: 'map', name: 'world', table: 'country', x: 'country', log: true },
        { kind: 'heat', name: 'heat', table: 'day', x: 'day', y: 'tag' },
        { kind: 'histogram', name: 'sizes', table: 'country' },
      ],
      map({ t, c }, emit, ctx) { emit.day([t, dayOf(ctx.position.path)]); emit.country([t, c]) },
    })`,
  )
  for (const day of ['01', '02', '04', '05']) {
    const lines = [
      ['#코로나', 'KR'],
      ['#코로나', 'US'],
      ['😷', 'JP'],
    ].slice(0, day === '02' ? 2 : 3)
    shop.write(
      `in/t-2020-03-${day}.jsonl`,
      lines.map(([t, c]) => `${JSON.stringify({ t, c })}\n`).join('') + (day === '05' ? 'x\n' : ''),
    )
  }
  const { status, stderr } = shop.run(
    'run',
    'tags.job.ts',
    'in',
    '-o',
    'out',
    '-q',
    '-w',
    '1',
    '--accept',
    '2020-03-03',
    '--max-bad',
    '1',
  )
  if (status !== 0) throw new Error(stderr)
})

const picture = (path: string): Buffer => readFileSync(join(shop.folder, path))

describe.skipIf(!requires('packages @napi-rs/canvas and fonts', hasPictures()))('tallyman plot', () => {
  test('draws the charts of the job as PNG, twice the same bytes, and says what is lacking', () => {
    const { status, stdout, stderr } = shop.run('plot', 'out', '-o', 'first')
    expect(status).toBe(0)
    expect(stdout).toMatch(
      /^first\/days\.png .*\nfirst\/country\.png {2}#코로나 by country, .*\nfirst\/world\.png/,
    )
    expect(stderr).toContain('Incomplete: without 2020-03-03.')
    expect(shop.run('plot', 'out', '-o', 'second').status).toBe(0)
    for (const name of ['days', 'country', 'world', 'heat', 'sizes']) {
      expect(picture(`first/${name}.png`).subarray(1, 4).toString()).toBe('PNG')
      expect(picture(`first/${name}.png`).equals(picture(`second/${name}.png`))).toBe(true)
    }
  })

  test('an SVG has its fonts in it, its words as text, and what is lacking', () => {
    expect(shop.run('plot', 'out', 'days', 'country', '--format', 'svg', '-o', 'svg').status).toBe(0)
    expect(shop.run('plot', 'out', 'country', '-o', 'alone.svg').status).toBe(0)
    const svg = picture('svg/country.svg').toString()
    expect(svg).toContain('#코로나 by country')
    expect(svg).toContain('Incomplete: without 2020-03-03.')
    expect(svg).toContain('1 of 12 records was rejected and is not counted.')
    expect(svg).toMatch(/@font-face\{font-family:tallyman-noto-sans-kr-/)
    // Numbers that count up through a process must not be in it.
    expect(picture('alone.svg').equals(picture('svg/country.svg'))).toBe(true)
    expect(svg).not.toMatch(/(href|src)="?https?:/)
  })

  test('draws what the options say', () => {
    const args = ['plot', 'out', '--kind', 'bars', '--table', 'country', '--x', 'country']
    expect(shop.run(...args, '-o', 'a.png').stdout).toMatch(/^a\.png {2}country, /)
    expect(shop.run(...args, '--facet', 'tag', '--log', '-o', 'b.png', '--json').stdout).toMatch(
      /^\{"chart":"country",/,
    )
    expect(existsSync(join(shop.folder, 'b.png'))).toBe(true)
  })
})

describe('tallyman plot --text', () => {
  test('draws in the terminal, and needs no package', () => {
    const { status, stdout } = shop.run('plot', 'out', 'country', 'days', '--text')
    expect(status).toBe(0)
    expect(stdout).toContain('! Incomplete: without 2020-03-03.')
    expect(stdout).toMatch(/KR 4 █+\nUS 4 █+\n/)
    // A gap is a dot, an absent count nothing.
    expect(stdout).toContain('·: 1 day without data, a gap in the lines.')
    expect(stdout).toMatch(/^ *0 █ ·██$/m)
    expect(stdout).toMatch(/^ *0 ██·██$/m)
  })

  test('draws what a job file says now, and runs nothing for it', () => {
    const job = readFileSync(join(shop.folder, 'tags.job.ts'), 'utf8')
    shop.write(
      'new/tags.job.ts',
      job
        .replace(
          /charts: \[[\s\S]*?\n {6}\],/,
          "charts: [{ kind: 'bars', name: 'places', table: 'country', x: 'place' }],",
        )
        .replace("['tag', 'country']", "['tag', 'place']"),
    )
    const runs = shop.runs().length
    const { status, stdout, stderr } = shop.run('plot', 'out', '--text', '--job', 'new/tags.job.ts')
    expect(status, stderr).toBe(0)
    expect(stdout).toMatch(/KR 4 █+\nUS 4 █+\nJP 3 █/)
    expect(stdout).toContain('Drawn by charts and names of columns that are newer than the result.')
    expect(shop.runs().length).toBe(runs)
    expect(shop.run('plot', 'out', 'places', '--text').stderr).toContain('The job has no chart "places".')
    expect(shop.run('plot', 'out', '--text', '--job', 'none.job.ts').stderr).toContain('none.job.ts')
  })

  test('draws the others where one chart cannot be drawn, says why, and fails', () => {
    const job = readFileSync(join(shop.folder, 'tags.job.ts'), 'utf8')
    shop.write('bad/tags.job.ts', job.replace("where: { tag: '#코로나' }", "where: { tag: '#none' }"))
    const { status, stdout, stderr } = shop.run('plot', 'out', '--text', '--job', 'bad/tags.job.ts')
    expect(status).toBe(1)
    expect(stdout).toMatch(/^day\ntable day /)
    expect(stderr).toContain('Chart country is not drawn. Chart country: no row of table country is #none.')
  })

  test('takes no name for a folder that ends as a file of another kind', () => {
    expect(shop.run('plot', 'out', 'days', '-o', '-')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('Pictures are not written to stdout.'),
    })
    const { status, stderr } = shop.run('plot', 'out', 'days', '-o', 'x.pdf')
    expect(status).toBe(2)
    expect(stderr).toContain('x.pdf ends in neither .png nor .svg.')
    expect(existsSync(join(shop.folder, 'x.pdf'))).toBe(false)
  })

  test.each([
    ['out', 'out is a result, which is sealed as it is.\nName a place outside of it with -o.'],
    ['out/pictures', 'out/pictures lies in the result out, which is sealed as it is.'],
    ['out/days.png', 'out/days.png lies in the result out, which is sealed as it is.'],
    ['tags.job.ts', 'tags.job.ts is a file, and no folder that could be written into.'],
    ['tags.job.ts/deep/days.png', 'tags.job.ts is a file, and no folder that could be written into.'],
  ])('draws nothing into %s, and says so before it looks at any row', (place, said) => {
    const { status, stderr } = shop.run('plot', 'out', 'days', '--where', 'none=1', '-o', place)
    expect([status, stderr]).toEqual([2, expect.stringContaining(said)])
    expect(readdirSync(join(shop.folder, 'out')).sort()).toEqual([
      'country.jsonl',
      'day.jsonl',
      'manifest.json',
    ])
  })

  test('names the chart, the option or the column that was meant', () => {
    expect(shop.run('plot', 'out', 'dais', '--text').stderr).toContain('Did you mean days?')
    expect(shop.run('plot', 'out', '--kind', 'bars', '--table', 'day', '--text').stderr).toContain(
      'needs --x',
    )
    expect(
      shop.run('plot', 'out', '--kind', 'map', '--table', 'country', '--x', 'contry', '--text').stderr,
    ).toContain('Did you mean country?')
    expect(shop.run('plot', 'out', '--kind', 'map', '--x', 'c', '--bins', '3', '--text').stderr).toContain(
      '--bins is none of a chart of kind map',
    )
  })
})
