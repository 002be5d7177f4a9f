import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plainFile, planOf } from '../../../test/fixtures/plans.ts'
import { decide } from './decide.ts'
import { initialState, type RunState } from './state.ts'
import { TaskList } from './task-list.ts'
import { type OpenTask, type TaskState, untried } from './task-state.ts'

const fault = { code: 'worker-died', message: 'It went.' } as const
const hunger = { code: 'out-of-memory', message: 'It was hungry.' } as const
const kinds = {
  waiting: untried,
  running: { ...untried, kind: 'running', attempts: 1, running: [{ attempt: 1, startedAt: 0 }] },
  done: { kind: 'done', attempts: 1, attempt: 1, report: 0, tookMs: 1, workMs: 0 },
  failed: { ...untried, attempts: 1, charged: 1, lastFault: fault },
  hungry: { ...untried, attempts: 1, charged: 1, lastFault: hunger },
} as const satisfies Record<string, TaskState<number>>

const usual = { waiting: kinds.waiting, done: kinds.done }

/** What ends a run, or has all others wait. */
const rareKinds = {
  hopeless: { ...untried, attempts: 3, charged: 3, lastFault: fault },
  lost: {
    ...untried,
    attempts: 4,
    trouble: { suspect: null, skip: [], earlier: 0, wasKept: false, losses: 4 },
  },
  alone: { ...kinds.running, attempts: 2, charged: 1, lastFault: hunger },
} as const satisfies Record<string, TaskState<number>>

/** Runs of tasks of one kind, so that whole chunks, of 256, are of one kind as well. */
function tasksOf(kinds: Readonly<Record<string, TaskState<number>>>): fc.Arbitrary<TaskState<number>[]> {
  const length = fc.oneof(fc.constant(1), fc.constant(256), fc.integer({ min: 1, max: 600 }))
  return fc
    .array(fc.record({ task: fc.constantFrom(...Object.values(kinds)), length }), { maxLength: 6 })
    .map((runs) => runs.flatMap(({ task, length }) => Array<TaskState<number>>(length).fill(task)))
}

const anyTasks = tasksOf(kinds)

describe('TaskList', () => {
  test('is what the array is, whatever was changed, and leaves the list it came from alone', () => {
    fc.assert(
      fc.property(anyTasks, fc.nat(), fc.constantFrom(...Object.values(kinds)), (tasks, number, task) => {
        const list = TaskList.of(tasks)
        const index = tasks.length === 0 ? 0 : number % tasks.length
        const changed = tasks.length === 0 ? list : list.with(index, task)
        const expected = tasks.length === 0 ? tasks : tasks.with(index, task)
        expect(list.toArray()).toEqual(tasks)
        expect([...changed]).toEqual(expected)
        expect([...changed.entries()]).toEqual([...expected.entries()])
        expect([changed.at(index), changed.at(expected.length)]).toEqual([expected[index], undefined])
        expect([changed.length, changed.done, changed.running]).toEqual([
          expected.length,
          expected.filter(({ kind }) => kind === 'done').length,
          expected.filter(({ kind }) => kind === 'running').length,
        ])
      }),
    )
  })
})

describe('decide', () => {
  const state = initialState(planOf([plainFile('a.txt', 30)], { attemptsMax: 3 }))

  function isAlone({ lastFault }: OpenTask<unknown>): boolean {
    return lastFault?.code === 'out-of-memory'
  }

  /** The rule said plainly: a look at every task. */
  function nextOf(tasks: readonly TaskState<unknown>[]): number | string {
    const open = tasks.flatMap((task, index) => (task.kind === 'done' ? [] : [{ task, index }]))
    if (open.some(({ task }) => task.charged === 3 || task.trouble?.losses === 4)) return 'fail'
    if (open.length === 0) return 'judge-map-stage'
    if (open.some(({ task }) => task.kind === 'running' && isAlone(task))) return 'wait'
    const waiting = open.filter(({ task }) => task.kind === 'waiting')
    const next = waiting.find(({ task }) => !isAlone(task))
    const isAnyRunning = open.some(({ task }) => task.kind === 'running')
    return next?.index ?? (isAnyRunning ? undefined : waiting[0]?.index) ?? 'wait'
  }

  test.each([
    ['finds among thousands of tasks the one that a look at each of them finds', anyTasks],
    ['overlooks none that ends the run, or has all others wait', tasksOf({ ...kinds, ...rareKinds })],
    ['begins what is fresh before what has to be alone', tasksOf({ ...usual, hungry: kinds.hungry })],
  ])('%s', (_, someTasks) => {
    fc.assert(
      fc.property(someTasks, (tasks) => {
        // What the reports hold plays no part in it.
        const map = TaskList.of(tasks) as unknown as RunState['map']
        const decision = decide({ ...state, map }, state.plan.workers)
        expect(decision.kind === 'start' ? decision.index : decision.kind).toEqual(nextOf(tasks))
      }),
    )
  })
})
