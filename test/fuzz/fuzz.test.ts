/** The first cases of every target; `node tools/run.mjs fuzz` runs as many as one likes. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openTarget, runCase, targetNames } from './cases.ts'
import type { Outcome } from './target.ts'

/** Enough that each target is seen to refuse, and few enough for every run of the tests. */
const cases = 400

it.each(targetNames)(
  '%s: nothing damaged is read as good, whatever was done to it',
  { timeout: 300_000 },
  async (name) => {
    const folder = mkdtempSync(join(tmpdir(), 'tallyman-fuzz-'))
    try {
      const target = await openTarget(name, join(folder, 'whole'))
      const outcomes = new Map<Outcome, number>()
      for (let number = 1; number <= cases; number++) {
        const outcome = await runCase(target, number, folder)
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }
      const refused = (outcomes.get('refused') ?? 0) + (outcomes.get('less') ?? 0)
      expect(refused).toBeGreaterThan(cases / 10)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
