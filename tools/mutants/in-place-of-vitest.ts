/**
 * What `import … from 'vitest'` brings in a process that tries mutants: the parts that Vitest is made of, without Vitest around them, whose start costs more than most tests.
 * `expect` is put together as Vitest does it.
 */
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  ChaiStyleAssertions,
  chai,
  customMatchers,
  type ExpectStatic,
  GLOBAL_EXPECT,
  getState,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect'
import { getCurrentTest, type Test } from '@vitest/runner'
import type { VitestUtils } from 'vitest'

export {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  it,
  onTestFailed,
  onTestFinished,
  suite,
  test,
} from '@vitest/runner'

for (const plugin of [JestExtend, JestChaiExpect, ChaiStyleAssertions, JestAsymmetricMatchers]) {
  chai.use(plugin)
}

const begin = (value: unknown, message?: string) => {
  const assertion = chai.expect(value, message)
  const test = getCurrentTest<Test | undefined>()
  // Chai's types do not know what Vitest's plugins add.
  return test === undefined ? assertion : (assertion as unknown as WithTest).withTest(test)
}

interface WithTest {
  withTest(test: Test): unknown
}

const globals: { [name: symbol]: unknown } = globalThis as never

/** Chai's own `expect` once Vitest's plugin is in it. */
interface WithExtend {
  extend(expect: unknown, matchers: object): void
}

const parts = {
  getState: () => getState(expect),
  extend: (matchers: object) => (chai.expect as unknown as WithExtend).extend(expect, matchers),
}

/** Without snapshots, `poll`, `soft` and counts of assertions, which no test of these rooms uses. */
export const expect = Object.assign(
  begin,
  chai.expect,
  globals[ASYMMETRIC_MATCHERS_OBJECT],
  parts,
) as unknown as ExpectStatic
setState({ assertionCalls: 0, testPath: undefined } as never, expect)
globals[GLOBAL_EXPECT] = expect
expect.extend(customMatchers)

/** Values of the environment as they were before tests put others in their place. */
const environment = new Map<string, string | undefined>()

function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}

/** Of `vi` what tests of these rooms use. */
export const vi: Pick<VitestUtils, 'stubEnv' | 'unstubAllEnvs'> = {
  stubEnv(name: string, value: unknown) {
    if (!environment.has(name)) environment.set(name, process.env[name])
    setVariable(name, value === undefined ? undefined : String(value))
    return vi as VitestUtils
  },
  unstubAllEnvs() {
    for (const [name, value] of environment) setVariable(name, value)
    environment.clear()
    return vi as VitestUtils
  },
}
