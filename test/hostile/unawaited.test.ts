/** Jobs that forget to await: what they emit too late must not be missing from a result that says it is complete. */
import { afterAll, describe, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'

const shop = new Workshop()
afterAll(() => shop.remove())
shop.write('three.txt', 'one\ntwo\nthree\n')
shop.write('two-tasks.txt', 'other\n'.repeat(10_000))

function writeJob(name: string, body: string, before = ''): void {
  shop.write(
    name,
    `import { setTimeout as wait } from 'node:timers/promises'
import { readFile } from 'node:fs/promises'
import { deflate } from 'node:zlib'
import { generateKeyPair, pbkdf2 } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { count, defineJob, text } from 'tallyman'
const large = Buffer.alloc(3e6)
${before}
export default defineJob({ input: text(), reduce: count<string>(), ${body} })
`,
  )
}

describe.each(['process', 'thread'])('emits of a job that nobody awaited (%s)', (isolation) => {
  it.each([
    ['after a timer', 'map(line, emit) { void wait(20).then(() => emit(line)) }'],
    ['after a read', 'map(line, emit) { void readFile(import.meta.filename).then(() => emit(line)) }'],
    [
      'in a timer, and the error is caught',
      'map(line, emit) { setTimeout(() => { try { emit(line) } catch {} }, 20) }',
    ],
    [
      'while another record is waited for that is rejected',
      "async map(line, emit) { if (line === 'one') void wait(20).then(() => emit(line)).catch(() => {}); else { await wait(60); throw new Error('no') } }",
    ],
    // What follows is in no list of Node's, or not as what it is.
    [
      'after a digest',
      "map(line, emit) { void crypto.subtle.digest('SHA-256', large).then(() => emit(line)) }",
    ],
    ['after a deflate', 'map(line, emit) { deflate(large, () => emit(line)) }'],
    [
      'after a key is derived',
      "map(line, emit) { pbkdf2('a', 'b', 20_000, 32, 'sha256', () => emit(line)) }",
    ],
    [
      'after a pair of keys is made',
      "map(line, emit) { generateKeyPair('ec', { namedCurve: 'P-256' }, () => emit(line)) }",
    ],
    [
      'after a stream is compressed',
      "map(line, emit) { void new Response(new Blob([large.subarray(0, 2e5)]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer().then(() => emit(line)) }",
    ],
    [
      'in a timer, after a module is compiled',
      'map(line, emit) { void WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])).then(() => wait(5)).then(() => emit(line)) }',
    ],
    [
      'after the word of a thread',
      "map(line, emit) { if (line === 'one') new Worker('setTimeout(() => require(\"worker_threads\").parentPort.postMessage(1), 20)', { eval: true }).on('message', () => emit(line)) }",
    ],
    ['in flush', "map() {}, flush(emit) { void wait(20).then(() => emit('end')) }"],
  ])('end the run, and commit nothing: %s', (_, body) => {
    writeJob('late.job.ts', body)
    const { status, stdout, stderr } = shop.run(
      // A worker that stands back may not come to start a thread within the half second that is waited, where others have the cores.
      ...['run', 'late.job.ts', 'three.txt', '--isolation', isolation, '--impolite'],
    )
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain('Table "result" got a value after its record\'s map had returned.')
    expect(stderr).toContain('\nAwait every')
  })

  it('end the run where they come after its task, while another one is at work in the worker', () => {
    writeJob(
      'later.job.ts',
      // The first task is given up after half a second.
      "setup: () => new Promise((go) => { waits++; setTimeout(go, waits > 1 ? 600 : 0) }), map(line, emit) { emit(line) }, flush(emit) { if (waits === 1) setTimeout(() => { try { emit('late') } catch {} }, 900) }",
      'let waits = 0',
    )
    // What that first task wrote is not used by the next run, which would be complete without what came too late.
    for (let runs = 0; runs < 2; runs++) {
      const { status, stdout, stderr } = shop.run(
        ...['run', 'later.job.ts', 'two-tasks.txt', '--isolation', isolation],
        ...['--workers', '1', '--split', '40k'],
      )
      expect([status, stdout]).toEqual([1, ''])
      expect(stderr).toContain('Table "result" got a value after its record\'s map had returned.')
    }
  })

  it('end the run in a later task of a job that keeps an interval', () => {
    writeJob(
      'kept.job.ts',
      "setup() { tasks++ }, map(line, emit) { emit(line) }, flush(emit) { if (tasks === 2) setTimeout(() => { try { emit('late') } catch {} }, 100) }",
      'let tasks = 0\nsetInterval(() => undefined, 50)',
    )
    const { status, stdout, stderr } = shop.run(
      ...['run', 'kept.job.ts', 'two-tasks.txt', '--isolation', isolation],
      ...['--workers', '1', '--split', '40k', '--no-reuse'],
    )
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain(': 1 file, 60 kB, 2 map tasks')
    expect(stderr).toContain('Table "result" got a value after its record\'s map had returned.')
  })

  it('are waited for without the end of the worker being said to the job', () => {
    writeJob(
      'ending.job.ts',
      "map(line, emit) { emit(line) }, flush(emit) { emit(String(process.listenerCount('beforeExit'))) }",
      "process.on('beforeExit', () => { throw new Error('This is not the end.') })",
    )
    const { status, stdout } = shop.run(
      ...['run', 'ending.job.ts', 'two-tasks.txt', '--isolation', isolation],
      ...['--workers', '1', '--split', '40k', '--no-reuse'],
    )
    expect(status).toBe(0)
    expect(stdout).toMatch(/^ {2}"1" +2$/m)
  })

  it('are not waited for where what goes on is only an interval of the job', () => {
    writeJob('ticking.job.ts', 'setup() { setInterval(() => undefined, 50) }, map(line, emit) { emit(line) }')
    const { status, stderr } = shop.run(...['run', 'ticking.job.ts', 'three.txt', '--isolation', isolation])
    expect([status, stderr]).toEqual([0, expect.stringContaining('Complete: 1 file, 3 records')])
  })
})
