/** The executors' common suite and all that is in this folder once more, by an ordinary user with an engine of their own. */
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasEngine } from '../fixtures/engine.ts'
import { once } from '../fixtures/once.ts'
import { canMakeUsers, isTunOpen, OrdinaryUser } from '../fixtures/ordinary-user.ts'
import type { Ended } from '../fixtures/program.ts'
import { requires } from '../requires.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const suites = [
  'test/executors/containers.test.ts',
  'test/containers/in-a-container.test.ts',
  'test/containers/up.test.ts',
]
/** Of this file two tests are run, and of the others all: those that this matches. */
const deaths = 'test/hostile/deaths.test.ts'
const wanted =
  '^(?!.*(a record that ends its worker twice|a job that never ends to load))|container is rejected.*(exit\\(7|heap)'

interface Tested {
  readonly fullName: string
  readonly status: string
  readonly failureMessages: readonly string[]
}

interface Report {
  readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly Tested[] }[]
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
      expect(user.run('podman', ['ps'])).toMatchObject({ status: 0 })
    })
    afterAll(() => user.remove())

    /** Runs the test files as them, all at once: a process that runs tests takes seconds of a core to start. */
    const tests = once((): { readonly report: Report; readonly ended: Ended } => {
      const file = join(user.home, 'report.json')
      const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', root, ...suites, deaths]
      const options = [
        '--configLoader',
        'runner',
        '--reporter=json',
        `--outputFile=${file}`,
        '--typecheck.enabled=false',
        // What is loaded is loaded once, into one process.
        '--project=shared',
        '--maxWorkers=1',
        `--testNamePattern=${wanted}`,
      ]
      const ended = user.run(process.execPath, [...vitest, ...options], {
        TALLYMAN_REQUIRE_ALL: '1',
        TMPDIR: '/tmp',
      })
      return { report: JSON.parse(readFileSync(file, 'utf8')), ended }
    })

    /** What came of the tests of these files. */
    function testsOf(...files: readonly string[]): Tested[] {
      const results = tests().report.testResults.filter(({ name }) => files.includes(relative(root, name)))
      return results.flatMap(({ assertionResults }) => assertionResults)
    }

    it('has jobs lose their own attempt that end their worker, or fill its heap', () => {
      const passed = testsOf(deaths).filter(({ status }) => status === 'passed')
      const { ended } = tests()
      expect(
        passed.map(({ fullName }) => fullName),
        ended.stdout + ended.stderr,
      ).toHaveLength(2)
    }, 600_000)

    it('passes all that root passes, with nothing skipped and nothing left', () => {
      const results = testsOf(...suites)
      const others = results.filter(({ status }) => status !== 'passed')
      expect(
        others.map(({ fullName, status, failureMessages }) =>
          [`${fullName}: ${status}`, ...failureMessages].join('\n'),
        ),
      ).toEqual([])
      expect(results.length).toBeGreaterThan(60)
      const { ended } = tests()
      expect(ended.status, ended.stderr).toBe(0)
      const left = user.processes().filter((command) => !/^(podman|catatonit) /.test(command))
      expect(left).toEqual([])
      expect(user.run('podman', ['ps', '--all', '--quiet']).stdout).toBe('')
    }, 600_000)
  })
})
