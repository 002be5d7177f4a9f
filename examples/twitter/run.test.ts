import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { defects } from './scale-model/defects.ts'

const projectDir = fileURLToPath(new URL('../../', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'tallyman-homework-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

function node(program: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(projectDir, program), ...args], {
    cwd: scratch,
    encoding: 'utf8',
    env: { ...process.env, TALLYMAN_HOME: join(scratch, 'home') },
  })
  return { status, stdout, stderr }
}

function makeModel(name: string, ...options: readonly string[]): string {
  expect(node('examples/twitter/make-model.mjs', name, '--scale', '500000', ...options)).toMatchObject({
    status: 0,
  })
  return join(scratch, name)
}

function runHashtags(model: string, out: string, ...options: readonly string[]) {
  const job = join(projectDir, 'examples/twitter/hashtags.job.ts')
  const expected = options.includes('--expect') ? [] : ['--expect', '2020-01-01..2020-12-31']
  return node('bin/tallyman', 'run', job, join(model, 'Twitter dataset'), ...expected, '-o', out, ...options)
}

function tablesIn(dir: string): string[] {
  return ['lang', 'country', 'day'].map((table) => readFileSync(join(dir, `${table}.jsonl`), 'utf8'))
}

describe('tallyman run hashtags.job.ts', () => {
  it('gives the right answer to the byte, of cut texts and of whole ones', () => {
    const model = makeModel('whole', '--defect', 'odd-files')
    expect(runHashtags(model, 'cut')).toMatchObject({ status: 0 })
    expect(tablesIn(join(scratch, 'cut'))).toEqual(tablesIn(join(model, 'answer')))
    expect(runHashtags(model, 'full', '--param', 'text=full')).toMatchObject({ status: 0 })
    expect(tablesIn(join(scratch, 'full'))).toEqual(tablesIn(join(model, 'answer-full-text')))
  })

  it('names a missing day, and gives the rest of the answer when it is accepted', () => {
    const model = makeModel('gap', '--defect', 'missing-day', '--from', '2020-02-01', '--days', '29')
    const expected = ['--expect', '2020-02-01..2020-02-29']
    expect(runHashtags(model, 'gap-out', ...expected)).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('2020-02-20'),
    })
    expect(existsSync(join(scratch, 'gap-out'))).toBe(false)
    expect(runHashtags(model, 'gap-out', ...expected, '--accept', '2020-02-20')).toMatchObject({ status: 0 })
    expect(tablesIn(join(scratch, 'gap-out'))).toEqual(tablesIn(join(model, 'answer')))
  })

  it.each(['truncated-zip', 'bad-crc', 'empty-archive', 'half-line', 'bad-line', 'bad-utf8'] as const)(
    'commits nothing over an archive with a defect: %s',
    (defect) => {
      // The month that holds its day; the year is read above.
      const month = defects[defect].day.slice(0, 7)
      const model = makeModel(defect, '--defect', defect, '--from', `${month}-01`, '--days', '28')
      const file = JSON.parse(readFileSync(join(model, 'model.json'), 'utf8')).defects[0].file
      expect(file).toContain(defects[defect].day.slice(2))
      const out = `${defect}-out`
      const expected = ['--expect', `${month}-01..${month}-28`]
      expect(runHashtags(model, out, ...expected)).toMatchObject({
        status: 3,
        stderr: expect.stringContaining(file),
      })
      expect(existsSync(join(scratch, out))).toBe(false)
    },
  )
})

describe('docs/guide/homework.md', () => {
  it('shows the job as it is', () => {
    const guide = readFileSync(join(projectDir, 'docs/guide/homework.md'), 'utf8')
    const job = readFileSync(join(projectDir, 'examples/twitter/hashtags.job.ts'), 'utf8')
    expect(guide).toContain(`\`\`\`ts\n// hashtags.job.ts\n${job}\`\`\``)
  })
})
