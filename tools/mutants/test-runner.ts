/**
 * Stryker's way to the tests of these rooms: it holds sources with all mutants at once, and the tests beside them, in one process, and shows them one mutant after the other.
 *
 * What a mutant leaves behind there must not speak for or against the next one. So a test that notices a mutant is run again without it, and must pass; and a mutant that is not
 * noticed must have been passed as often as the first run, of all tests, passed it. Where that is not so, the mutant is shown once more to sources loaded anew.
 */
import { existsSync, readdirSync } from 'node:fs'
import { register } from 'node:module'
import { join, relative } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { CoverageData, MutantCoverage } from '@stryker-mutator/api/core'
import { declareFactoryPlugin, PluginKind } from '@stryker-mutator/api/plugin'
import {
  type DryRunOptions,
  type DryRunResult,
  DryRunStatus,
  determineHitLimitReached,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestRunner,
  TestStatus,
} from '@stryker-mutator/api/test-runner'
import fc from 'fast-check'
import { distance, ModuleGraph } from './module-graph.ts'
import type { HooksData } from './module-hooks.ts'
import { type FileOutcome, runTestFile } from './run-test-file.ts'

/** What Stryker's mutants look at, and write to. */
interface Switches {
  activeMutant: string | undefined
  currentTestId: string | undefined
  readonly mutantCoverage: MutantCoverage
  hitCount: number
  hitLimit: number | undefined
}

/** Random tests try the same cases with every mutant, not for long, and without a search for the smallest one that fails. */
const randomTests = { seed: 2020, interruptAfterTimeLimit: 500, endOnFailure: true }

/** Sources that were loaded once stay in memory. A process that has grown beyond this is given back. */
const memoryMax = 1_500_000_000

/** Stryker ends a run in which a mutant is passed so many times as often as in the first one. */
const hitLimitFactor = 100

/** A mutant shown to tests: what Stryker is to know of it, and which tests noticed it. */
interface Shown {
  readonly result: MutantRunResult
  readonly noticed: { readonly path: string; readonly ids: readonly string[] } | null
}

/** Coverage of what runs as a file of tests is loaded, before its tests are known. */
const loadingId = (path: string) => `${path}#`

