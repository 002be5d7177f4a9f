import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes minutes, longest first. */
const longest = [
  'test/cli/chaos',
  'test/web/page',
  'test/spark/',
  'test/hostile/deaths',
  'test/containers/',
  'test/executors/',
]

/** Tests of what else is in their process. */
const ownProcess = ['src/input/chunk-memory.test.ts']

/**
 * Begins with the files that take longest, so that none of them runs alone at the end while a core has nothing to do. Those that share processes
 * come last: a process is kept as long as the next file shares one.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification): number => {
      const at = longest.findIndex((part) => moduleId.includes(part))
      return at >= 0 ? at : longest.length + (project.config.isolate ? 0 : 1)
    }
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}

export default defineConfig({
  resolve: {
    alias: { tallyman: fileURLToPath(new URL('./src/index.ts', import.meta.url)) },
  },
  test: {
    projects: [
      // What these test is loaded into a process once, for as many files as come there.
      {
        extends: true,
        test: {
          name: 'units',
          include: ['src/**/*.test.ts', 'tools/**/*.test.ts', 'examples/**/*.test.ts'],
          exclude: ownProcess,
          isolate: false,
        },
      },
      { extends: true, test: { name: 'programs', include: ['test/**/*.test.ts', ...ownProcess] } },
    ],
    globalSetup: ['test/forget-state.ts'],
    // Type tests (`*.test-d.ts`) are proven by compiling them, which `npm run check` does.
    // Most tests wait for processes of their own: more files run at once than there are cores. With two more it is no faster than with one: the cores are the limit.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    tags: [{ name: 'large', description: 'so much data that mutants, which are slow, are not shown it' }],
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
})
