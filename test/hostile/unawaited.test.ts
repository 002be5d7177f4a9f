/** Jobs that forget to await: what they emit too late must not be missing from a result that says it is complete. */
import { afterAll, describe, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'

const shop = new Workshop()
afterAll(() => shop.remove())
shop.write('three.txt', 'one\ntwo\nthree\n')

function writeJob(name: string, body: string): void {
  shop.write(
    name,
    `import { setTimeout as wait } from 'node:timers/promises'
import { readFile } from 'node:fs/promises'
import { count, defineJob, text } from 'tallyman'
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
    ['in flush', "map() {}, flush(emit) { void wait(20).then(() => emit('end')) }"],
  ])('end the run, and commit nothing: %s', (_, body) => {
    writeJob('late.job.ts', body)
    const { status, stdout, stderr } = shop.run('run', 'late.job.ts', 'three.txt', '--isolation', isolation)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain('Table "result" got a value after its record\'s map had returned.')
    expect(stderr).toContain('\nAwait every')
  })

  it('are not waited for where what goes on is only an interval of the job', () => {
    writeJob('ticking.job.ts', 'setup() { setInterval(() => undefined, 50) }, map(line, emit) { emit(line) }')
    const { status, stderr } = shop.run('run', 'ticking.job.ts', 'three.txt', '--isolation', isolation)
    expect([status, stderr]).toEqual([0, expect.stringContaining('Complete: 1 file, 3 records')])
  })
})