class RoomTestRunner implements TestRunner {
  readonly #root = process.cwd()
  readonly #graph = new ModuleGraph(this.#root)
  readonly #environment = { ...process.env }
  readonly #switches: Switches = {
    activeMutant: undefined,
    currentTestId: undefined,
    mutantCoverage: { static: {}, perTest: {} },
    hitCount: 0,
    hitLimit: undefined,
  }
  /** Errors that no test waits for. */
  readonly #strays: unknown[] = []
  /** Counts how often the sources were loaded. */
  #set = 1
  #runs = 0
  #isSpoiled = false

  capabilities() {
    return { reloadEnvironment: true }
  }

  async init(): Promise<void> {
    Object.assign(globalThis, { __stryker__: this.#switches })
    Object.assign(this.#environment, { NODE_ENV: 'test', VITEST: '1' })
    fc.configureGlobal({ ...fc.readConfigureGlobal(), ...randomTests })
    for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
      process.on(event, (error) => this.#strays.push(error))
    }
    const data: HooksData = {
      root: this.#root,
      vitest: new URL('./in-place-of-vitest.mjs', import.meta.url).href,
    }
    register('./module-hooks.mjs', import.meta.url, { data })
  }

  async dryRun({ files = [] }: DryRunOptions): Promise<DryRunResult> {
    const changed = files.map((file) => relative(this.#root, file))
    const { perTest } = this.#switches.mutantCoverage
    const outcomes: FileOutcome[] = []
    for (const path of this.#testsOf(changed)) {
      await this.#loadSourcesOf(path)
      const outcome = await this.#run(path, { isWhole: true })
      if (outcome.failure !== null) {
        return { status: DryRunStatus.Error, errorMessage: `${path}: ${outcome.failure}` }
      }
      outcomes.push(outcome)
      // What runs while the file is loaded is there for all of its tests.
      const loading = perTest[loadingId(path)] ?? {}
      delete perTest[loadingId(path)]
      for (const { id } of outcome.tests) perTest[id] = merged(perTest[id] ?? {}, loading)
    }
    const tests = outcomes.flatMap((outcome) => outcome.tests)
    return {
      status: DryRunStatus.Complete,
      tests: tests.map(({ id, name, path, ms, failure }) => ({
        id,
        name,
        timeSpentMs: ms,
        fileName: join(this.#root, path),
        ...(failure === null
          ? { status: TestStatus.Success }
          : { status: TestStatus.Failed, failureMessage: failure }),
      })),
      mutantCoverage: this.#switches.mutantCoverage,
    }
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    if (process.memoryUsage.rss() > memoryMax)
      throw new Error('Sources were loaded so often that the memory is used up.')
    if (options.reloadEnvironment || this.#isSpoiled) this.#renew()
    const first = await this.#show(options)
    // Sources that were loaded with the mutant have seen no other.
    if (options.mutantActivation === 'static' || (await this.#isCertain(first, options))) return first.result
    this.#renew()
    const second = await this.#show(options)
    this.#isSpoiled = true
    return second.result
  }

  async #isCertain({ noticed }: Shown, { hitLimit = 0 }: MutantRunOptions): Promise<boolean> {
    if (noticed === null) return this.#switches.hitCount >= hitLimit / hitLimitFactor
    const { failure, tests } = await this.#run(noticed.path, { ids: new Set(noticed.ids.slice(0, 1)) })
    return failure === null && tests.every((test) => test.failure === null)
  }

  /** Lets the sources be loaded anew. */
  #renew(): void {
    this.#set++
    this.#isSpoiled = false
  }

  async #show(options: MutantRunOptions): Promise<Shown> {
    const { activeMutant, testFilter, sandboxFileName, hitLimit } = options
    const switches = this.#switches
    const isStatic = options.mutantActivation === 'static'
    const changed = relative(this.#root, sandboxFileName)
    const wanted = testFilter === undefined ? null : byFile(testFilter)
    const paths = wanted === null ? this.#testsOf([changed]) : [...wanted.keys()]
    switches.hitCount = 0
    switches.hitLimit = hitLimit
    let nrOfTests = 0
    try {
      for (const path of paths.sort((a, b) => distance(a, changed) - distance(b, changed))) {
        switches.activeMutant = isStatic ? activeMutant.id : undefined
        const broken = await this.#loadSourcesOf(path).catch(messageOf)
        if (!isStatic && broken !== undefined) throw new Error(broken)
        switches.activeMutant = activeMutant.id
        const ids = wanted?.get(path)
        const { tests, failure } =
          broken === undefined
            ? await this.#run(path, { ids, isWhole: options.disableBail })
            : { tests: [], failure: broken }
        nrOfTests += tests.length
        const failed = tests.filter((test) => test.failure !== null)
        const failureMessage = failed[0]?.failure ?? failure
        if (failureMessage === null) continue
        const killedBy = failed.length > 0 ? failed.map(({ id }) => id) : [...(ids ?? [])]
        const noticed = { path, ids: killedBy }
        const endless = determineHitLimitReached(switches.hitCount, hitLimit)
        if (endless !== undefined) return { result: { ...endless, status: MutantRunStatus.Timeout }, noticed }
        return { result: { status: MutantRunStatus.Killed, killedBy, failureMessage, nrOfTests }, noticed }
      }
      return { result: { status: MutantRunStatus.Survived, nrOfTests }, noticed: null }
    } finally {
      switches.activeMutant = undefined
    }
  }

  /** The tests of the rooms that a change of these files may matter to. */
  #testsOf(changed: readonly string[]): string[] {
    const rooms = (process.env.TALLYMAN_MUTANT_ROOMS ?? '').split(',')
    return rooms
      .map((room) => join('src', room))
      .filter((folder) => existsSync(folder))
      .flatMap((folder) =>
        readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
      )
      .filter((path) => path.endsWith('.test.ts'))
      .filter((path) => {
        const reached = this.#graph.reachedFrom(path)
        return changed.some((one) => reached.has(one))
      })
      .sort()
  }

  async #loadSourcesOf(path: string): Promise<void> {
    this.#switches.currentTestId = undefined
    for (const source of this.#graph.sourcesOf(path)) await import(this.#urlOf(source))
  }

  #urlOf(path: string): string {
    return `${pathToFileURL(join(this.#root, path)).href}?environment=${this.#set}`
  }

  async #run(
    path: string,
    { ids, isWhole = false }: { ids?: ReadonlySet<string> | undefined; isWhole?: boolean },
  ): Promise<FileOutcome> {
    this.#tidy()
    this.#strays.length = 0
    const url = `${this.#urlOf(path)}&run=${++this.#runs}`
    const switches = this.#switches
    switches.currentTestId = loadingId(path)
    const onTest = (id: string | null) => {
      switches.currentTestId = id ?? loadingId(path)
    }
    const outcome = await runTestFile({ root: this.#root, path, url, ids, isWhole, onTest })
    // Lets what was thrown after the last test come.
    await setImmediate()
    switches.currentTestId = undefined
    if (this.#strays.length === 0) return outcome
    return { ...outcome, failure: outcome.failure ?? messageOf(this.#strays[0]) }
  }

  /** Takes back what tests change around themselves. */
  #tidy(): void {
    if (process.cwd() !== this.#root) process.chdir(this.#root)
    for (const name of Object.keys(process.env)) {
      if (!(name in this.#environment)) delete process.env[name]
    }
    for (const [name, value] of Object.entries(this.#environment)) {
      if (process.env[name] !== value) process.env[name] = value
    }
  }
}

function byFile(ids: readonly string[]): Map<string, Set<string>> {
  const files = new Map<string, Set<string>>()
  for (const id of ids) {
    const path = id.slice(0, id.indexOf('#'))
    const found = files.get(path)
    if (found === undefined) files.set(path, new Set([id]))
    else found.add(id)
  }
  return files
}

function merged(a: CoverageData, b: CoverageData): CoverageData {
  const sum = { ...a }
  for (const [mutant, count] of Object.entries(b)) sum[mutant] = (sum[mutant] ?? 0) + count
  return sum
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.TestRunner, 'rooms', () => new RoomTestRunner()),
]
