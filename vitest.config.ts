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

const tests = ['src/**/*.test.ts', 'test/**/*.test.ts', 'tools/**/*.test.ts', 'examples/**/*.test.ts']

/** Tests of what else is in their process, as buffers that other tests have left there. */
const alone = [
  'src/flow/key-table-memory.test.ts',
  'src/input/chunk-memory.test.ts',
  'src/input/scan/lazy-decoder.test.ts',
  'src/input/scan/clone.test.ts',
]

/** Begins with the files that take longest, so that none of them runs alone at the end while a core has nothing to do. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification): number => {
      // A process is kept as long as the next file shares one.
      if (project.config.isolate) return -1
      const at = longest.findIndex((part) => moduleId.includes(part))
      return at < 0 ? longest.length : at
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
      // What tests load is loaded into a process once, for as many files as come there.
      { extends: true, test: { name: 'shared', include: tests, exclude: alone, isolate: false } },
      { extends: true, test: { name: 'alone', include: alone } },
    ],
    globalSetup: ['test/forget-state.ts'],
    // Type tests (`*.test-d.ts`) are proven by compiling them, which `npm run check` does.
    // Most tests wait for processes of their own: more files run at once than there are cores. With two more it is no faster than with one: the cores are the limit (docs/decisions/0026).
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    tags: [{ name: 'large', description: 'so much data that mutants, which are slow, are not shown it' }],
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
})
