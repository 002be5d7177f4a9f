import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { text } from '../input/index.ts'
import { all, collect, count, defineJob, groupReduce, RecordRejection, reducer, sum } from '../job/index.ts'
import type { Key } from '../record/index.ts'
import { testJob } from './test-job.ts'

const input = text()
const least = { input, reduce: collect<string, unknown>() }
const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g']

/** Counts lines; it may be wrong wherever two states meet. */
function countWith(merge: (left: number, right: number) => number) {
  return defineJob({
    input,
    reduce: reducer({ empty: () => 0, add: (count: number, one: number) => count + one, merge }),
    map(_line, emit) {
      emit('lines', 1)
    },
  })
}

describe('testJob', () => {
  test('shows a merge that is wrong, of three records already', async () => {
    const lines = ['a', 'b', 'c']
    const right = await testJob(
      countWith((left, right) => left + right),
      lines,
    )
    expect(right.result).toEqual([{ key: 'lines', value: 3 }])
    for (const merge of [(left: number) => left, (_: number, right: number) => right, Math.max])
      await expect(testJob(countWith(merge), lines)).rejects.toMatchObject({
        code: 'job-invalid',
        message:
          'reducer() of table "result" has no one result at key "lines": 3 where its 3 values are added one after another, 1 where they are added each by itself, and merged from the left.',
        wayOut: expect.stringMatching(/^Its merge is not associative, or add and merge disagree,/),
      })
  })

  test('keeps what one record emits in its turn', async () => {
    const job = defineJob({
      input,
      reduce: collect<string, number>(),
      map(line, emit) {
        for (const turn of [1, 2, 3]) emit('turns', 10 * line.length + turn)
        emit('other', line.length)
      },
    })
    const { result } = await testJob(job, ['a', 'bb', 'ccc'])
    expect(result).toEqual([
      { key: 'other', value: [1, 2, 3] },
      { key: 'turns', value: [11, 12, 13, 21, 22, 23, 31, 32, 33] },
    ])
  })

  test('gives the rows of every table in key order, whatever partition and map task they came from', async () => {
    const job = defineJob({
      input,
      reduce: { lengths: sum<Key>(), words: count<Key>(), rest: count<Key>() },
      map(word: string, emit) {
        emit.lengths(word.length, 1)
        emit.words(word)
        if (word.length === 1) emit.words([word, 1])
      },
    })
    const words = ['pear', 'fig', 'a', 'fig', 'cherry', 'a', 'fig', '', 'banana']
    expect(await testJob(job, words)).toEqual({
      lengths: [
        { key: 0, value: 1 },
        { key: 1, value: 2 },
        { key: 3, value: 3 },
        { key: 4, value: 1 },
        { key: 6, value: 2 },
      ],
      words: [
        { key: '', value: 1 },
        { key: 'a', value: 2 },
        { key: 'banana', value: 1 },
        { key: 'cherry', value: 1 },
        { key: 'fig', value: 3 },
        { key: 'pear', value: 1 },
        { key: ['a', 1], value: 2 },
      ],
      rest: [],
    })
  })

  test('has a table without a row where there is no record', async () => {
    expect(await testJob(defineJob({ ...least, map: (line, emit) => emit('all', line) }), [])).toEqual({
      result: [],
    })
  })

  test('keeps values in the order of the list, across three map tasks', async () => {
    const setups: string[] = []
    const job = defineJob({
      ...least,
      setup: () => {
        setups.push('setup')
        return [] as string[]
      },
      map(line, emit, ctx) {
        ctx.state.push(line)
        emit('all', line)
      },
      flush: (emit, ctx) => emit('tasks', ctx.state.join('')),
    })
    for (let length = 0; length <= letters.length; length++) {
      setups.length = 0
      const { result } = await testJob(job, letters.slice(0, length))
      const valuesOf = (key: string): unknown[] => result.find((row) => row.key === key)?.value ?? []
      expect(valuesOf('all')).toEqual(letters.slice(0, length))
      expect(valuesOf('tasks').join('')).toBe(letters.slice(0, length).join(''))
      expect(setups).toHaveLength(3)
    }
  })

  test('shows a job whose answer depends on how records are grouped', async () => {
    const seen = new Set<string>()
    const job = defineJob({
      input,
      reduce: count(),
      setup: () => seen.clear(),
      map(word: string, emit) {
        if (!seen.has(word)) emit(word)
        seen.add(word)
      },
    })
    expect(await testJob(job, ['a', 'a', 'b', 'a', 'b', 'a'])).toEqual({
      result: [
        { key: 'a', value: 3 },
        { key: 'b', value: 2 },
      ],
    })
  })

  test('gives the very objects of the list, and their places in it as positions', async () => {
    const records = letters.map((letter) => ({ letter }))
    const seen: unknown[] = []
    const job = defineJob({
      input: input as never,
      reduce: collect<string, unknown>(),
      map(record: { letter: string }, emit, { position }) {
        seen.push(record)
        emit(record.letter, position)
      },
    })
    const { result } = await testJob(job, records)
    expect(seen.every((record, place) => record === records[place])).toBe(true)
    expect(result).toEqual(
      letters.map((letter, byte) => ({
        key: letter,
        value: [{ path: 'records', member: null, byte, line: byte + 1 }],
      })),
    )
  })

  test('spills more than once for a long list, and merges that', async () => {
    const words = Array.from({ length: 3000 }, (_, index) => `word ${(index * 7919) % 1000}`)
    const job = defineJob({
      input,
      reduce: groupReduce((_key: string, values: Iterable<number>) => [...values]),
      map: (word: string, emit, { position }) => emit(word, position.byte),
    })
    const { result } = await testJob(job, words)
    expect(result).toHaveLength(1000)
    for (const { key, value } of result)
      expect(value).toEqual(words.flatMap((word, place) => (word === key ? [place] : [])))
  })

  test('takes parameters as they are, or as text', async () => {
    const job = defineJob({
      ...least,
      params: { times: z.number().default(2) },
      map: (line, emit, { params }) => emit(line.repeat(params.times), 1),
    })
    const keysOf = async (options?: { params: { times: number } }) =>
      (await testJob(job, ['ab'], options)).result.map(({ key }) => key)
    expect(await keysOf()).toEqual(['abab'])
    expect(await keysOf({ params: { times: 3 } })).toEqual(['ababab'])
    expect(await keysOf({ params: { times: '1' as unknown as number } })).toEqual(['ab'])
    await expect(keysOf({ params: { time: 1 } as never })).rejects.toMatchObject({ code: 'param-invalid' })
  })

  test('throws what the job threw, as it was thrown', async () => {
    const thrown = new RangeError('too long')
    const throwing = defineJob({
      ...least,
      map: (line) => {
        if (line === 'c') throw thrown
      },
    })
    await expect(testJob(throwing, letters)).rejects.toBe(thrown)
    const refusing = defineJob({
      ...least,
      map: (line, _, ctx) => {
        if (line === 'c') ctx.reject('no c')
      },
    })
    const refusal = testJob(refusing, letters)
    await expect(refusal).rejects.toBeInstanceOf(RecordRejection)
    await expect(refusal).rejects.toMatchObject({ message: 'no c' })
    const late = defineJob({
      input,
      reduce: groupReduce(() => {
        throw thrown
      }),
      map: (line: string, emit) => emit(line, 1),
    })
    await expect(testJob(late, ['a'])).rejects.toMatchObject({ code: 'job-threw', cause: thrown })
  })

  test('says of what returns undefined which function it is, and of which table and key', async () => {
    const jobOf = (reduce: object) =>
      defineJob({
        input,
        reduce,
        map: (line: string, emit: (key: string, value: number) => void) => emit(line, 1),
      } as never)
    const broken = (fields: object) =>
      jobOf(reducer({ empty: () => 0, add: (count: number) => count + 1, merge: Math.max, ...fields }))
    const nothing = (): undefined => undefined
    const says = (start: string) =>
      expect.objectContaining({
        code: 'job-threw',
        message: `${start} returned undefined: is a return missing? A wanted absence is null.`,
      })
    const at = 'The reducer of table "result" failed at key "a":'
    await expect(testJob(broken({ add: nothing }), ['a'] as never)).rejects.toEqual(
      says(
        'Adding to table "result" failed at records, byte 0 (line 1 of its split), key "a": "add" of reducer()',
      ),
    )
    await expect(testJob(broken({ merge: nothing }), ['a', 'a'] as never)).rejects.toEqual(
      says(`${at} "merge" of reducer()`),
    )
    await expect(testJob(broken({ finish: nothing }), ['a'] as never)).rejects.toEqual(
      says(`${at} "finish" of reducer()`),
    )
    await expect(testJob(jobOf(groupReduce(nothing)), ['a'] as never)).rejects.toEqual(
      says(`${at} The function of groupReduce()`),
    )
  })

  describe('folds in other ways', () => {
    const numbers = (reduce: object, ...values: readonly unknown[]): Promise<unknown> => {
      const map = (value: unknown, emit: (key: string, value: unknown) => void): void => emit('a', value)
      return testJob(defineJob({ input, reduce, map } as never), values as never)
    }
    const plus = { empty: () => 0, add: (sum: number, value: number) => sum + value }

    test('and says of a reducer that throws in one of them at which table and key it does', async () => {
      const merge = (): number => {
        throw new Error('no merge')
      }
      await expect(numbers(reducer({ ...plus, merge }), 1, 2)).rejects.toMatchObject({
        code: 'job-threw',
        message: expect.stringMatching(/table "result".*"a".*no merge/),
      })
    })

    test('and cuts results that are long', async () => {
      const text = reducer({
        empty: () => '',
        add: (all: string, value: string) => all + value,
        merge: (left) => left,
      })
      const error = await numbers(text, 'x'.repeat(300), 'y').catch((caught: unknown) => caught)
      expect(String(error)).toContain(`"${'x'.repeat(199)}… where its 2 values`)
      expect(String(error)).not.toContain('x'.repeat(200))
    })

    test('and names reducer, table, key and both results where they differ', async () => {
      const average = reducer({ ...plus, merge: (left, right) => (left + right) / 2 })
      const both = all({ n: count(), average })
      const map = (line: string, emit: { means(key: unknown, value: object): void }): void =>
        emit.means([line.length, 'a'], { average: line.length })
      const job = defineJob({ input, reduce: { means: both }, map: map as never })
      await expect(testJob(job, ['a', 'a', 'a', 'bb'])).rejects.toMatchObject({
        code: 'job-invalid',
        message:
          'all() of table "means" has no one result at key [1,"a"]: {"n":3,"average":3} where its 3 values are added one after another, {"n":3,"average":1} where they are added each by itself, and merged from the left.',
      })
    })

    test.each([
      ['adds up', { ...plus, merge: (left: number, right: number) => left + right }, null],
      [
        'is no sum of sums',
        { ...plus, merge: (left: number, right: number) => left - right },
        'from the left',
      ],
      ['forgets all but the last', { ...plus, merge: (_: number, right: number) => right }, 'from the left'],
      [
        'minds the order of merges',
        { ...plus, merge: (left: number, right: number) => (left > 3 ? left - right : left + right) },
        'from the left',
      ],
      [
        'minds how much is on the right',
        { ...plus, merge: (left: number, right: number) => (right > 3 ? left : left + right) },
        'from the right',
      ],
      [
        'minds how much is on both sides',
        { ...plus, merge: (left: number, right: number) => (left > 2 && right > 2 ? 0 : left + right) },
        'in two halves',
      ],
    ])('a merge that %s', async (_, definition, way) => {
      const work = numbers(reducer(definition), 1, 2, 2, 1)
      if (way === null) await expect(work).resolves.toEqual({ result: [{ key: 'a', value: 6 }] })
      else await expect(work).rejects.toThrow(way)
    })

    test('to the last bit, as the digest of a run is', async () => {
      const own = reducer({ ...plus, merge: plus.add })
      await expect(numbers(own, 0.5, 0.25, 2)).resolves.toEqual({ result: [{ key: 'a', value: 2.75 }] })
      await expect(numbers(own, 0.1, 0.2, 0.3)).rejects.toMatchObject({
        message: expect.stringMatching(
          /: 0\.6000000000000001 where .*, 0\.6 where they are .* from the right\.$/,
        ),
        wayOut: expect.stringContaining('sums of fractions are exact with sum() and mean(), and not with +'),
      })
      await expect(numbers(sum(), 0.1, 0.2, 0.3)).resolves.toEqual({ result: [{ key: 'a', value: 0.6 }] })
    })

    test('what add changes', async () => {
      const lists = reducer({
        empty: (): string[] => [],
        add: (state: string[], value: string[]) => (state.length === 0 ? value : [...state, ...value]),
        merge: (left, right) => {
          left.push(...right)
          return left
        },
      })
      const abc = [{ key: 'a', value: ['a', 'b', 'c'] }]
      await expect(numbers(lists, ['a'], ['b'], ['c'])).resolves.toEqual({ result: abc })
    })

    test('and says of what a reducer throws there which table and key it is', async () => {
      const thrown = new RangeError('no two')
      const fragile = reducer({
        ...plus,
        merge: (left, right) => {
          if (left === 3 && right === 3) throw thrown
          return left + right
        },
      })
      await expect(numbers(fragile, 1, 2, 2, 1)).rejects.toMatchObject({
        code: 'job-threw',
        message: 'The reducer of table "result" failed at key "a": no two',
        cause: thrown,
      })
    })

    test('a few of very many values and keys', async () => {
      let added = 0
      const counting = reducer({
        ...plus,
        add: (sum: number, value: number) => {
          added += 1
          return sum + value
        },
        merge: plus.add,
      })
      const map = (line: number, emit: (key: unknown, value: number) => void): void => {
        emit('all', 1)
        emit(['one', line], 1)
        emit(['one', line], 1)
      }
      const job = defineJob({ input, reduce: counting, map } as never)
      await testJob(job, Array.from({ length: 5000 }, (_, index) => index) as never)
      // Each of them by the job itself, then up to 64 of 512 keys in four ways.
      expect(added).toBe(15_000 + 4 * 64 + 4 * 2 * 511)
    })
  })
})
