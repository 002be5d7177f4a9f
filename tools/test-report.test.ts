import { describe, expect, test } from 'vitest'
import { againAlone, failuresIn, parseSkipReasons, slowestFiles, tallyReport } from './test-report.ts'

function file(name: string, status: 'passed' | 'failed', ...statuses: string[]) {
  return {
    name,
    status,
    startTime: 1_000,
    endTime: 1_000 + 500 * statuses.length,
    assertionResults: statuses.map((one, at) => ({ fullName: `${name} ${at}`, status: one })),
  }
}

describe('tallyReport', () => {
  test('counts what passed and failed over all files', () => {
    const report = {
      testResults: [file('a', 'failed', 'passed', 'failed', 'failed'), file('b', 'passed', 'passed')],
    }
    expect(tallyReport(report, [])).toEqual({ passed: 2, failed: 2, skips: [] })
  })

  test('counts a file that does not load as one failure', () => {
    expect(tallyReport({ testResults: [file('a', 'failed')] }, [])).toEqual({
      passed: 0,
      failed: 1,
      skips: [],
    })
  })

  test('lists what was not run with the reasons its file gave', () => {
    const report = {
      testResults: [file('a', 'passed', 'skipped', 'passed', 'todo'), file('b', 'passed', 'pending')],
    }
    const reasons = parseSkipReasons(
      ['ps', 'tmux', 'ps']
        .map((what) => `${JSON.stringify({ file: 'a', reason: `${what} is absent` })}\n`)
        .join(''),
    )
    expect(tallyReport(report, reasons).skips).toEqual([
      { file: 'a', test: 'a 0', reason: 'ps is absent, tmux is absent' },
      { file: 'a', test: 'a 2', reason: 'ps is absent, tmux is absent' },
      { file: 'b', test: 'b 0', reason: null },
    ])
  })

  test('refuses a report it does not understand', () => {
    expect(() => tallyReport({ testResults: [file('a', 'passed', 'flaky')] }, [])).toThrow('Invalid option')
  })
})

describe('slowestFiles', () => {
  test('names those that took longest, longest first', () => {
    const report = {
      testResults: [
        file('a', 'passed', 'passed'),
        file('b', 'passed', 'passed', 'passed', 'passed'),
        file('c', 'passed'),
      ],
    }
    expect(slowestFiles(report, 2)).toEqual([
      { file: 'b', seconds: 1.5 },
      { file: 'a', seconds: 0.5 },
    ])
  })
})

describe('failuresIn', () => {
  test('names each test that failed, and files that do not load', () => {
    const report = {
      testResults: [
        file('a', 'failed', 'passed', 'failed', 'failed'),
        file('b', 'failed'),
        file('c', 'passed'),
      ],
    }
    expect(failuresIn(report)).toEqual([
      { file: 'a', test: 'a 1' },
      { file: 'a', test: 'a 2' },
      { file: 'b', test: null },
    ])
  })
})

describe('againAlone', () => {
  test('is what a shell runs that very test with', () => {
    expect(againAlone({ file: 'test/a.test.ts', test: null })).toBe('npx vitest run test/a.test.ts')
    expect(againAlone({ file: 'a b.test.ts', test: "it's (1) of 2.5?" })).toBe(
      `npx vitest run 'a b.test.ts' -t '^it'\\''s \\(1\\) of 2\\.5\\?$'`,
    )
  })
})
