import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { plainFile, planOf } from '../../test/fixtures/plans.ts'
import { initialState } from '../run/state/state.ts'
import { givenUpFault } from './given-up.ts'
import type { TaskFailure } from './messages.ts'

const plan = planOf([plainFile('a.txt', 10)])
const known = { plan, state: initialState(plan), lastFailed: null, logged: '', logFile: 'logs/spark.log' }
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
