/** Runs one file of tests in this process, by Vitest's own runner. */
import { type File, type Suite, startTests, type Test, type VitestRunner } from '@vitest/runner'

export interface TestOutcome {
  readonly id: string
  readonly name: string
  readonly path: string
  readonly ms: number
  /** What it says when it fails; null when it passes. */
  readonly failure: string | null
}

export interface FileOutcome {
  /** Only the tests that ran. */
  readonly tests: readonly TestOutcome[]
  /** The file cannot be loaded, or what is around its tests fails; null when that is as it should be. */
  readonly failure: string | null
}

export interface FileRun {
  /** The folder that the ids of tests begin in. */
  readonly root: string
  readonly path: string
  readonly url: string
  /** All of them when it is left out. */
  readonly ids?: ReadonlySet<string> | undefined
  /** Whether all tests run, or none after one that fails. */
  readonly isWhole: boolean
  /** How long a test may take that does not say so itself. */
  readonly testMsMax: number
  /** Is called with the id of each test before it begins, and with null after it. */
  onTest(id: string | null): void
}

/** As Stryker's own runner for Vitest names it, so that a record of one can be read with the other. */
function testId(path: string, name: string): string {
  return `${path}#${name}`
}

function nameOf(test: Test): string {
  const names = [test.name]
  for (let suite = test.suite; suite !== undefined; suite = suite.suite) names.unshift(suite.name)
  return names.join(' ').trim()
}

/** Leaves out what is not wanted. Returns whether anything is left. */
function select(suite: Suite, isWanted: (test: Test) => boolean): boolean {
  let isAnyLeft = false
  for (const task of suite.tasks) {
    const isLeft = task.type === 'suite' ? select(task, isWanted) : isWanted(task)
    if (!isLeft) task.mode = 'skip'
    if (task.mode === 'run') isAnyLeft = true
  }
  return isAnyLeft
}

function* testsIn(suite: Suite): Generator<Test> {
  for (const task of suite.tasks) {
    if (task.type === 'suite') yield* testsIn(task)
    else yield task
  }
}

function failureAround(suite: Suite): string | null {
  const [error] = suite.result?.errors ?? []
  if (error !== undefined) return error.message
  for (const task of suite.tasks) {
    const failure = task.type === 'suite' ? failureAround(task) : null
    if (failure !== null) return failure
  }
  return null
}

/** Of what is around tests. */
const hookMsMax = 60_000

const config: VitestRunner['config'] = {
  root: '/',
  setupFiles: [],
  name: undefined,
  passWithNoTests: true,
  testNamePattern: undefined,
  allowOnly: false,
  sequence: { seed: 1, hooks: 'stack', setupFiles: 'list' },
  chaiConfig: undefined,
  maxConcurrency: 5,
  testTimeout: hookMsMax,
  hookTimeout: hookMsMax,
  retry: 0,
  includeTaskLocation: false,
  tags: [{ name: 'large' }],
  tagsFilter: undefined,
  strictTags: true,
}

/** A runner that loads the file, and nothing else than Vitest's does. */
function runnerOf(run: FileRun): { runner: VitestRunner; cleanUp: () => Promise<void> } {
  const idOf = (test: Test) => testId(run.path, nameOf(test))
  const cleanups: (() => unknown)[] = []
  let isOver = false
  const runner: VitestRunner = {
    config: { ...config, root: run.root, testTimeout: run.testMsMax },
    importFile: () => import(run.url),
    onCollected: ([file]: File[]) => {
      const isWanted = (test: Test) =>
        !test.tags?.includes('large') && (run.ids === undefined || run.ids.has(idOf(test)))
      if (file !== undefined && !select(file, isWanted) && file.result === undefined) file.mode = 'skip'
    },
    onBeforeRunSuite: (suite) => {
      if (isOver) suite.mode = 'skip'
    },
    onBeforeRunTask: (test) => {
      if (isOver) test.mode = 'skip'
      if (test.mode === 'run') run.onTest(idOf(test))
    },
    onAfterRunTask: (test) => {
      run.onTest(null)
      if (test.result?.state === 'fail' && !run.isWhole) isOver = true
    },
    onCleanupWorkerContext: (cleanup) => cleanups.push(cleanup),
  }
  const cleanUp = async () => {
    for (const cleanup of cleanups) await cleanup()
  }
  return { runner, cleanUp }
}

export async function runTestFile(run: FileRun): Promise<FileOutcome> {
  const { runner, cleanUp } = runnerOf(run)
  const [file] = await startTests([run.path], runner)
  await cleanUp()
  if (file === undefined) return { tests: [], failure: `${run.path} was not run.` }
  const tests: TestOutcome[] = []
  for (const test of testsIn(file)) {
    const state = test.result?.state
    if (state !== 'pass' && state !== 'fail') continue
    const name = nameOf(test)
    const failure = state === 'pass' ? null : (test.result?.errors?.[0]?.message ?? 'It fails.')
    tests.push({ id: testId(run.path, name), name, path: run.path, ms: test.result?.duration ?? 0, failure })
  }
  return { tests, failure: failureAround(file) }
}
