/** Parameters whose defaults are made when they are asked for, and so may be others tomorrow, or in another worker. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'

let shop: Workshop
beforeAll(() => {
  shop = new Workshop()
  for (const name of ['a', 'b', 'c', 'd']) shop.write(`in/${name}.txt`, 'x\n')
  const job = (
    made: string,
    more = '',
    day = 'ctx.params.day',
  ): string => `import { count, defineJob, text } from 'tallyman'
    import { z } from 'zod'
    class Box { constructor(readonly text: string) {} }
    export default defineJob({ input: text(), reduce: count<string>(), params: { day: z.string().default(() => ${made})${more} },
      map(line, emit, ctx) {
        if (process.env.INTERRUPT === 'yes' && ctx.position.path.endsWith('d.txt')) process.kill(process.ppid, 'SIGTERM')
        emit(${day})
      } })`
  shop.write('worker.job.ts', job('String(process.pid)'))
  shop.write(
    'box.job.ts',
    job('String(process.pid)', '.transform((text) => new Box(text))', 'ctx.params.day.text'),
  )
  shop.write('day.job.ts', job('String(process.env.DAY)'))
})
afterAll(() => shop.remove())

const env = (DAY: string): { readonly env: Record<string, string> } => ({ env: { DAY } })

it('asks for a default once, whatever it is made of', () => {
  const { status, stdout } = shop.run('run', 'worker.job.ts', 'in', '--isolation', 'process', '-w', '4')
  expect([status, stdout.split('\n')[1]]).toEqual([0, expect.stringMatching(/^ {2}"?\d+"? {2}4$/)])
})

it('refuses one that is no plain data and that two workers have different: the result would be of both', () => {
  const { status, stdout, stderr } = shop.run('run', 'box.job.ts', 'in', '--isolation', 'process', '-w', '4')
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(
    /Parameter "day" is \{"text":"\d+"\} for this worker, and was \{"text":"\d+"\} for the first one of the run\.\n/,
  )
  expect(stderr).toContain('When it is mended, run it again.')
  const typed = shop.run('run', 'box.job.ts', 'in', '-w', '4', '--param', 'day=monday')
  expect(typed.stdout).toContain('  monday  4\n')
})

it('uses nothing that was made with another default, and says so', () => {
  const told = (day: string): string => {
    const { stdout } = shop.runIn(env(day), 'run', 'day.job.ts', 'in', '-w', '1', '-o', 'out')
    const manifest = JSON.parse(readFileSync(join(shop.folder, 'out', 'manifest.json'), 'utf8'))
    return `${manifest.job.params.day}: ${stdout.split('\n')[1]}; ${shop.run('explain').stdout.split('\n')[0]}`
  }
  expect(told('monday')).toMatch(/^monday: {3}monday {2}4; .*ran: /)
  expect(told('monday')).toMatch(/^monday: {3}monday {2}4; .*reused/)
  expect(told('tuesday')).toMatch(/^tuesday: {3}tuesday {2}4; .*ran: the parameters changed/)
})

it('goes on with a run with the default that it began with', () => {
  shop.runIn(
    { env: { DAY: 'monday', INTERRUPT: 'yes' } },
    ...['run', 'day.job.ts', 'in', '-w', '1', '--no-reuse', '--isolation', 'process'],
  )
  const { stdout } = shop.runIn(env('tuesday'), 'resume', 'last')
  expect(stdout).toContain('  monday  4\n')
})
