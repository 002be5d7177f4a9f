import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { hasProc } from '../../bench/process-tree.mjs'
import { requires } from '../requires.ts'

const program = fileURLToPath(new URL('../../bench/overheads.mjs', import.meta.url))
const records = mkdtempSync(join(tmpdir(), 'tallyman-bench-'))
afterAll(() => rmSync(records, { recursive: true, force: true }))

function bench(...options: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...options], { encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

describe.skipIf(!requires('/proc of Linux', hasProc))('bench/overheads.mjs', () => {
  it('checks the answers of small runs and plans, and records what they took', () => {
    const few = [
      '--quick',
      '--rounds',
      '1',
      '--only',
      'start,year,result,tasks',
      '--tasks',
      '300',
      '--rows',
      '200000',
    ]
    const { status, output } = bench(...few, '--records', records)
    expect(status, output).toBe(0)
    const [name = ''] = readdirSync(records)
    expect(name).toMatch(/^\d{4}-\d\d-\d\dT\d{4}-overheads\.json$/)
    const { measured } = JSON.parse(readFileSync(join(records, name), 'utf8'))
    expect(measured.map(({ what }: { readonly what: string }) => what)).toEqual([
      'ten lines, process',
      'ten lines, thread',
      'plan of 37 archives of 24 members',
      'result of 20000 rows',
      '30 tasks of one line',
    ])
    for (const one of measured) expect(one.cpuSeconds).toBeGreaterThan(0)
  }, 120_000)

  it('fails where the program that is measured does', () => {
    const { status, output } = bench('--quick', '--only', 'start', '--bin', join(records, 'nothing'))
    expect(status).not.toBe(0)
    expect(output).toContain('tallyman ended with exit code 1')
  }, 120_000)
})
