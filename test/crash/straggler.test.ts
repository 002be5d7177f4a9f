/** A task is slow on its first attempt alone: an idle worker does it a second time, and the result is that of a run without. */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'

let shop: Workshop
beforeAll(() => {
  shop = new Workshop()
  for (let file = 0; file < 6; file++) {
    const lines = Array.from({ length: 50 }, (_, line) => `w${(line * 7 + file) % 23} f${file}\n`)
    shop.write(`in/${file}.txt`, `${lines.join('')}${file === 2 ? 'slow\n' : ''}`)
  }
  // The attempt that finds no mark leaves one, and sleeps for longer than any test.
  shop.write(
    'words.job.ts',
    `import { existsSync, writeFileSync } from 'node:fs'
     import { count, defineJob, text } from 'tallyman'
     const clock = new Int32Array(new SharedArrayBuffer(4))
     export default defineJob({
       input: text(),
       reduce: count<string>(),
       map(line, emit, ctx) {
         ctx.counter('lines')
         if (line === 'slow' && !existsSync('mark')) {
           writeFileSync('mark', '')
           Atomics.wait(clock, 0, 0, 3_600_000)
         }
         for (const word of line.split(' ')) emit(word)
       },
     })`,
  )
})
afterAll(() => shop.remove())

const options = ['-w', '2', '--no-reuse', '--memory', '600M', '--impolite']

describe('a task that is slow on its first attempt', { timeout: 300_000 }, () => {
  it.each(['process', 'thread'])(
    'is begun again beside it, committed once, and its slow attempt is ended with a worker that is a %s',
    (isolation) => {
      const all = [...options, '--isolation', isolation]
      shop.write('mark', '')
      const undisturbed = shop.run('run', 'words.job.ts', 'in', ...all)
      rmSync(join(shop.folder, 'mark'))
      const ended = shop.run('run', 'words.job.ts', 'in', ...all)
      expect(ended).toMatchObject({ status: 0 })
      expect(shop.digestOf(ended)).toBe(shop.digestOf(undisturbed))

      const [before = '', run = ''] = shop.runs().slice(-2)
      const ofSlow = shop.journal(run).filter((event) => 'task' in event && event.task === 'map-00002')
      expect(ofSlow).toMatchObject([
        { type: 'attempt-started', attempt: 1 },
        { type: 'attempt-started', attempt: 2, beside: 1 },
        { type: 'map-committed', attempt: 2 },
        { type: 'attempt-superseded', attempt: 1 },
      ])
      const commits = shop.events(run).flatMap(({ type, task }) => (type.endsWith('committed') ? [task] : []))
      expect(new Set(commits).size).toBe(commits.length)
      expect(readdirSync(join(run, 'attempts'))).toEqual([])
      const countersOf = (of: string) =>
        JSON.parse(readFileSync(join(of, 'result', 'manifest.json'), 'utf8')).counters
      expect(countersOf(run)).toEqual({ lines: 301 })
      expect(countersOf(run)).toEqual(countersOf(before))
      expect(shop.run('explain', 'last').stdout).toContain(
        'attempt 1 was slow, so attempt 2 was begun beside it\n  attempt 1: another one was first\n',
      )
    },
  )
})
