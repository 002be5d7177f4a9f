import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { mapReport, plainFile, planOf, sourceOf, zipFile } from '../../../test/fixtures/plans.ts'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import type { Rejected } from '../../flow/index.ts'
import { apply, initialState, type RunState } from '../state/state.ts'
import { TaskList } from '../state/task-list.ts'
import { RunDirectory } from './directory.ts'
import { writeRejectedList } from './rejected-list.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

const plan = planOf([plainFile('a.txt', 25), plainFile('b.txt', 15), zipFile('c.zip', ['x', 'y'])])
/** Lines that each split has. */
const lines = [4, 3, 2, 7, 5, 1, 6]

const state: RunState = plan.splits.reduce((before, split, index) => {
  const report = mapReport([sourceOf(split, { lines: lines[index]! })])
  return apply(before, { type: 'map-committed', at: 0, task: `map-0000${index}`, attempt: 1, report })
}, initialState(plan))

function rejected(ordinal: number, lineInSplit: number, more: Partial<Rejected> = {}): Rejected {
  const split = plan.splits[ordinal]!
  return {
    ordinal,
    path: split.path,
    member: split.kind === 'zip-member' ? split.member : null,
    byte: 100 * ordinal + lineInSplit,
    lineInSplit,
    by: 'decoder',
    reason: 'is no JSON',
    atByte: 3,
    excerpt: '{"a":',
    ...more,
  }
}

let directories = 0
function directoryWith(lists: Readonly<Record<number, readonly Rejected[]>>): RunDirectory {
  directories += 1
  const directory = new RunDirectory(folder.at(`run-${directories}`))
  mkdirSync(directory.absolute('committed'), { recursive: true })
  for (const [index, records] of Object.entries(lists)) {
    const task = directory.absolute(directory.relativeCommittedFolder(`map-0000${index}`))
    mkdirSync(task)
    writeFileSync(`${task}/rejected.jsonl`, records.map((record) => `${JSON.stringify(record)}\n`).join(''))
  }
  return directory
}

function readList(directory: RunDirectory): Record<string, unknown>[] {
  const text = readFileSync(directory.rejectedFile, 'utf8')
  expect(text.endsWith('}\n')).toBe(true)
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line))
}

describe('writeRejectedList', () => {
  test('writes nothing where nothing was rejected, and removes an older list', () => {
    const directory = directoryWith({})
    writeFileSync(directory.rejectedFile, 'of a run that was refused before')
    writeRejectedList(directory, state)
    expect(existsSync(directory.rejectedFile)).toBe(false)
  })

  test('lists the records of all tasks in the order of inputs', () => {
    const directory = directoryWith({
      6: [rejected(6, 1)],
      1: [rejected(1, 2), rejected(1, 3)],
      0: [rejected(0, 4)],
    })
    writeRejectedList(directory, state)
    expect(readList(directory).map(({ byte }) => byte)).toEqual([4, 102, 103, 601])
  })

  test('counts lines from the start of the file, and of the member', () => {
    const all = Object.fromEntries(plan.splits.map(({ ordinal }) => [ordinal, [rejected(ordinal, 1)]]))
    const directory = directoryWith(all)
    writeRejectedList(directory, state)
    expect(readList(directory).map(({ path, member, line }) => [path, member, line])).toEqual([
      ['a.txt', null, 1],
      ['a.txt', null, 5],
      ['a.txt', null, 8],
      ['b.txt', null, 1],
      ['b.txt', null, 8],
      ['c.zip', 'x', 1],
      ['c.zip', 'y', 1],
    ])
  })

  test('keeps everything else that is known of a record, and nothing that only a task knows', () => {
    const stack = 'Error: no\n    at map (words.job.ts:3:9)'
    const directory = directoryWith({
      5: [
        rejected(5, 9, {
          by: 'mapper',
          reason: 'map threw: no',
          atByte: null,
          excerpt: 'ä\ud800\u2028\n',
          stack,
        }),
      ],
    })
    writeRejectedList(directory, state)
    expect(readList(directory)).toEqual([
      {
        path: 'c.zip',
        member: 'x',
        byte: 509,
        line: 9,
        by: 'mapper',
        reason: 'map threw: no',
        atByte: null,
        excerpt: 'ä\ud800\u2028\n',
        stack,
      },
    ])
  })

  test('gives the same list when it is written again', () => {
    const directory = directoryWith({ 2: [rejected(2, 1)], 3: [rejected(3, 1)] })
    writeRejectedList(directory, state)
    const first = readFileSync(directory.rejectedFile, 'utf8')
    writeRejectedList(directory, state)
    expect(readList(directory)).toHaveLength(2)
    expect(readFileSync(directory.rejectedFile, 'utf8')).toBe(first)
  })

  test.each([
    ['is gone', () => undefined],
    ['holds 0 of 1 records', (file: string) => writeFileSync(file, '')],
    ['cannot be read: ', (file: string) => writeFileSync(file, '{"ordinal"\n')],
  ])('refuses a list that %s, for its task to run again', (reason, put) => {
    const directory = directoryWith({ 2: [] })
    const file = `${directory.relativeCommittedFolder('map-00002')}/rejected.jsonl`
    rmSync(directory.absolute(file))
    put(directory.absolute(file))
    const map = [...state.map].map((task, index) =>
      index === 2 && task.kind === 'done'
        ? {
            ...task,
            report: {
              ...task.report,
              sources: task.report.sources.map((source) => ({ ...source, rejected: 1 })),
            },
          }
        : task,
    )
    expect(() => writeRejectedList(directory, { ...state, map: TaskList.of(map) })).toThrow(
      expect.objectContaining({
        code: 'file-damaged',
        message: expect.stringContaining(
          `The list of rejected records ${directory.absolute(file)} ${reason}`,
        ),
        file,
      }),
    )
  })
})
