import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { listFiles } from './list-files.ts'
import { parseDiff } from './mutants/changed-lines.ts'
import { distance, importsIn, isSource } from './mutants/module-graph.ts'
import { reusable } from './mutants/reuse.ts'
import { isMutated, roomOf } from './mutants/rooms.ts'
import {
  scoreOf,
  survivorLine,
  survivorsIn,
  tableOf,
  tallyFiles,
  total,
  withSection,
} from './mutants/tally.ts'

function mutant(status: string, line = 1, columns: readonly [number, number] = [1, 2]) {
  const [start, end] = columns
  return {
    id: '0',
    mutatorName: 'EqualityOperator',
    replacement: 'a <= b',
    status,
    location: { start: { line, column: start }, end: { line, column: end } },
  }
}

const report = {
  schemaVersion: '1.0',
  files: {
    'src/run/b.ts': { language: 'ts', source: 'x', mutants: [mutant('Killed'), mutant('Ignored')] },
    'src/run/a.ts': {
      language: 'ts',
      source: 'one()\nif (a < b) two()\n',
      mutants: [
        mutant('Survived', 2, [5, 10]),
        mutant('NoCoverage', 1, [1, 6]),
        mutant('Timeout'),
        mutant('Killed'),
      ],
    },
    'src/run/types.ts': { language: 'ts', source: '', mutants: [] },
  },
}

describe('tallyFiles', () => {
  test('counts mutants by file, and leaves out files that have none', () => {
    expect(tallyFiles(report)).toEqual([
      { path: 'src/run/a.ts', killed: 1, timeouts: 1, survived: 1, uncovered: 1 },
      { path: 'src/run/b.ts', killed: 1, timeouts: 0, survived: 0, uncovered: 0 },
    ])
  })

  test('refuses what is no report', () => {
    expect(() => tallyFiles({ files: [] })).toThrow()
  })
})

describe('survivorsIn', () => {
  test('shows what was there, what was put in its place, and whether any test runs it', () => {
    expect(survivorsIn(report).map(survivorLine)).toEqual([
      'src/run/a.ts:1  EqualityOperator: one() → a <= b (no test runs this)',
      'src/run/a.ts:2  EqualityOperator: a < b → a <= b',
    ])
  })
})

describe('scoreOf', () => {
  test('is the part that was noticed, in percent: timeouts are, what no test runs is not', () => {
    expect(scoreOf(total('all', tallyFiles(report)))).toBe(60)
    expect(scoreOf(total('nothing', []))).toBe(100)
  })
})

describe('tableOf', () => {
  test('has the sum first, and then a line a file', () => {
    const tallies = tallyFiles(report)
    expect(tableOf(total('src/run', tallies), tallies).split('\n')).toEqual([
      '               mutants    killed   timeout  survived   no test     score',
      'src/run              5         2         1         1         1    60.0 %',
      'src/run/a.ts         4         1         1         1         1    50.0 %',
      'src/run/b.ts         1         1         0         0         0   100.0 %',
      '',
    ])
  })
})

describe('withSection', () => {
  test('puts a room in place of what was recorded of it before, and keeps the others', () => {
    const both = withSection(withSection('', 'record', 'first\n1\n'), 'run', 'first\n2\n')
    expect(both).toBe('== record first\n1\n\n== run first\n2\n')
    expect(withSection(both, 'record', 'second\n3\n')).toBe('== run first\n2\n\n== record second\n3\n')
  })
})

describe('parseDiff', () => {
  test('reads which lines are new in the sources of the rooms, and passes over lines taken away', () => {
    const diff = [
      'diff --git a/src/run/a.ts b/src/run/a.ts',
      '--- a/src/run/a.ts',
      '+++ b/src/run/a.ts',
      '@@ -3 +3,2 @@ function one() {',
      '-old',
      '+new',
      '+newer',
      '@@ -10,2 +11,0 @@',
      '-gone',
      '-gone',
      '@@ -20,0 +20 @@',
      '+added',
      '--- a/src/run/a.test.ts',
      '+++ b/src/run/a.test.ts',
      '@@ -1 +1 @@',
      '--- a/src/web/page.ts',
      '+++ b/src/web/page.ts',
      '@@ -1 +1 @@',
      '--- a/src/job/gone.ts',
      '+++ /dev/null',
      '@@ -1,9 +0,0 @@',
      '',
    ].join('\n')
    expect(parseDiff(diff)).toEqual([
      { path: 'src/run/a.ts', first: 3, last: 4 },
      { path: 'src/run/a.ts', first: 20, last: 20 },
    ])
  })
})

