import { describe, expect, test } from 'vitest'
import { gzipFile, plainFile, planOf, zipFile } from '../../../test/fixtures/plans.ts'
import { sayTask } from './say-task.ts'

describe('sayTask', () => {
  const plan = planOf([plainFile('a.txt', 15), gzipFile('b.gz', 5), zipFile('c.zip', ['x', 'y', 'z'])])

  test.each([
    [0, 'map-00000 (a.txt, bytes 0 to 10)'],
    [1, 'map-00001 (a.txt, bytes 10 to 15)'],
    [2, 'map-00002 (b.gz)'],
    [3, 'map-00003 (c.zip!x)'],
  ])('says what map task %i reads', (index, said) => {
    expect(sayTask(plan, 'map', index)).toBe(said)
  })

  test('says no bytes of a file that is read as a whole', () => {
    expect(sayTask(planOf([plainFile('a.txt', 7)]), 'map', 0)).toBe('map-00000 (a.txt)')
  })

  test('counts what a task reads beside its first split', () => {
    const packed = {
      splits: plan.splits,
      tasks: plan.tasks.map((task) => ({ ...task, firstSplit: 3, endSplit: 6 })),
    }
    expect(sayTask(packed, 'map', 0)).toBe('map-00000 (c.zip!x and 2 more)')
  })

  test('says of a reduce task its id alone', () => {
    expect(sayTask(plan, 'reduce', 1)).toBe('reduce-00001')
  })
})
