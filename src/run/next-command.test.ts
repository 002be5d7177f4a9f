import { describe, expect, it } from 'vitest'
import { gzipFile, mapReport, plainFile, planOf, sourceOf, zipFile } from '../../test/fixtures/plans.ts'
import { acceptOption } from '../input/index.ts'
import { resumeCommand, sayMend } from './next-command.ts'
import type { Shortfall } from './state/shortfall.ts'
import { apply, initialState, type Phase, type RunState } from './state/state.ts'

function lacking(name: string, accepted = false): Shortfall {
  return { kind: 'input', name, message: `${name} is damaged.`, wayOut: null, accepted }
}

const rejected: Shortfall = { kind: 'rejected', message: 'too many', wayOut: 'mend them', accepted: false }

function stateWith(shortfalls: readonly Shortfall[], phase: Phase = 'refused'): RunState {
  const plan = planOf([
    plainFile('data/a.txt', 10),
    gzipFile('data/b.gz', 10),
    zipFile('data/my zip!.zip', ['day/00', 'day/01', 'day/02']),
  ])
  return { ...initialState(plan), phase, shortfalls }
}

describe('resumeCommand', () => {
  it.each(['map', 'reduce', 'failed', 'interrupted'] as const)('names the run alone in phase %s', (phase) => {
    expect(resumeCommand('ID', stateWith([lacking('data/b.gz', true)], phase))).toBe('tallyman resume ID')
  })

  it('accepts what is lacking by its last name, and nothing that was accepted before', () => {
    const state = stateWith([lacking('data/b.gz'), lacking('2020-02-20'), lacking('2020-02-21', true)])
    expect(resumeCommand('ID', state)).toBe('tallyman resume ID --accept b.gz --accept 2020-02-20')
  })

  it('accepts a member by archive and member, and an archive where several of its members are lacking', () => {
    const one = stateWith([lacking('data/my zip!.zip!day/01')])
    expect(resumeCommand('ID', one)).toBe("tallyman resume ID --accept 'my zip!.zip!day/01'")
    const two = stateWith([lacking('data/my zip!.zip!day/01'), lacking('data/my zip!.zip!day/02')])
    expect(resumeCommand('ID', two)).toBe("tallyman resume ID --accept 'my zip!.zip'")
  })

  it('tolerates as many rejected records as there are', () => {
    expect(resumeCommand('ID', stateWith([rejected]))).toBe('tallyman resume ID --max-bad 0')
    expect(resumeCommand('ID', stateWith([lacking('a'), rejected]))).toBe(
      'tallyman resume ID --accept a --max-bad 0',
    )
  })

  it.each([
    [1, 2, 'tallyman resume ID', true],
    [2, 2, 'tallyman resume ID --max-bad 2', false],
    [0, 144_012, 'tallyman resume ID', true],
    [144_012, 144_012, 'tallyman resume ID --max-bad 144012', false],
  ])('of %i records and %i rejected ones is %s', (records, rejectedOnes, command, isToMend) => {
    const state = stateWith([rejected])
    const [split] = state.plan.splits
    const report = mapReport([sourceOf(split!, { records, rejected: rejectedOnes })])
    const done = apply(
      { ...state, phase: 'map' },
      { type: 'map-committed', at: 0, task: 'map-00000', attempt: 1, report },
    )
    const refused = { ...done, phase: 'refused' } as const
    expect(resumeCommand('ID', refused)).toBe(command)
    expect(sayMend(refused)).toEqual(
      isToMend ? expect.stringMatching(/^More than half .* mend the job/) : null,
    )
    expect(sayMend({ ...refused, phase: 'failed' })).toBeNull()
    expect(sayMend({ ...refused, shortfalls: [{ ...rejected, accepted: true }] })).toBeNull()
  })

  it.each([
    ['job-threw', 'When it is mended, run it again.'],
    ['input-changed', 'When it is mended, run it again.'],
    ['disk-full', null],
    ['worker-died', null],
  ] as const)('is none for a run that failed by its job, which is kept as it was: %s', (code, mend) => {
    const failed = { ...stateWith([]), phase: 'failed', fault: { code, message: 'It did.' } } as const
    expect(sayMend(failed)).toBe(mend)
    expect(sayMend({ ...failed, phase: 'interrupted' })).toBeNull()
  })

  it('does not write a line without end', () => {
    const many = Array.from({ length: 100 }, (_, index) => lacking(`day-${index}`))
    const command = resumeCommand('ID', stateWith(many))
    expect(command.split('--accept')).toHaveLength(41)
    expect(command).toMatch(/ …$/)
  })
})

describe('acceptOption', () => {
  it.each([
    ['2020-02-20', '--accept 2020-02-20'],
    ['my file.zip', "--accept 'my file.zip'"],
    ["it's.gz", "--accept 'it'\\''s.gz'"],
    ['-dash.gz', '--accept=-dash.gz'],
    ['new\nline', "--accept $'new\\x0aline'"],
    ['\u001b[31m\u202e', "--accept $'\\x1b[31m\\xe2\\x80\\xae'"],
    ["bad\udcff'\\.gz", "--accept $'bad\\xff\\'\\\\.gz'"],
    ['日本 .gz', "--accept '日本 .gz'"],
  ])('is what a shell takes for %j', (name, option) => {
    expect(acceptOption(name)).toBe(option)
  })
})
