import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { requires } from '../requires.ts'
import { type Case, playCases, writeStdin } from './cases.ts'
import { expectStatus, type Outcome, objectOf, rowsOf, type Scratch } from './scratch.ts'

const hasGrep = requires('grep', spawnSync('grep', ['--version']).error === undefined)

function runGrep(test: Case, scratch: Scratch, ...args: readonly string[]): Promise<Outcome> {
  return scratch.run('grep', [writeStdin(test, scratch)], ['--param', `args=${JSON.stringify(args)}`])
}

/** What the map emitted, a line each; no row at all where it emitted nothing. */
function linesOf(outcome: Outcome): string[] {
  return rowsOf(outcome, 'lines').flatMap(({ value }) => (value as string[]).map((line) => `${line}\n`))
}

describe.skipIf(!hasGrep)('a job whose map runs a command', () => {
  playCases('commands', {
    'C03-prefilter-grep': async (test, scratch) => {
      const outcome = await runGrep(test, scratch, '-i', 'u')
      expect(objectOf(rowsOf(outcome, 'words'))).toEqual(test.expected)
      // Over nothing grep finds nothing and says so by its exit code, which is no failure.
      const nothing = await runGrep({ ...test, inputs: { stdin: '' } }, scratch, '-i', 'u')
      expect(rowsOf(nothing, 'words')).toEqual([])
    },

    'C04-prefilter-nomatch': async (test, scratch) => {
      expect(linesOf(await runGrep(test, scratch, 'w'))).toEqual(test.expected)
    },

    'C05-bad-filter': async (test, scratch) => {
      const outcome = await runGrep(test, scratch, '-e', '*][')
      expect(test.expected).toEqual({ job: 'fails', exit_nonzero: true })
      expectStatus(outcome, 3)
      expect(outcome.stderr).toMatch(/stdin\.txt.*grep ended with exit code 2/)
      expect(existsSync(outcome.directory)).toBe(false)
    },

    'C06-grep': async (test, scratch) => {
      expect(linesOf(await runGrep(test, scratch, 'mary'))).toEqual(test.expected)
    },
  })
})
