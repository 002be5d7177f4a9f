import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { plainFile, planOf } from '../../test/fixtures/plans.ts'
import { apply, initialState } from '../run/state/state.ts'
import { givenUpFault } from './given-up.ts'
import type { TaskFailure } from './messages.ts'

const plan = planOf([plainFile('a.txt', 10)])
const known = { plan, state: initialState(plan), logged: '', logFile: 'logs/spark.log' }
const end = { code: 1, signal: null }

describe('givenUpFault', () => {
  test('is what the task said, though nobody has told of the attempt', () => {
    const fault = {
      code: 'input-missing',
      message: 'On host a: b.txt: gone',
      wayOut: 'Put it there.',
    } as const
    const failure: TaskFailure = { fault, host: 'a', log: '', death: null }
    const packed = deflateSync(JSON.stringify(failure)).toString('base64')
    const said = `Traceback\\ntallyman_tasks.TaskError: On host a: b.txt: gone [tallyman-failure ${packed}]\\n\\tat Java`
    expect(givenUpFault({ ...known, end, said })).toEqual(fault)
  })

  test('is what a task failed of as often as Spark lets it, and nothing that another attempt has made good', () => {
    const fault = { code: 'worker-died', message: 'On host a: it died.' } as const
    const at = 0
    const afterFailures = (times: number) => {
      let state = initialState(plan)
      for (let attempt = 1; attempt <= times; attempt++) {
        state = apply(state, { type: 'attempt-started', at, task: 'map-00000', attempt, seat: 0 })
        state = apply(state, { type: 'attempt-failed', at, task: 'map-00000', attempt, fault, charged: true })
      }
      return state
    }
    const said = 'ValueError: no'
    const most = givenUpFault({ ...known, state: afterFailures(plan.attemptsMax), end, said })
    expect(most).toEqual({
      code: 'worker-died',
      message: `Task map-00000 (a.txt) failed ${plan.attemptsMax} times, the last time so: On host a: it died.`,
    })
    const killed = givenUpFault({
      ...known,
      state: afterFailures(1),
      end: { code: null, signal: 'SIGKILL' },
      said,
    })
    expect(killed.message).toBe('Spark was killed by SIGKILL: ValueError: no')
  })

  test('is the line that tells why, where no task has said anything', () => {
    expect(givenUpFault({ ...known, end, said: 'ValueError: no' })).toEqual({
      code: 'worker-died',
      message: 'Spark ended with exit code 1: ValueError: no',
      wayOut: 'What it said is in logs/spark.log.',
    })
  })

  test('is what Spark has logged, where its driver only finds that it has stopped', () => {
    const reason = 'All masters are unresponsive! Giving up.'
    const logged = `ERROR Backend: Application has been killed. Reason: ${reason}\n`
    // Which of them it finds depends on how far it was.
    for (const found of [
      'Cannot call methods on a stopped SparkContext.',
      'SparkContext has been shutdown',
    ]) {
      const said = `Py4JJavaError: \n: java.lang.IllegalStateException: ${found}`
      expect(givenUpFault({ ...known, logged, end, said }).message).toContain(
        `gave up the application: ${reason}`,
      )
    }
    // Where its driver found something else, that is why.
    expect(givenUpFault({ ...known, logged, end, said: 'ValueError: no' }).message).toContain(
      'ValueError: no',
    )
  })
})
