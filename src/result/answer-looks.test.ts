import { expect, it } from 'vitest'
import { plainFile, planOf } from '../../test/fixtures/plans.ts'
import { RunDirectory } from '../run/index.ts'
import { initialState } from '../run/state/state.ts'
import { AnswerLooks, type Look, type LookedAnswer } from './answer-looks.ts'

const begun = initialState(planOf([plainFile('a', 100)]))

/** How the run stands when so many map tasks are done. */
const standing = (done: number): typeof begun => ({
  ...begun,
  phase: 'map',
  map: Object.assign([...begun.map], { done }) as unknown as typeof begun.map,
})

const answerOf = (cpuMs: number): LookedAnswer => ({
  tasks: 1,
  tasksOf: 10,
  readBytes: 1,
  inputBytes: 10,
  partitions: 1,
  partitionsOf: 1,
  tables: [],
  charts: [],
  cpuMs,
})

it('looks so seldom that all looks take half a hundredth at most of what the workers take', async () => {
  const cpuMs = 700
  let looks = 0
  const look: Look = () => {
    looks += 1
    return { child: { kill: () => true } as never, found: Promise.resolve(answerOf(cpuMs)) }
  }
  const answers = new AnswerLooks(new RunDirectory('/nowhere'), 10, look)
  let seen: unknown = null
  for (let seconds = 0; seconds <= 3600; seconds += 1) {
    seen = answers.answer(
      standing(seconds + 1),
      { elapsedMs: 1000 * seconds, cpuMs: 2000 * seconds },
      1000 * seconds,
    )
    await Promise.resolve()
    await Promise.resolve()
    expect(looks * cpuMs).toBeLessThanOrEqual(Math.max(cpuMs, 0.005 * 2000 * seconds))
  }
  expect(looks).toBeGreaterThan(1)
  expect(seen).toMatchObject({ tasks: 1 })
})

it('looks as seldom as what is drawn of its answers costs, too', async () => {
  const cpuMs = 400
  const drawnMs = 1000
  let looks = 0
  const look: Look = () => {
    looks += 1
    return { child: { kill: () => true } as never, found: Promise.resolve(answerOf(cpuMs)) }
  }
  const answers = new AnswerLooks(new RunDirectory('/nowhere'), 10, look)
  let drawn = 0
  for (let seconds = 0; seconds <= 7200; seconds += 1) {
    answers.answer(
      standing(seconds + 1),
      { elapsedMs: 1000 * seconds, cpuMs: 2000 * seconds },
      1000 * seconds,
    )
    await Promise.resolve()
    await Promise.resolve()
    if (drawn < looks) answers.spend(drawnMs)
    drawn = looks
    expect(looks * (cpuMs + drawnMs)).toBeLessThanOrEqual(Math.max(cpuMs + drawnMs, 0.005 * 2000 * seconds))
  }
  expect(looks).toBeGreaterThan(10)
})

it('does not look again where nothing new is mapped, nor at a run that reduces', async () => {
  let looks = 0
  const look: Look = () => {
    looks += 1
    return { child: { kill: () => true } as never, found: Promise.resolve(answerOf(1)) }
  }
  const answers = new AnswerLooks(new RunDirectory('/nowhere'), 10, look)
  for (let seconds = 100; seconds < 1000; seconds += 100) {
    answers.answer(standing(3), { elapsedMs: 1e6, cpuMs: 1e6 + 1000 * seconds }, 1000 * seconds)
    await Promise.resolve()
    await Promise.resolve()
  }
  expect(looks).toBe(1)
  expect(answers.answer({ ...standing(4), phase: 'reduce' }, { elapsedMs: 1e9, cpuMs: 1e9 }, 1e9)).toBeNull()
})
