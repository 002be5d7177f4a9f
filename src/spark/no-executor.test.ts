import { expect, test } from 'vitest'
import type { SparkStanding } from '../run/index.ts'
import { NoExecutor } from './no-executor.ts'

test('NoExecutor says once of each lack that there is no executor, not yet or not any more', () => {
  const said: string[] = []
  let executors: SparkStanding['executors'] = []
  const one = new NoExecutor({
    get state() {
      return { spark: { executors } }
    },
    say: (text) => said.push(text.slice(0, text.indexOf(':'))),
  })
  const came = (executor: string): SparkStanding['executors'][number] => ({
    executor,
    host: 'h',
    cores: 1,
    attempts: 0,
    lost: null,
  })
  const look = (...seconds: readonly number[]): string[] => {
    for (const second of seconds) one.look(second * 1000)
    return said.splice(0)
  }
  expect(look(0, 100)).toEqual([])
  one.begin(100_000)
  expect(look(114, 116, 140)).toEqual(['Spark has no executor for this run yet'])
  executors = [came('0'), came('1')]
  expect(look(150)).toEqual([])
  executors = [{ ...came('0'), lost: 'gone' }, came('1')]
  expect(look(200)).toEqual([])
  executors = executors.map((each) => ({ ...each, lost: 'gone' }))
  expect(look(210, 224)).toEqual([])
  expect(look(226, 300)).toEqual(['Spark has no executor for this run any more'])
  executors = [...executors, came('2')]
  expect(look(310)).toEqual([])
})
