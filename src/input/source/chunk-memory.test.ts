import { beforeEach, describe, expect, test } from 'vitest'
import { giveMemory, takeMemory } from './chunk-memory.ts'

/** What other readers of this thread have left is taken before: three at most. */
beforeEach(() => {
  for (let taken = 0; taken < 3; taken++) takeMemory(0)
})

describe('The memory of chunks', () => {
  test('is as long as was asked for, and nobody else has it', () => {
    const taken = [takeMemory(100), takeMemory(100), takeMemory(0)]
    expect(taken.map(({ length }) => length)).toEqual([100, 100, 0])
    expect(new Set(taken.map(({ buffer }) => buffer)).size).toBe(3)
    expect(taken[0]?.buffer.byteLength).toBe(100)
  })

  test('is used again where what is asked for fits, once', () => {
    const memory = takeMemory(100).buffer
    giveMemory(memory)
    const longer = takeMemory(101)
    expect(longer.buffer).not.toBe(memory)
    expect(longer.length).toBe(101)
    const shorter = takeMemory(60)
    expect(shorter.buffer).toBe(memory)
    expect([shorter.length, shorter.byteOffset]).toEqual([60, 0])
    expect(takeMemory(60).buffer).not.toBe(memory)
  })

  test('is used again for just as much', () => {
    const memory = takeMemory(100).buffer
    giveMemory(memory)
    expect(takeMemory(100).buffer).toBe(memory)
  })

  test('is kept of three chunks at most, and any of them is found', () => {
    const given = [10, 20, 30, 40].map((bytes) => takeMemory(bytes).buffer)
    for (const memory of given) giveMemory(memory)
    expect(takeMemory(40).buffer).not.toBe(given[3])
    expect(takeMemory(21).buffer).toBe(given[2])
    expect(takeMemory(11).buffer).toBe(given[1])
    expect(takeMemory(11).buffer).not.toBe(given[0])
    expect(takeMemory(10).buffer).toBe(given[0])
  })
})
