import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { mapReport, plainFile, planOf, sourceOf } from '../../../test/fixtures/plans.ts'
import { type TempFolder, tempFolder } from '../../../test/fixtures/temp-folder.ts'
import type { Fault } from '../../errors.ts'
import { RunDirectory } from '../directory/directory.ts'
import { initialState, type RunState } from '../state/state.ts'
import { beginJournal } from './begin-journal.ts'
import { RunBook, type StepOutside } from './book.ts'
import { readJournal } from './journal.ts'

const plan = planOf([plainFile('a.txt', 10)])
const report = mapReport(plan.splits.map((split) => sourceOf(split)))

let folder: TempFolder
let directory: RunDirectory
let outside: StepOutside[]
let book: RunBook
/** What the observer was told, with the phase that the run was in. */
let told: [type: string, phase: string][]
const observe = ({ type }: { readonly type: string }, { phase }: RunState): void => {
  told.push([type, phase])
}

beforeEach(() => {
  folder = tempFolder()
  directory = new RunDirectory(folder.path)
  for (const place of ['attempts', 'committed']) mkdirSync(folder.at(place))
  const state = initialState(plan)
  const { journal, planned: begun } = beginJournal(directory.journalFile, state)
  outside = []
  told = []
  const notes = ['Containers hold it.']
  book = new RunBook({ directory, journal, state, begun, notes }, (step) => outside.push(step))
})
afterEach(() => {
  book.close()
  folder.remove()
})

/** Types of the events that the journal has. */
function journaled(): string[] {
  return readJournal(directory.journalFile)?.events.map(({ type }) => type) ?? []
}

/** Commits an attempt at the one map task, with a file that it has written. */
function commitMap(): string {
  mkdirSync(folder.at('attempts', 'map-00000.1'))
  writeFileSync(folder.at('attempts', 'map-00000.1', 's0.spill'), 'spilled')
  book.record({ type: 'attempt-started', at: 1, task: 'map-00000', attempt: 1, seat: 0 })
  book.take({ kind: 'commit', attemptId: 'map-00000.1', task: 'map-00000' })
  book.take({
    kind: 'record',
    event: { type: 'map-committed', at: 2, task: 'map-00000', attempt: 1, report },
  })
  return join(directory.path, 'committed', 'map-00000', 's0.spill')
}

describe('RunBook', () => {
  test('tells an observer what it has missed, once, and from then on all that happens', () => {
    book.observe(observe)
    book.say('It goes on.')
    book.interrupt()
    expect(told).toEqual([
      ['planned', 'map'],
      ['note', 'map'],
      ['note', 'map'],
      ['interrupted', 'interrupted'],
    ])
    // Another one has missed nothing that is not told to somebody.
    told = []
    book.observe(observe)
    expect(told).toEqual([])
  })

  test('tells people the words that were left for them', () => {
    const said: unknown[] = []
    book.observe((event) => said.push('message' in event ? event.message : event.type))
    book.say('It goes on.')
    expect(said).toEqual(['planned', 'Containers hold it.', 'It goes on.'])
  })

  test('journals what happened, and nothing of what is only told', () => {
    book.observe(observe)
    book.say('It goes on.')
    const fault: Fault = { code: 'job-threw', message: 'No.' }
    book.fail(fault)
    expect(journaled()).toEqual(['planned', 'failed'])
    expect(book.state).toMatchObject({ phase: 'failed', fault })
  })

  test('puts files where a step says, and leaves to others what is theirs', () => {
    const spill = commitMap()
    expect(existsSync(spill)).toBe(true)
    expect(book.state.map.done).toBe(1)
    mkdirSync(folder.at('attempts', 'map-00000.2'))
    book.take({ kind: 'discard', attemptId: 'map-00000.2' })
    expect(existsSync(folder.at('attempts', 'map-00000.2'))).toBe(false)
    const steps: StepOutside[] = [
      { kind: 'keep', task: 'map-00000', report },
      { kind: 'forget', task: 'map-00000' },
      { kind: 'end', attemptId: 'map-00000.2' },
    ]
    for (const step of steps) book.take(step)
    expect(outside).toEqual(steps)
    expect(journaled()).toEqual(['planned', 'attempt-started', 'map-committed'])
  })

  test('has a task done again whose file turned out damaged, and nothing else', () => {
    const spill = commitMap()
    const damaged: Fault = { code: 'file-damaged', message: 'It is damaged.', file: spill }
    const { file: _, ...nameless } = damaged
    for (const other of [
      nameless,
      { ...damaged, code: 'io' } as const,
      { ...damaged, file: folder.at('plan.json') },
      { ...damaged, file: folder.at('committed', 'reduce-00000', 'a.part') },
    ])
      expect(book.redo(other)).toBe(false)
    expect(book.state.map.done).toBe(1)
    expect(book.redo(damaged)).toBe(true)
    expect(book.state.map.done).toBe(0)
    expect(journaled().at(-1)).toBe('output-lost')
    // It is to be done already.
    expect(book.redo(damaged)).toBe(false)
  })

  test('judges the map stage once what was rejected is listed, and journals nothing of it yet', () => {
    commitMap()
    writeFileSync(directory.rejectedFile, 'of a run that was refused before')
    expect(book.judge()).toMatchObject({ type: 'map-stage-ended', accepted: [] })
    expect(existsSync(directory.rejectedFile)).toBe(false)
    expect(journaled().at(-1)).toBe('map-committed')
  })

  test('lets go of what a result was made of only once the result is journaled', async () => {
    commitMap()
    book.record({ type: 'map-stage-ended', at: 3, accepted: [] })
    book.record({ type: 'attempt-started', at: 4, task: 'reduce-00000', attempt: 1, seat: 0 })
    const reduced = { parts: [], records: 0 }
    book.record({ type: 'reduce-committed', at: 5, task: 'reduce-00000', attempt: 1, report: reduced })
    const hex = '0'.repeat(64)
    const result = { directory: '/out', digest: `sha256:${hex}`, manifestSha256: hex, tables: [] }
    await book.commit(result)
    expect(journaled().at(-1)).toBe('result-committed')
    expect(book.state).toMatchObject({ phase: 'complete', result })
    expect(existsSync(folder.at('committed', 'map-00000'))).toBe(false)
  })
})
