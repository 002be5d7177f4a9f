/** What attempts print, shown while they run and after. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'
import { until } from '../fixtures/until.ts'

let shop: Workshop
beforeAll(() => {
  shop = new Workshop()
  for (const name of ['a', 'b', 'c']) shop.write(`in/${name}.txt`, `${name}1\n${name}2\n`)
  shop.write('one.txt', 'one\ntwo\n')
})
afterAll(() => shop.remove())

/** Chunks of a process's stdout as they come. */
function listen(child: ReturnType<Workshop['start']>): { text: string; ended: Promise<number | null> } {
  const heard = { text: '', ended: new Promise<number | null>((resolve) => child.once('close', resolve)) }
  child.stdout?.on('data', (chunk: Buffer) => {
    heard.text += chunk.toString('utf8')
  })
  return heard
}

describe.each(['process', 'thread'])('logs, with --isolation %s', (isolation) => {
  it('shows what each attempt printed on both streams, whichever worker ran it, and what none did', () => {
    const job = shop.job(
      'chatty.job.ts',
      `console.log('out ' + line); process.stderr.write('err ' + line + '\\n'); emit(line)`,
      'console.log("loading")',
    )
    const args = ['-w', '2', '--no-reuse', '--isolation', isolation]
    expect(shop.run('run', job, 'in', ...args)).toMatchObject({ status: 0 })
    const { stdout, status } = shop.run('logs')
    expect(status).toBe(0)
    const sections = new Map(
      stdout
        .split(/^==> /m)
        .slice(1)
        .map((section) => [section.split('\n')[0], section.split('\n').slice(1, -1).sort()]),
    )
    const outside = isolation === 'process' ? 'worker-0' : 'threads'
    expect(sections.get(`${outside}, outside of attempts`)).toContain('loading')
    for (const [index, name] of ['a', 'b', 'c'].entries())
      expect(sections.get(`map-0000${index}.1 ended well`)).toEqual(
        ['err', 'out'].flatMap((stream) => [1, 2].map((line) => `${stream} ${name}${line}`)),
      )
  })

  it('keeps the first and the last of what never ends, and the run goes on without that record', () => {
    const job = 'endless.job.ts'
    shop.write(
      job,
      `import { count, defineJob, text } from 'tallyman'
export default defineJob({ input: text(), reduce: count<string>(), async map(line, emit) {
  if (line === 'two') {
    for (let n = 0; n < 1500; n++) {
      process.stdout.write(String(n).padEnd(999) + '\\n')
      if (n % 10 === 0) await new Promise((resolve) => process.stdout.write('', () => setImmediate(resolve)))
    }
    process.exit(5)
  }
  emit(line)
} })
`,
    )
    const args = ['--max-bad', '1', '--no-reuse', '--isolation', isolation]
    const ended = shop.run('run', job, 'one.txt', ...args)
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    const folder = join(shop.runs().at(-1) ?? '', 'logs')
    for (const name of readdirSync(folder)) {
      const { size, mode } = statSync(join(folder, name))
      expect(size, name).toBeLessThan(400 * 1024)
      expect(mode & 0o777, name).toBe(0o600)
    }
    const objects = shop
      .run('logs', '--json', '--attempt', 'map-00000')
      .stdout.trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(objects.map(({ of, how }) => `${of} ${how}`)).toEqual(
      [1, 2, 3].map((number) => `map-00000.${number} failed`),
    )
    const [{ text, droppedBytes, why }] = objects
    expect(why).toContain('process.exit(5)')
    expect(text).toMatch(/^0 +\n1 +\n/)
    // What was written last before its exit may not have left the worker.
    expect(droppedBytes).toBeGreaterThan(100_000)
    expect(text).toContain(`\n[tallyman: ${droppedBytes} bytes dropped here]\n`)
  })
})

describe('logs', () => {
  it('goes on with --follow until the run ends', async () => {
    const job = 'waits.job.ts'
    shop.write(
      job,
      `import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { count, defineJob, text } from 'tallyman'
export default defineJob({ input: text(), reduce: count<string>(), async map(line, emit) {
  console.log('at ' + line)
  if (line === 'two') while (!existsSync('go-on')) await sleep(20)
  console.log('past ' + line)
  emit(line)
} })
`,
    )
    const before = shop.runs().length
    const run = shop.start('run', job, 'one.txt', '--no-reuse')
    const ran = new Promise((resolve) => run.once('close', resolve))
    await until('the journal', () => {
      const directory = shop.runs().length > before ? shop.runs().at(-1) : undefined
      return directory !== undefined && existsSync(join(directory, 'journal.jsonl'))
    })
    const heard = listen(shop.start('logs', 'last', '-f'))
    await until('what is printed before the wait', () => heard.text.includes('at two\n'))
    expect(heard.text).not.toContain('past two')
    shop.write('go-on', '')
    expect(await heard.ended).toBe(0)
    await ran
    expect(heard.text).toContain('past one\nat two\npast two\n')
    expect(heard.text.match(/==> map-00000\.1/g)).toHaveLength(1)
  })

  it('names the attempts it does not know, and says so where nothing was printed', () => {
    const job = shop.job('silent.job.ts', 'emit(line)')
    expect(shop.run('run', job, 'one.txt', '--no-reuse')).toMatchObject({ status: 0 })
    expect(shop.run('logs')).toMatchObject({
      status: 0,
      stdout: '',
      stderr: 'Nothing was printed, and no attempt failed.\n',
    })
    expect(shop.run('logs', '--attempt', 'map-00000.1')).toMatchObject({ status: 0 })
    const wrong = shop.run('logs', '--attempt', 'map-00007.1')
    expect(wrong).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('has no attempt "map-00007.1"'),
    })
  })

  it('shows control characters as text', () => {
    const job = shop.job('colours.job.ts', `console.log('\\x1b[31mred'); emit(line)`)
    expect(shop.run('run', job, 'one.txt', '--no-reuse')).toMatchObject({ status: 0 })
    const { stdout } = shop.run('logs')
    expect(stdout).not.toContain('\u001b')
    expect(stdout).toContain('[31mred')
  })
})
