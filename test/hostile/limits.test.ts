/** Limits that a shared machine sets for its users, and a job without WebAssembly. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'

let shop: Workshop
let plain: string
beforeAll(() => {
  shop = new Workshop()
  shop.write('in.txt', Array.from({ length: 3_000 }, (_, line) => `line ${line}\n`).join(''))
  plain = shop.digestOf(shop.run('run', shop.job('lines.job.ts', 'emit(line)'), 'in.txt', '--no-reuse'))
})
afterAll(() => shop.remove())

describe.each(['process', 'thread'])('with --isolation %s', (isolation) => {
  const command = `tallyman run lines.job.ts in.txt --no-reuse --impolite -w 1 --isolation ${isolation}`

  it('a limit on addresses, as `ulimit -v` sets, changes no digest', () => {
    const ended = shop.shell(`ulimit -v 4000000; ${command}`)
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    expect(shop.digestOf(ended)).toBe(plain)
  })

  it('a limit on addresses that is too low for Node is told before the run begins', () => {
    const ended = shop.shell(`ulimit -v 1500000; ${command}`)
    expect(ended).toMatchObject({ status: 1, stdout: '' })
    expect(ended.stderr).toMatch(
      /1464 MiB of addresses here, too few for a run.*\nBound its memory with --memory instead: ulimit -v unlimited\n/,
    )
  })

  it('a limit on the size of files is named, with the way out; without it the run goes on', () => {
    const ended = shop.shell(`ulimit -f 16; ${command}`)
    expect(ended, ended.stderr).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /EFBIG: file too large, write '.*\.spill'\n(.*\n)*Allow larger files \(ulimit -f\)/,
      ),
    })
    const resumed = shop.run('resume', 'last')
    expect(resumed, resumed.stderr).toMatchObject({ status: 0 })
    expect(shop.digestOf(resumed)).toBe(plain)
  })

  it('a job that takes WebAssembly away has its records read', () => {
    const job = shop.job(
      'bare.job.ts',
      'emit(line)',
      `Object.defineProperty(globalThis, 'WebAssembly', { value: undefined })`,
    )
    const ended = shop.run(
      'run',
      job,
      'in.txt',
      '--no-reuse',
      '--impolite',
      '-w',
      '1',
      '--isolation',
      isolation,
    )
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    expect(shop.digestOf(ended)).toBe(plain)
  })
})
