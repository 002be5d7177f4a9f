/** A gzip file of one member is read in parts the second time, and gives the digest that it gave as a whole, whatever is done to its index. */
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { type Ended, Workshop } from '../fixtures/program.ts'

const shop = new Workshop()
afterAll(() => shop.remove())

const params = fileURLToPath(new URL('../fixtures/plain-params.ts', import.meta.url))
// Where each line is, in the order they come: any line too many, too few or elsewhere changes the digest.
const job = 'places.job.ts'
shop.write(
  job,
  `import { collect, defineJob, text } from 'tallyman'
   import { textParam } from ${JSON.stringify(params)}
   export default defineJob({ input: text(), reduce: collect<unknown>(), params: { mark: textParam('') },
     map(line, emit, ctx) {
       emit(ctx.params.mark + (ctx.position.byte % 7), [ctx.position.byte, line.length, line.slice(0, 20), ctx.random()])
     } })\n`,
)

const numbersEach = 16
const content = (mark: string): Buffer => {
  const numberAt = (at: number): number => Math.imul(at, 2654435761) >>> 0
  const numbersOf = (line: number): number[] =>
    Array.from({ length: numbersEach }, (_, at) => numberAt(line * numbersEach + at))
  const lines = Array.from({ length: 8000 }, (_, line) => `${mark} ${line} ${numbersOf(line).join(' ')}\n`)
  return Buffer.from(lines.join(''))
}
const name = 'one.txt.gz'
shop.write(name, gzipSync(content('first')))

function run(...options: readonly string[]): Ended {
  const ended = shop.run('run', job, name, '--split', '256K', ...options)
  expect(ended.status, ended.stderr).toBe(0)
  return ended
}

function tasksOf({ stderr }: Ended): number {
  return Number(/ (\d+) map tasks?,/.exec(stderr)?.[1])
}

function eventsOfLast(): string[] {
  return shop.journal().map(({ type }) => type)
}

function indexes(): string[] {
  const folder = join(shop.folder, 'home', 'store', 'indexes')
  return readdirSync(folder).map((index) => join(folder, index))
}

function flip(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x40, at)
  writeFileSync(file, bytes)
}

describe('a gzip file of one member, from its first run to where it is another file', {
  shuffle: false,
  timeout: 240_000,
}, () => {
  const first = run('-w', '1')
  const digest = shop.digestOf(first)

  it('is read as a whole the first time, and by its index in parts the second time', () => {
    expect(tasksOf(first)).toBe(1)
    expect(indexes()).toHaveLength(1)
    for (const isolation of ['process', 'thread']) {
      const second = run('--no-reuse', '-w', '2', '--isolation', isolation)
      expect(tasksOf(second)).toBeGreaterThan(3)
      expect(shop.digestOf(second)).toBe(digest)
      expect(eventsOfLast()).not.toContain('inputs-damaged')
      expect(existsSync(join(shop.runs().at(-1) ?? '', 'indexes'))).toBe(true)
    }
  })

  it('is not read at all where its records were kept as a whole, or in parts', () => {
    for (const option of ['first', 'second', 'second']) {
      const mark = option === 'first' ? [] : ['--param', 'mark=x']
      run('-w', '1', ...mark)
    }
    expect(eventsOfLast().filter((type) => type === 'map-reused').length).toBeGreaterThan(3)
    const why = shop.run('explain', shop.runs().at(-2) ?? '').stdout
    expect(why).toContain('the parameters changed')
    expect(why).not.toContain('nothing was kept')
  })

  it('is read as a whole where a window of its index is damaged, and the index is made anew', () => {
    const [index = ''] = indexes()
    flip(index, 60)
    const damaged = run('--no-reuse', '-w', '2')
    expect(shop.digestOf(damaged)).toBe(digest)
    expect(eventsOfLast()).toContain('inputs-damaged')
    const mended = run('--no-reuse', '-w', '2')
    expect(shop.digestOf(mended)).toBe(digest)
    expect(eventsOfLast()).not.toContain('inputs-damaged')
    expect(tasksOf(mended)).toBeGreaterThan(3)
  })

  it('is planned as a whole where the table of its index is damaged', () => {
    const [index = ''] = indexes()
    flip(index, statSync(index).size - 60)
    const whole = run('--no-reuse', '-w', '1')
    expect(tasksOf(whole)).toBe(1)
    expect(shop.digestOf(whole)).toBe(digest)
  })

  it('is planned as a whole where it is another file by now, though of the same size and time', () => {
    const path = join(shop.folder, name)
    const { atime, mtime, size } = statSync(path)
    const other = Buffer.alloc(size)
    gzipSync(content('other'), { level: 9 }).copy(other)
    writeFileSync(path, other)
    utimesSync(path, atime, mtime)
    const replaced = run('--no-reuse', '-w', '1')
    expect(tasksOf(replaced)).toBe(1)
    expect(shop.digestOf(replaced)).not.toBe(digest)
    expect(shop.digestOf(run('--no-reuse'))).toBe(shop.digestOf(replaced))
  })
})
