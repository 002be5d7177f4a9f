import { describe, expect, it } from 'vitest'
import { groupReduce } from './group-reduce.ts'

describe('groupReduce', () => {
  it('passes key and values to its function', () => {
    const group = groupReduce((key: string, values: Iterable<number>) => [key, ...values])
    expect(group.reduce('a', [1, 2])).toStrictEqual(['a', 1, 2])
  })

  it('refuses what is no function', () => {
    expect(() => Reflect.apply(groupReduce, undefined, [5])).toThrow(/groupReduce\(\) got the number 5/)
  })

  it('refuses a function that is async, or returns a promise or nothing', () => {
    expect(() => groupReduce(async () => 1)).toThrow(
      expect.objectContaining({
        code: 'job-invalid',
        message: 'groupReduce() got a function that is async, and what it returns is needed at once.',
        wayOut: 'Await in map, which may be async, and emit what came of it.',
      }),
    )
    expect(() => groupReduce(() => Promise.resolve(1)).reduce('a', [1])).toThrow(
      'The function of groupReduce() returned a promise, not a result. Await in map',
    )
    expect(() => groupReduce(() => undefined).reduce('a', [1])).toThrow(
      'The function of groupReduce() returned undefined: is a return missing? A wanted absence is null.',
    )
    expect(groupReduce(() => null).reduce('a', [1])).toBeNull()
  })
})
