/** The tests that mutants are shown to: those beside the sources of the rooms that `tools/mutants.ts` names. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const rooms = (process.env.TALLYMAN_MUTANT_ROOMS ?? '').split(',')

export default defineConfig({
  resolve: { alias: { tallyman: fileURLToPath(new URL('../../src/index.ts', import.meta.url)) } },
  test: {
    include: rooms.map((room) => `src/${room}/**/*.test.ts`),
    setupFiles: ['tools/mutants/setup.ts'],
    tags: [{ name: 'large' }],
    // A worker for all files costs half the time of one for each; every mutant has a new one.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
