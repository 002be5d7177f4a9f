/**
 * Stryker's way to the tests of these rooms: it holds sources with all mutants at once, and the tests beside them, in one process, and shows them one mutant after the other.
 *
 * What a mutant leaves behind there must not speak for or against the next one. So a test that notices a mutant is run again without it, and must pass; and a mutant that is not
 * noticed must have been passed as often as the first run, of all tests, passed it. Where that is not so, the mutant is shown once more to sources loaded anew.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
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
import { distance, ModuleGraph } from './module-graph.ts'
import type { HooksData } from './module-hooks.ts'
import { type FileOutcome, runTestFile } from './run-test-file.ts'

/** What the first run of all tests, without a mutant, tells those with mutants, in whatever process. */
interface FirstRun {
  /** Milliseconds of each test. */
  readonly durations: Readonly<Record<string, number>>
  /** How often each test passed each mutant, and how often that was done while its file was loaded. */
  readonly passes: Readonly<Record<string, CoverageData>>
}

/** In the folder of the sources with the mutants. */
const firstRunFile = join('.scripts', 'first-run.json')

/** Beside the tests of its own file, a mutant is shown to the quickest others, so many that they take this long in all. */
const othersMs = 3_000

/** What a test may take in the first run, where nothing is known of it. */
const firstTestMsMax = 60_000
/** A test that waits for what never comes is given up after so long, and as much more as the slowest of its file took ten times over. */
const testMsLeast = 10_000
const slowdown = 10
/** A place that is passed so many times as often as by these tests without the mutant is passed without an end. */
const endlessFactor = 100

/** What Stryker's mutants look at, and write to. */
interface Switches {
  activeMutant: string | undefined
  currentTestId: string | undefined
  readonly mutantCoverage: MutantCoverage
  hitCount: number
  hitLimit: number | undefined
}

/** Sources that were loaded once stay in memory. A process that has grown beyond this is given back. */
const memoryMax = 1_500_000_000

/** A mutant shown to tests: what Stryker is to know of it, and which tests noticed it. */
interface Shown {
  readonly result: MutantRunResult
  readonly noticed: { readonly path: string; readonly id: string } | null
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
  #firstRun: FirstRun | undefined
  /** Counts how often the sources were loaded. */
  #set = 1
  #runs = 0

  capabilities() {
    return { reloadEnvironment: true }
  }

