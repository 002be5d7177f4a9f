/**
 * Tens of thousands of random runs against what must always hold. One that fails names its seed; `SEED=… npx vitest run
 * test/simulator` plays that one again, and `HISTORIES=1000000 npx vitest run test/simulator` plays more.
 */
import { describe, expect, test } from 'vitest'
import { type Outcome, SimulatedRun } from './simulated-run.ts'

const { SEED, HISTORIES } = process.env
const histories = Number(HISTORIES ?? 10_000)

function play(seed: number): Outcome {
  try {
    return new SimulatedRun(seed).play()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${reason} Again: SEED=${seed} npx vitest run test/simulator`, { cause })
  }
}

describe('decide, settle and apply', () => {
  if (SEED !== undefined) {
    test(`hold in the run of seed ${SEED}`, () => {
      expect(play(Number(SEED)).phase).toMatch(/complete|failed/)
    })
    return
  }

  test('commit each task once, lose nothing, mix nothing, count once, and come to an end, in random runs', () => {
    const seen = new Set<string>()
    for (let seed = 0; seed < histories; seed++) {
      const outcome = play(seed)
      seen.add(outcome.phase)
      for (const what of outcome.seen) seen.add(what)
    }
    // Chance has left nothing out.
    expect([...seen].sort()).toEqual(expect.arrayContaining(everything))
  }, 600_000)
})

const everything = [
  ...['complete', 'failed'],
  ...['crash', 'cut', 'damage', 'beside', 'loser', 'alone'],
  ...[
    'attempt-superseded',
    'inputs-damaged',
    'map-reused',
    'output-lost',
    'refused',
    'interrupted',
    'resumed',
  ],
  ...['worker-died', 'killed', 'job-exited', 'out-of-memory', 'memory-limit', 'process-limit', 'no-progress'],
  ...['limit-reached', 'protocol-broken', 'io', 'job-threw', 'file-damaged'],
]
