import { readFileSync } from 'node:fs'
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
    `import { count, defineJob, jsonl } from 'tallyman'
    import { z } from 'zod'
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
})

describe.skipIf(!requires('packages @napi-rs/canvas and fonts', hasPictures()))('tallyman report', () => {
  test('writes one file with question, answer, method, inputs, rejected records, cost, digest and the command that repeats it', () => {
    expect(shop.run('report', 'out')).toMatchObject({
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

  test('shows data as text alone, and asks for nothing from elsewhere', () => {
    const page = readFileSync(join(shop.folder, 'report.html'), 'utf8')
    expect(page).not.toContain('<script>alert')
    expect(page).not.toContain('\u001b')
    expect(page.match(/<script/g)).toHaveLength(1)
    expect(page).toContain("default-src 'none'")
    expect(page).not.toMatch(/(?:src|href|url\()\s*=?["'(]?\s*(?:https?:)?\/\//)
    expect(Buffer.byteLength(page)).toBeLessThan(2e6)
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