  async init(): Promise<void> {
    Object.assign(globalThis, { __stryker__: this.#switches })
    Object.assign(this.#environment, { NODE_ENV: 'test', VITEST: '1' })
    for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
      process.on(event, (error) => this.#strays.push(error))
    }
    const names = ['vitest', 'fast-check']
    const program = (name: string) => new URL(`./${name}.mjs`, import.meta.url)
    const inPlaceOf = Object.fromEntries(names.map((name) => [name, program(`in-place-of-${name}`).href]))
    const data: HooksData = { root: this.#root, inPlaceOf }
    register(program('module-hooks'), { data })
  }

  async dryRun({ files = [] }: DryRunOptions): Promise<DryRunResult> {
    const changed = files.map((file) => relative(this.#root, file))
    const { perTest: passes, static: unattended } = this.#switches.mutantCoverage
    const outcomes: FileOutcome[] = []
    const perTest: Record<string, CoverageData> = {}
    for (const path of this.#testsOf(changed)) {
      await this.#loadSourcesOf(path)
      const outcome = await this.#run(path, { isWhole: true })
      if (outcome.failure !== null) {
        return { status: DryRunStatus.Error, errorMessage: `${path}: ${outcome.failure}` }
      }
      outcomes.push(outcome)
      // What runs while the file is loaded is there for all of its tests.
      for (const { id } of outcome.tests) perTest[id] = { ...passes[loadingId(path)], ...passes[id] }
    }
    const tests = outcomes.flatMap((outcome) => outcome.tests)
    const durations = Object.fromEntries(tests.map(({ id, ms }) => [id, ms]))
    writeFileSync(firstRunFile, JSON.stringify({ durations, passes } satisfies FirstRun))
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
      mutantCoverage: { static: unattended, perTest },
    }
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    if (process.memoryUsage.rss() > memoryMax)
      throw new Error('Sources were loaded so often that the memory is used up.')
    if (options.reloadEnvironment) this.#renew()
    const { result, noticed } = await this.#show(options)
    // Sources that were loaded with the mutant have seen no other.
    if (options.mutantActivation === 'static') return result
    if (noticed !== null && (await this.#passesWithout(noticed))) return result
    this.#renew()
    return (await this.#show(options)).result
  }

  async #passesWithout({ path, id }: NonNullable<Shown['noticed']>): Promise<boolean> {
    const { failure, tests } = await this.#run(path, { ids: new Set([id]) })
    return failure === null && tests.every((test) => test.failure === null)
  }

  /** Lets the sources be loaded anew. */
  #renew(): void {
    this.#set++
  }

  async #show(options: MutantRunOptions): Promise<Shown> {
    const { activeMutant, hitLimit } = options
    const switches = this.#switches
    const chosen = this.#choose(options)
    switches.hitCount = 0
    // Stryker's own limit is by all tests that pass the place, of which these may be few.
    const passes = this.#passesOf(activeMutant.id, chosen)
    switches.hitLimit =
      hitLimit === undefined ? undefined : Math.min(hitLimit, endlessFactor * Math.max(1, passes))
    let nrOfTests = 0
    for (const [path, ids] of chosen) {
      const { tests, failure } = await this.#showTo(path, ids, options)
      nrOfTests += tests.length
      const failed = tests.filter((test) => test.failure !== null)
      const failureMessage = failed[0]?.failure ?? failure
      if (failureMessage === null) continue
      const killedBy = failed.length > 0 ? failed.map(({ id }) => id) : [...ids]
      const endless = determineHitLimitReached(switches.hitCount, switches.hitLimit)
      const result: MutantRunResult =
        endless === undefined
          ? { status: MutantRunStatus.Killed, killedBy, failureMessage, nrOfTests }
          : { ...endless, status: MutantRunStatus.Timeout }
      return { result, noticed: { path, id: killedBy[0] ?? '' } }
    }
    return { result: { status: MutantRunStatus.Survived, nrOfTests }, noticed: null }
  }

  async #showTo(path: string, ids: ReadonlySet<string>, options: MutantRunOptions): Promise<FileOutcome> {
    const isStatic = options.mutantActivation === 'static'
    const switches = this.#switches
    switches.activeMutant = isStatic ? options.activeMutant.id : undefined
    try {
      await this.#loadSourcesOf(path)
      switches.activeMutant = options.activeMutant.id
      return await this.#run(path, { ids, isWhole: options.disableBail })
    } catch (error) {
      // Sources that cannot even be loaded are noticed.
      if (isStatic) return { tests: [], failure: messageOf(error) }
      throw error
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

  /** The tests that a mutant is shown to, by file: those first that are likely to notice, and take little time. */
  #choose({ testFilter, sandboxFileName }: MutantRunOptions): [path: string, ids: Set<string>][] {
    this.#firstRun ??= JSON.parse(readFileSync(firstRunFile, 'utf8')) as FirstRun
    const { durations } = this.#firstRun
    const changed = relative(this.#root, sandboxFileName)
    const reaching = new Set(testFilter === undefined ? this.#testsOf([changed]) : [])
    const ids = testFilter ?? Object.keys(durations).filter((id) => reaching.has(fileOf(id)))
    const isOwn = (id: string) => distance(fileOf(id), changed) === 0
    const timeOf = (id: string) => durations[id] ?? 0
    const chosen = new Map<string, { ids: Set<string>; ms: number }>()
    let spentMs = 0
    for (const id of ids.toSorted((a, b) => timeOf(a) - timeOf(b))) {
      if (!isOwn(id)) spentMs += timeOf(id)
      if (!isOwn(id) && spentMs > othersMs) continue
      const path = fileOf(id)
      const file = chosen.get(path) ?? { ids: new Set(), ms: 1 }
      file.ids.add(id)
      file.ms += timeOf(id)
      chosen.set(path, file)
    }
    const rank = ([path, { ms }]: [string, { ms: number }]) => ms * (1 + distance(path, changed))
    return [...chosen].sort((a, b) => rank(a) - rank(b)).map(([path, file]) => [path, file.ids])
  }

  /** How often the first run passed a mutant in these tests. */
  #passesOf(mutant: string, chosen: readonly [path: string, ids: ReadonlySet<string>][]): number {
    const passes = this.#firstRun?.passes ?? {}
    const places = chosen.flatMap(([path, ids]) => [loadingId(path), ...ids])
    return places.reduce((sum, place) => sum + (passes[place]?.[mutant] ?? 0), 0)
  }

  #testMsMaxOf(path: string): number {
    if (this.#firstRun === undefined) return firstTestMsMax
    const ofFile = Object.entries(this.#firstRun.durations).filter(([id]) => fileOf(id) === path)
    return testMsLeast + slowdown * Math.max(0, ...ofFile.map(([, ms]) => ms))
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
    const testMsMax = this.#testMsMaxOf(path)
    const outcome = await runTestFile({ root: this.#root, path, url, ids, isWhole, testMsMax, onTest })
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

function fileOf(id: string): string {
  return id.slice(0, id.indexOf('#'))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.TestRunner, 'rooms', () => new RoomTestRunner()),
]
