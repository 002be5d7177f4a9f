/**
 * `npm run mutants [-- PLACE…]`: changes the sources of rooms, or of what is named below one (`run/plan`, `flow/merge.ts`; `run/.` for the files directly in it), in one place at a time, and runs the tests beside them. A
 * change that no test notices is shown: a test is missing, or the code is not needed, or both forms are the same.
 * docs/decisions/0021-tests-are-tested-by-mutants.md says which are, and what follows from the rest.
 *
 * `npm run mutants -- --changed`, which is part of `npm run check`: only the lines that differ from the last commit.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { type ChangedLines, changedLines } from './mutants/changed-lines.ts'
import { reusable } from './mutants/reuse.ts'
import { type Room, roomOf, rooms } from './mutants/rooms.ts'
import {
  mutantsOf,
  scoreOf,
  survivorLine,
  survivorsIn,
  tableOf,
  tallyFiles,
  total,
  withSection,
} from './mutants/tally.ts'
import { runPackage } from './run-program.ts'

/** Of a room's mutants, at least so many percent are to be noticed. */
const scoreMin = 85

/** Above this, a change is too large for a form that is to be quick. */
const changedLinesMax = 200
const changedTimeoutMs = 120_000
/** Two mutants of a small change may be the same program. */
const survivorsOfChangeMax = 2

const folder = join('node_modules', '.cache', 'tallyman', 'mutants')
/** What Stryker loads of this tool. */
const programs = join(folder, 'programs')

interface Trial {
  /** Names the files of this trial. */
  readonly name: string
  readonly rooms: readonly Room[]
  /** Patterns of files, or files with ranges of lines. */
  readonly mutate: readonly string[]
  /** How many mutants are tried at the same time. */
  readonly atATime: number
  readonly isQuick: boolean
}

/** As many at a time as there are cores that nobody uses, and one where there are none. */
function concurrency(): number {
  return Math.max(1, availableParallelism() - Math.floor(loadavg()[0] ?? 0))
}

function optionsOf({ name, mutate, atATime, isQuick }: Trial): object {
  return {
    mutate,
    testRunner: 'rooms',
    plugins: [`./${join(programs, 'test-runner.mjs')}`],
    coverageAnalysis: 'perTest',
    concurrency: atATime,
    // Tests run for ever that take so long beyond what they take without a mutant, on a machine that has much else to do, too. Most such mutants are noticed sooner, by counting.
    timeoutMS: 12_000,
    // The first run is the slowest, of which a mutant is shown a part.
    timeoutFactor: 0.5,
    reporters: ['json', ...(isQuick ? [] : ['progress-append-only'])],
    jsonReporter: { fileName: join(folder, `${name}.report.json`) },
    // What was noticed before is not tried again, as long as the code and the tests are the same.
    incremental: !isQuick,
    incrementalFile: join(folder, `${name}.incremental.json`),
    ignorePatterns: ['/bench', '/demo', '/.pyspark', '/.tallyman'],
    tempDirName: '.stryker-tmp',
    allowEmpty: true,
    ...(isQuick ? { logLevel: 'error' } : {}),
  }
}

/** Takes out of the record of a trial before what may be otherwise now. */
function forgetChanged(name: string): void {
  const file = join(folder, `${name}.incremental.json`)
  if (!existsSync(file)) return
  const { mtimeMs } = statSync(file)
  const isChanged = (path: string) => !existsSync(path) || statSync(path).mtimeMs > mtimeMs
  writeFileSync(file, JSON.stringify(reusable(JSON.parse(readFileSync(file, 'utf8')), isChanged)))
}

/** Stryker and Node load JavaScript. */
async function buildPrograms(): Promise<void> {
  await build({
    entryPoints: ['test-runner', 'module-hooks', 'in-place-of-vitest', 'in-place-of-fast-check'].map(
      (name) => `tools/mutants/${name}.ts`,
    ),
    outdir: programs,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'error',
  })
}

/** Returns Stryker's report; null, and what it said, when there is none. */
async function tryMutants(trial: Trial): Promise<{ report: unknown; output: string }> {
  mkdirSync(folder, { recursive: true })
  await buildPrograms()
  const configFile = join(folder, `${trial.name}.options.json`)
  const reportFile = join(folder, `${trial.name}.report.json`)
  rmSync(reportFile, { force: true })
  if (!trial.isQuick) forgetChanged(trial.name)
  writeFileSync(configFile, JSON.stringify(optionsOf(trial)))
  const { output } = await runPackage('@stryker-mutator/core', 'stryker', ['run', configFile], {
    output: trial.isQuick ? 'kept' : 'shown',
    env: { TALLYMAN_MUTANT_ROOMS: trial.rooms.join(',') },
    isGroup: true,
    ...(trial.isQuick ? { timeoutMs: changedTimeoutMs } : {}),
  })
  return { report: existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : null, output }
}

