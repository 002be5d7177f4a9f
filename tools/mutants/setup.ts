/** Before each file of tests that mutants are shown to. */
import fc from 'fast-check'
import { beforeEach } from 'vitest'

// Random tests try the same cases with every mutant, not for long, and without a search for the smallest one that fails.
fc.configureGlobal({
  ...fc.readConfigureGlobal(),
  seed: 2020,
  interruptAfterTimeLimit: 2_000,
  endOnFailure: true,
})

beforeEach(({ task, skip }) => {
  if (task.tags?.includes('large')) skip('Sources that are full of mutants are too slow for it.')
})
