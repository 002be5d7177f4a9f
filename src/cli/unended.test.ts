import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { bundleProgram } from '../../test/fixtures/bundled.ts'

/** A process that ends as `work`, in which `endsSaid` is what sayUnended returned, brings it to. */
function end(work: string): { status: number | null; stderr: string } {
  const program = bundleProgram(`
    import { sayUnended } from './src/cli/unended.ts'
    const say = (line) => console.error(line)
    const endsSaid = sayUnended(process, { say, status: () => undefined })
    ${work}`)
  const { status, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' })
  return { status, stderr }
}

describe('sayUnended', () => {
  it('makes a failure of an end that nobody has brought about', () => {
    expect(end('void (async () => { await new Promise(() => undefined); endsSaid() })()')).toEqual({
      status: 1,
      stderr: expect.stringMatching(
        /^Error: tallyman has ended in the middle of its work: .*\n.*tallyman runs/,
      ),
    })
  })

  it.each([
    ['which is over', 'process.exitCode = 0; endsSaid()', 0],
    ['which has failed, and said so', 'process.exitCode = 1; endsSaid()', 1],
    ['which is left', 'process.exit(130)', 130],
  ])('is silent about work %s', (_, work, status) => {
    expect(end(work)).toEqual({ status, stderr: '' })
  })
})
