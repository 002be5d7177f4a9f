/** Memory that is in no heap of JavaScript, and clocks that jump. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'

let shop: Workshop
beforeAll(() => {
  shop = new Workshop()
  shop.write('in.txt', 'one\nbad\nthree\n')
  for (let file = 0; file < 6; file++) shop.write(`in/${file}.txt`, `a${file}\nb\n`)
})
afterAll(() => shop.remove())

describe.each(['process', 'thread'])('with --isolation %s', (isolation) => {
  it('a record that takes memory of WebAssembly without end loses its attempt, and is rejected with the cause', () => {
    const job = shop.job(
      'wasm.job.ts',
      `if (line === 'bad') for (;;) { const memory = new WebAssembly.Memory({ initial: 160 }); new Uint8Array(memory.buffer).fill(1); held.push(memory); Atomics.wait(pause, 0, 0, 20) } emit(line)`,
      'const held: unknown[] = []; const pause = new Int32Array(new SharedArrayBuffer(4))',
    )
    const options = ['--memory', '300M', '-w', '1', '--max-bad', '1', '--no-reuse', '--impolite']
    const ended = shop.run('run', job, 'in.txt', ...options, '--isolation', isolation)
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    const rejected = readFileSync(join(shop.runs().at(-1) ?? '', 'rejected.jsonl'), 'utf8')
    expect(JSON.parse(rejected)).toMatchObject({
      line: 2,
      reason: expect.stringContaining('of the 300 MiB it may'),
    })
  })
})

describe('a clock that goes back while a run is going on', () => {
  /** Puts back what `Date.now` says by ever more hours, in every process of the run: loaded before anything of it. */
  const backwards = `const now = Date.now; let back = 0; Date.now = () => now() - (back += 600_000)`

  it('changes no digest, loses no task, and does not keep the run from ending or from being resumed', () => {
    const job = shop.job('words.job.ts', `if (line === 'b') throw new Error('not this one'); emit(line)`)
    const options = ['-w', '2', '--no-reuse', '--split', 'whole']
    const plain = shop.digestOf(shop.run('run', job, 'in', ...options, '--max-bad', '6'))
    const clock = shop.write('clock.cjs', backwards)
    const env = { NODE_OPTIONS: `--require ${clock}` }
    expect(shop.runIn({ env }, 'run', job, 'in', ...options)).toMatchObject({ status: 3 })
    const times = shop.journal().map(({ at }) => at)
    expect(times.some((at, index) => at < (times[index - 1] ?? at))).toBe(true)
    const resumed = shop.runIn({ env }, 'resume', 'last', '--max-bad', '6')
    expect(resumed, resumed.stderr).toMatchObject({ status: 0 })
    expect(shop.digestOf(resumed)).toBe(plain)
    for (const command of ['show', 'explain', 'runs', 'verify'])
      expect(shop.run(command, ...(command === 'runs' ? [] : ['last']))).toMatchObject({ status: 0 })
  })
})