describe('reusable', () => {
  test('keeps what was noticed by tests that are as they were, and nothing else', () => {
    const record = {
      schemaVersion: '1.0',
      files: {
        'src/run/a.ts': {
          language: 'typescript',
          mutants: [
            { id: '1', status: 'Killed', killedBy: ['t1'] },
            { id: '2', status: 'Killed', killedBy: ['t2'] },
            { id: '3', status: 'Survived' },
            { id: '4', status: 'Timeout' },
            { id: '5', status: 'NoCoverage' },
          ],
        },
      },
      testFiles: {
        'src/run/a.test.ts': { tests: [{ id: 't1', name: 'one' }] },
        'src/run/b.test.ts': { tests: [{ id: 't2', name: 'two' }] },
      },
    }
    const kept = reusable(record, (path) => path === 'src/run/b.test.ts')
    expect(kept).toEqual({
      ...record,
      files: {
        'src/run/a.ts': {
          language: 'typescript',
          mutants: [{ id: '1', status: 'Killed', killedBy: ['t1'] }],
        },
      },
    })
  })
})

describe('isMutated', () => {
  test.each([
    ['src/record/key.ts', true],
    ['src/job/reducers/sum.ts', true],
    ['src/job/index.ts', false],
    ['src/job/define-job.test-d.ts', false],
    ['src/record/key.test.ts', false],
    ['src/input/scan/kernel/found.as', false],
    ['src/host/ssh/gate.ts', false],
    ['test/record/key.ts', false],
  ])('says of %s: %s', (path, is) => {
    expect(isMutated(path)).toBe(is)
  })
})

describe('imports', () => {
  test('are what a file loads when it runs: no types, no packages', () => {
    const text = `
      import { join } from 'node:path'
      import type { Later } from './later.ts'
      import type {
        Other,
      } from './other.ts'
      import {
        a,
        type B,
      } from '../record/a.ts'
      import './alone.ts'
      export { c } from "./c.ts"
      export type { D } from './d.ts'
      const whole = 'tallyman'
      import { defineJob } from 'tallyman'
      const late = () => import('./late.ts')`
    expect(importsIn('src/flow/x.ts', text)).toEqual([
      'src/record/a.ts',
      'src/flow/alone.ts',
      'src/flow/c.ts',
      'src/index.ts',
      'src/flow/late.ts',
    ])
  })

  test('are of sources, or of what is there for tests', () => {
    expect(['src/flow/a.ts', 'src/flow/a.test.ts', 'test/fixtures/a.ts'].map(isSource)).toEqual([
      true,
      false,
      false,
    ])
  })
})

describe('tests of a file', () => {
  test('are the closer, the fewer folders are between them', () => {
    const tests = [
      'src/flow/b.test.ts',
      'src/flow/a.test.ts',
      'src/flow/kernel/a.test.ts',
      'src/job/a.test.ts',
    ]
    expect(tests.map((path) => distance(path, 'src/flow/a.ts'))).toEqual([1, 0, 2, 3])
  })
})

describe('what stands in the place of Vitest', () => {
  test('has all that tests of these rooms import of it', () => {
    const source = readFileSync('tools/mutants/in-place-of-vitest.ts', 'utf8')
    const handedOn = /export \{([^}]*)\} from '@vitest\/runner'/.exec(source)?.[1] ?? ''
    const exported = new Set([
      ...handedOn.split(',').map((name) => name.trim()),
      ...[...source.matchAll(/^export const (\w+)/gm)].map(([, name]) => name),
    ])
    expect(exported).toContain('expect')
    const tests = listFiles('.', 'src').filter(
      (path) => path.endsWith('.test.ts') && roomOf(path) !== undefined,
    )
    const lacking = tests.flatMap((path) => {
      const names = /import \{([^}]*)\} from 'vitest'/.exec(readFileSync(path, 'utf8'))?.[1] ?? ''
      const imported = names.split(',').map((name) => name.trim())
      return imported.filter((name) => name !== '' && !name.startsWith('type ') && !exported.has(name))
    })
    expect(lacking).toEqual([])
  })
})
