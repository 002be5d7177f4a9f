import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { attemptId, mapTaskOf, parseTaskId, taskId } from './task-id.ts'

describe('taskId', () => {
  test('is the stage and a number of at least five digits', () => {
    expect(taskId('map', 12)).toBe('map-00012')
    expect(taskId('reduce', 0)).toBe('reduce-00000')
    expect(taskId('map', 1_234_567)).toBe('map-1234567')
    expect(attemptId(taskId('map', 12), 2)).toBe('map-00012.2')
  })

  test('is in the order of tasks when names are sorted, up to 100,000 of them', () => {
    fc.assert(
      fc.property(fc.nat({ max: 99_999 }), fc.nat({ max: 99_999 }), (a, b) => {
        expect(taskId('map', a) < taskId('map', b)).toBe(a < b)
      }),
    )
  })
})

describe('mapTaskOf', () => {
  test('is the map task of an attempt, and of nothing else', () => {
    expect(mapTaskOf('map-00012.3')).toBe('map-00012')
    for (const other of ['map-00012', 'reduce-00012.3', 'a map-00012.3', 'map-00012.3 ', ''])
      expect(mapTaskOf(other)).toBeNull()
  })
})

describe('parseTaskId', () => {
  test('gives back stage and number', () => {
    fc.assert(
      fc.property(fc.constantFrom('map', 'reduce'), fc.nat(), (stage, index) => {
        expect(parseTaskId(taskId(stage, index))).toEqual({ stage, index })
      }),
    )
  })

  test.each(['', 'map', 'map-', 'map-1x', 'sort-00001', 'map-00012.1', ' map-00012', 'map-00012\n'])(
    'refuses %j',
    (id) => {
      expect(() => parseTaskId(id)).toThrow(/is no name of a task/)
    },
  )
})
