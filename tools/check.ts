/**
 * `npm run check [-- --no-tests]`: everything that must hold before a change is committed. A step that fails does not
 * stop the others, so that one run shows all there is to mend.
 */
import { availableParallelism } from 'node:os'
import { type Outcome, runPackage, runTool } from './run-program.ts'

interface Step {
  readonly title: string
  /** Runs alone, after those before it, with its output shown as it comes: it takes long or uses every core. */
  readonly alone?: true
  run(): Promise<Outcome>
}

interface Result {
  readonly title: string
  readonly passed: boolean
  readonly seconds: number
}

const steps: readonly Step[] = [
  {
    title: 'types',
    run: () => runPackage('typescript', 'tsc', ['-p', 'tsconfig.json', '--noEmit', '--pretty', 'false']),
  },
  {
    title: 'lint and format',
    run: () => runPackage('@biomejs/biome', 'biome', ['check', '--error-on-warnings', '.']),
  },
  { title: 'rooms', run: () => runTool('rooms', []) },
  { title: 'unused code', run: () => runPackage('knip', 'knip', ['--no-progress']) },
  { title: 'build', alone: true, run: () => runTool('build', [], { output: 'shown' }) },
  { title: 'doc examples', alone: true, run: () => runTool('doc-examples', [], { output: 'shown' }) },
  { title: 'mutants', alone: true, run: () => runTool('mutants', ['--changed'], { output: 'shown' }) },
  { title: 'tests', alone: true, run: () => runTool('test', [], { output: 'shown' }) },
]

async function runStep(step: Step): Promise<Result> {
  if (step.alone) console.log(`\n▸ ${step.title}`)
  const startMs = performance.now()
  const { exitCode, output } = await step.run()
  const seconds = (performance.now() - startMs) / 1000
  const passed = exitCode === 0
  console.log(`${passed ? '✓' : '✗'} ${step.title}  ${seconds.toFixed(1)} s`)
  if (!passed && output !== '') console.log(output.trimEnd().replace(/^/gm, '    '))
  return { title: step.title, passed, seconds }
}

/** Runs steps in order, `lanes` at a time, and returns their results in order. */
async function runLanes(waiting: readonly Step[], lanes: number): Promise<Result[]> {
  const queue = waiting.entries()
  const results: Result[] = []
  const lane = async () => {
    for (const [place, step] of queue) results[place] = await runStep(step)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return results
}

export async function main(args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => arg !== '--no-tests')
  if (unknown !== undefined) {
    console.error(`Unknown option "${unknown}"; there is only --no-tests.`)
    return 2
  }
  const chosen = steps.filter(({ title }) => title !== 'tests' || !args.includes('--no-tests'))
  const together = chosen.filter(({ alone }) => !alone)
  const results = await runLanes(together, Math.min(2, availableParallelism()))
  results.push(
    ...(await runLanes(
      chosen.filter(({ alone }) => alone),
      1,
    )),
  )
  console.log('\nSummary')
  for (const { title, passed, seconds } of results) {
    console.log(
      `  ${title.padEnd(16)} ${passed ? 'passed' : 'FAILED'} ${`${seconds.toFixed(1)} s`.padStart(8)}`,
    )
  }
  return results.every(({ passed }) => passed) ? 0 : 1
}