/** The file, or everything in the folder, or directly in it where the place ends in `/.`, but tests, front doors and the kernel of `input/scan`, which is not TypeScript. */
function sourcesIn(place: string): string[] {
  if (place.endsWith('.ts')) return [`src/${place}`]
  const files = place.endsWith('/.') ? `src/${place.slice(0, -1)}*.ts` : `src/${place}/**/*.ts`
  return [files, '!src/**/*.test.ts', '!src/**/*.test-d.ts', '!src/**/index.ts']
}

/** @param place a room, or a folder or file in one, from `src/` on */
async function tryPlace(room: Room, place: string): Promise<boolean> {
  console.log(`\n▸ ${place}`)
  const started = performance.now()
  const atATime = concurrency()
  const name = place.replaceAll('/', '-')
  const { report } = await tryMutants({
    name,
    rooms: [room],
    mutate: sourcesIn(place),
    atATime,
    isQuick: false,
  })
  if (report === null) {
    console.error(`No report of ${place}: see above what Stryker says.`)
    return false
  }
  const tallies = tallyFiles(report)
  const sum = total(`src/${place}`, tallies)
  const table = tableOf(sum, tallies)
  for (const survivor of survivorsIn(report)) console.log(survivorLine(survivor))
  console.log(`\n${table}`)
  const minutes = ((performance.now() - started) / 60_000).toFixed(0)
  const date = new Date().toISOString().slice(0, 10)
  const recordFile = join('bench', 'runs', `${date}-mutants.txt`)
  const recorded = existsSync(recordFile) ? readFileSync(recordFile, 'utf8') : ''
  const section = `node ${process.version}, ${minutes} minutes, ${atATime} at a time\n\n${table}`
  writeFileSync(recordFile, withSection(recorded, place, section))
  console.log(`Recorded in ${recordFile}.`)
  return scoreOf(sum) >= scoreMin
}

async function tryChange(changed: readonly ChangedLines[]): Promise<number> {
  const lines = changed.reduce((all, { first, last }) => all + last - first + 1, 0)
  const touched = rooms.filter((room) => changed.some(({ path }) => roomOf(path) === room))
  const wholly = `npm run mutants -- ${touched.join(' ')}`
  if (lines > changedLinesMax) {
    console.log(`${lines} lines are changed, too many to try their mutants quickly: ${wholly}`)
    return 0
  }
  const mutate = changed.map(({ path, first, last }) => `${path}:${first}-${last}`)
  const startMs = performance.now()
  const { report, output } = await tryMutants({
    name: 'changed',
    rooms: touched,
    mutate,
    atATime: concurrency(),
    isQuick: true,
  })
  if (report === null && performance.now() - startMs >= changedTimeoutMs) {
    console.log(`The mutants of the change take more than ${changedTimeoutMs / 1000} s: ${wholly}`)
    return 0
  }
  if (report === null) {
    console.error(`${output}\nStryker made no report.`)
    return 1
  }
  const survivors = survivorsIn(report)
  const sum = total('', tallyFiles(report))
  console.log(`${mutantsOf(sum)} mutants of the change, ${survivors.length} of them not noticed by a test.`)
  for (const survivor of survivors) console.log(survivorLine(survivor))
  return survivors.length <= survivorsOfChangeMax || scoreOf(sum) >= scoreMin ? 0 : 1
}

/** The room that a place is in, or is; null where there is none of the name. */
function placeOf(place: string): Room | null {
  const room = rooms.find((one) => place === one || place.startsWith(`${one}/`))
  return room !== undefined && existsSync(join('src', place)) ? room : null
}

export async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--changed')) {
    const changed = await changedLines()
    return changed.length === 0 ? 0 : tryChange(changed)
  }
  const places = args.length > 0 ? args.map((arg) => arg.replace(/^src\/|\/$/g, '')) : rooms
  const unknown = places.find((place) => placeOf(place) === null)
  if (unknown !== undefined) {
    console.error(
      `There is no "${unknown}" with mutants, only what is in: ${rooms.join(', ')}; or --changed.`,
    )
    return 2
  }
  let isEnough = true
  for (const place of places) {
    const room = placeOf(place)
    if (room !== null) isEnough = (await tryPlace(room, place)) && isEnough
  }
  if (!isEnough) console.error(`A place has less than ${scoreMin} % of its mutants noticed.`)
  return isEnough ? 0 : 1
}
