import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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

function runJob(inputs: readonly string[], out: string, ...options: readonly string[]) {
  const job = join(projectDir, 'examples/twitter/hashtags.job.ts')
  return node('bin/tallyman', 'run', job, ...inputs, '-o', out, ...options)
}

function runHashtags(model: string, out: string, ...options: readonly string[]) {
  const expected = options.includes('--expect') ? [] : ['--expect', '2020-01-01..2020-12-31']
  return runJob([join(model, 'Twitter dataset')], out, ...expected, ...options)
}

function tablesIn(dir: string): string[] {
  return ['lang', 'country', 'day'].map((table) => readFileSync(join(dir, `${table}.jsonl`), 'utf8'))
}

describe('tallyman run hashtags.job.ts', () => {
  it('gives the right answer to the byte, of a year', () => {
    const model = makeModel('whole', '--defect', 'odd-files')
    expect(runHashtags(model, 'year')).toMatchObject({ status: 0 })
    expect(tablesIn(join(scratch, 'year'))).toEqual(tablesIn(join(model, 'answer')))
  })

  it('names a missing day, and gives the rest of the answer when it is accepted, of cut texts and of whole ones', () => {
    const days = ['--from', '2020-02-15', '--days', '10', '--scale', '50000']
    const model = makeModel('gap', '--defect', 'missing-day', ...days)
    const expected = ['--expect', '2020-02-15..2020-02-24', '-w', '1']
    expect(runHashtags(model, 'gap-out', ...expected)).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('2020-02-20'),
    })
    expect(existsSync(join(scratch, 'gap-out'))).toBe(false)
    const accepted = [...expected, '--accept', '2020-02-20']
    expect(runHashtags(model, 'gap-out', ...accepted)).toMatchObject({ status: 0 })
    const cut = tablesIn(join(scratch, 'gap-out'))
    expect(cut).toEqual(tablesIn(join(model, 'answer')))
    expect(runHashtags(model, 'full-out', ...accepted, '--param', 'text=full')).toMatchObject({ status: 0 })
    const full = tablesIn(join(scratch, 'full-out'))
    expect(full).toEqual(tablesIn(join(model, 'answer-full-text')))
    expect(full).not.toEqual(cut)
  })

  describe('of a model with defects', () => {
    const kinds = ['truncated-zip', 'bad-crc', 'empty-archive', 'half-line', 'bad-line', 'bad-utf8'] as const
    let model: string
    beforeAll(() => {
      const struck = kinds.flatMap((defect) => ['--defect', defect])
      model = makeModel('broken', ...struck, '--from', '2020-03-20', '--days', '180')
    })

    it.each(kinds)('commits nothing over an archive with a defect: %s', (defect) => {
      const { defects: made } = JSON.parse(readFileSync(join(model, 'model.json'), 'utf8'))
      const { file } = made.find((one: { defect: string }) => one.defect === defect)
      expect(file).toContain(defects[defect].day.slice(2))
      // The week around its day, in which nothing else is wrong; the year is read above.
      const noonMs = Date.parse(`${defects[defect].day}T12:00:00Z`)
      const week = [-3, -2, -1, 0, 1, 2, 3].map((days) =>
        new Date(noonMs + days * 86_400_000).toISOString().slice(0, 10),
      )
      const archives = week.map((day) => join(model, 'Twitter dataset', `geoTwitter${day.slice(2)}.zip`))
      const out = `${defect}-out`
      expect(runJob(archives, out, '-w', '1', '--expect', `${week[0]}..${week[6]}`)).toMatchObject({
        status: 3,
        stderr: expect.stringContaining(file),
      })
      expect(existsSync(join(scratch, out))).toBe(false)
    })
  })
})

describe('docs/guide/homework.md', () => {
  it('shows the job as it is', () => {
    const guide = readFileSync(join(projectDir, 'docs/guide/homework.md'), 'utf8')
    const job = readFileSync(join(projectDir, 'examples/twitter/hashtags.job.ts'), 'utf8')
    expect(guide).toContain(`\`\`\`ts\n// hashtags.job.ts\n${job}\`\`\``)
  })
})
