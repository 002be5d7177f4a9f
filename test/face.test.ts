import { expect, it } from 'vitest'
import * as face from '../src/index.ts'
import { formatNames } from '../src/input/index.ts'
import { reducerNames } from '../src/job/index.ts'

it('names among formats and reducers every function that a job can import, but those that are neither', () => {
  const others = ['dayOf', 'days', 'defineJob', 'openResult', 'RecordRejection', 'TallymanError', 'testJob']
  const functions = Object.entries(face).flatMap(([name, value]) =>
    typeof value === 'function' && !others.includes(name) ? [name] : [],
  )
  expect(functions.sort()).toEqual([...formatNames, ...reducerNames].sort())
})
