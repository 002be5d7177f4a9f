/** The heap a worker is given bounds what the job has in it, in the worker itself and in threads that the job starts there. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'

const shop = new Workshop()
afterAll(() => shop.remove())

it('a worker process keeps its heap limit, and hands it on to the threads of its job', () => {
  const limitOf = "require('node:v8').getHeapStatistics().heap_size_limit"
  shop.write(
    'heap.job.ts',
    `import { getHeapStatistics } from 'node:v8'
     import { Worker } from 'node:worker_threads'
     import { defineJob, max, text } from 'tallyman'
     const threadLimit = () => new Promise<number>((resolve) => {
       new Worker("require('node:worker_threads').parentPort.postMessage(${limitOf})", { eval: true }).once('message', resolve)
     })
     export default defineJob({ input: text(), reduce: max(), async map(line, emit) {
       emit('worker', Math.ceil(getHeapStatistics().heap_size_limit / 2 ** 20))
       emit('thread', Math.ceil(await threadLimit() / 2 ** 20))
     } })\n`,
  )
  shop.write('one.txt', 'one\n')
  const args = ['--workers', '1', '--memory', '250M', '--isolation', 'process', '-o', 'out']
  const { status, stderr } = shop.run('run', 'heap.job.ts', 'one.txt', ...args)
  expect(status, stderr).toBe(0)
  const rows = readFileSync(join(shop.folder, 'out/result.jsonl'), 'utf8').trim().split('\n')
  const limits = rows.map((row) => (JSON.parse(row) as { value: number }).value)
  expect(limits).toHaveLength(2)
  expect(Math.max(...limits)).toBeLessThan(160)
})
