/** The executors' common suite and all that is in this folder once more, by an ordinary user with an engine of their own. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasEngine } from '../fixtures/engine.ts'
import { canMakeUsers, isTunOpen, OrdinaryUser } from '../fixtures/ordinary-user.ts'
import type { Ended } from '../fixtures/program.ts'
import { requires } from '../requires.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const suites = [
  'test/executors/containers.test.ts',
  'test/containers/in-a-container.test.ts',
  'test/containers/up.test.ts',
]

interface Report {
  readonly numPassedTests: number
  readonly numPendingTests: number
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

// As an ordinary user this very file has nobody to become.
describe.runIf(process.getuid?.() === 0)('an ordinary user', () => {
  const isReady =
    requires('a container engine', hasEngine) &&
    requires('the right to make users', canMakeUsers) &&
    requires('a /dev/net/tun that everybody may open (chmod 666)', isTunOpen)

  describe.skipIf(!isReady)('with rootless containers', () => {
    let user: OrdinaryUser
    beforeAll(() => {
      user = new OrdinaryUser('tallyman-rootless')
      user.delegateGroups()
      // The first command of theirs leaves a process that holds their user namespace: no test's own.
      expect(user.run('podman', ['info'])).toMatchObject({ status: 0 })
    })
    afterAll(() => user.remove())

    /** Runs test files as them. */
    function test(...args: readonly string[]): { readonly report: Report; readonly ended: Ended } {
      const file = join(user.home, 'report.json')
      const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', root, ...args]
      const options = [
        '--configLoader',
        'runner',
        '--reporter=json',
        `--outputFile=${file}`,
        '--typecheck.enabled=false',
      ]
      const ended = user.run(process.execPath, [...vitest, ...options], {
        TALLYMAN_REQUIRE_ALL: '1',
        TMPDIR: '/tmp',
      })
      return { report: JSON.parse(readFileSync(file, 'utf8')), ended }
    }

    it('has jobs lose their own attempt that end their worker, or fill its heap', () => {
      const { report, ended } = test(
        'test/hostile/deaths.test.ts',
        '-t',
        'container is rejected.*(exit\\(7|heap)',
      )
      expect(ended, ended.stdout + ended.stderr).toMatchObject({ status: 0 })
      expect(report.numPassedTests).toBe(2)
    }, 300_000)

    it('passes all that root passes, with nothing skipped and nothing left', () => {
      const { report, ended } = test(...suites)
      const failed = report.testResults.flatMap(({ assertionResults }) =>
        assertionResults.filter(({ status }) => status === 'failed'),
      )
      expect(
        failed.map(({ fullName, failureMessages }) => [fullName, ...failureMessages].join('\n')),
      ).toEqual([])
      expect(report).toMatchObject({ numPendingTests: 0 })
      expect(report.numPassedTests).toBeGreaterThan(60)
      expect(ended.status, ended.stderr).toBe(0)
      const left = user.processes().filter((command) => !/^(podman|catatonit) /.test(command))
      expect(left).toEqual([])
      expect(user.run('podman', ['ps', '--all', '--quiet']).stdout).toBe('')
    }, 600_000)
  })
})
