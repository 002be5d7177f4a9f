import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import type { AnswerSoFar } from '../result/index.ts'
import { widthOf } from './cells.ts'
import { type FrameFacts, runFrame } from './run-frame.ts'

const colors = pc.createColors(false)

const table = (name: string, rows: number): AnswerSoFar['tables'][number] => ({
  name,
  rows,
  top: Array.from({ length: Math.min(10, rows) }, (_, index) => ({
    key: ['"#일본 여행 ✈️ 👩‍👩‍👧"', `"\\u001b[2J${index}"`],
    value: String(10_000 - index),
  })),
})

const answer: AnswerSoFar = {
  tasks: 12,
  tasksOf: 366,
  readBytes: 3,
  inputBytes: 100,
  partitions: 1,
  partitionsOf: 8,
  tables: [table('lang', 500), table('country', 3), table('none', 0)],
  charts: [],
}

const facts: FrameFacts = {
  parts: [
    { text: 'map 34 %', rank: 0 },
    { text: '1.2 GB of 3.5 GB', rank: 3 },
    { text: '812 MB/s', rank: 4 },
    { text: '12,345,678 records', rank: 5 },
    { text: '3 rejected', rank: 2 },
    { text: '3 min 10 s to 4 min 2 s left', rank: 1 },
  ],
  share: 0.34,
  crew: { atWork: 4, all: 4, paused: 1 },
  bottleneck: { kind: 'cpu', ownCores: 3.9, cores: 4 },
  answer,
}

describe('runFrame', () => {
  it('shows progress, workers, what bounds them, and the top of the answer so far', () => {
    expect(runFrame(facts, { columns: 130, rows: 30, colors })).toEqual([
      'map 34 % ━━━━━━────────────── 1.2 GB of 3.5 GB · 812 MB/s · 12,345,678 records · 3 rejected · 3 min 10 s to 4 min 2 s left',
      "3 of 4 workers at work · 1 paused for others · bound by its workers' cores: 3.9 of 4 were used",
      'So far, not the result: 12 of 366 map tasks, 3 % of the input, of 1 of 8 partitions',
      '  lang: 500 rows',
      '    #일본 여행 ✈️ 👩‍👩‍👧  "\\u001b[2J0"  10000',
      '    #일본 여행 ✈️ 👩‍👩‍👧  "\\u001b[2J1"   9999',
      '    #일본 여행 ✈️ 👩‍👩‍👧  "\\u001b[2J2"   9998',
      '    #일본 여행 ✈️ 👩‍👩‍👧  "\\u001b[2J3"   9997',
      '  country: 3 rows',
      '    #일본 여행 ✈️ 👩‍👩‍👧  "\\u001b[2J0"  10000',
      '    #일본 여행 ✈️ 👩‍👩‍👧  "\\u001b[2J1"   9999',
      '    #일본 여행 ✈️ 👩‍👩‍👧  "\\u001b[2J2"   9998',
    ])
  })

  it('is within any terminal, with the stage and the time left to the last', () => {
    for (const columns of [1, 10, 24, 60, 80, 99, 100, 101, 132, 200, 250]) {
      for (const rows of [1, 2, 3, 5, 10, 24, 60]) {
        const lines = runFrame(facts, { columns, rows, colors })
        expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 2))
        for (const line of lines)
          expect(widthOf(line), `${columns}: ${line}`).toBeLessThanOrEqual(Math.max(1, columns - 1))
        if (columns >= 60) expect(lines[0]).toMatch(/^map 34 %.* left$/)
      }
    }
  })

  it('shows how far it is alone where nothing else is known', () => {
    const bare = { ...facts, crew: null, bottleneck: null, answer: null, share: null }
    expect(runFrame(bare, { columns: 60, rows: 24, colors })).toEqual([
      'map 34 % · 3 rejected · 3 min 10 s to 4 min 2 s left',
    ])
  })
})
