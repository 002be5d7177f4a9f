import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { play } from '../tools/transcript/play.ts'
import { differencesOf, parseTranscript } from '../tools/transcript/text.ts'
import { hasDuckDb } from './fixtures/optional.ts'
import { requires } from './requires.ts'

const hasAll =
  hasDuckDb() && spawnSync('bash', ['-c', 'jq --version && timeout --version && npm --version']).status === 0

it.skipIf(!requires('DuckDB, bash, timeout, npm and jq', hasAll))(
  'prints in the first hour what docs/first-hour.md says, each command of it',
  {
    timeout: 400_000,
  },
  async () => {
    const steps = parseTranscript(readFileSync('docs/first-hour.md', 'utf8'))
    expect(steps.length).toBeGreaterThan(40)
    const differences = differencesOf(steps, await play(steps.map(({ typed }) => typed)))
    const all = differences.map(({ line, message }) => `docs/first-hour.md:${line} ${message}`)
    expect(
      all.join('\n'),
      'node tools/run.mjs transcript docs/first-hour.md --write takes over what is printed',
    ).toBe('')
  },
)
