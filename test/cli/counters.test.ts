/** Counters that come to more than a number holds: what is said of them is what was counted, or the run fails. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'

let shop: Workshop
beforeAll(() => {
  shop = new Workshop()
  for (const name of ['a', 'b', 'c']) shop.write(`in/${name}.txt`, 'x\ny\n')
  shop.write(
    'count.job.ts',
    `import { count, defineJob, text } from 'tallyman'
    export default defineJob({ input: text(), reduce: count<string>(), map(line, emit, ctx) {
      emit(line)
      ctx.counter('nanoseconds', 2 ** 52 - 1)
    } })`,
  )
})
afterAll(() => shop.remove())

it.each(['1M', 'whole'])('fails where all tasks together count too much, with --split %s', (split) => {
  const { status, stdout, stderr } = shop.run(
    'run',
    'count.job.ts',
    'in',
    '--split',
    split,
    '-o',
    `out-${split}`,
  )
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toContain('Counter "nanoseconds" has come to more than 2 ** 53.\nCount in a larger unit')
  expect(shop.run('runs').stdout).toContain('failed')
})

it('tells what is less to the last digit', () => {
  expect(shop.run('run', 'count.job.ts', 'in/a.txt', '-q', '-o', 'out').status).toBe(0)
  const { counters } = JSON.parse(readFileSync(join(shop.folder, 'out', 'manifest.json'), 'utf8'))
  expect(counters).toEqual({ nanoseconds: 2 ** 53 - 2 })
})
