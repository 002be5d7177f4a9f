import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { TallymanError } from '../errors.ts'
import {
  type AnyJob,
  bindEmit,
  count,
  days,
  defineJob,
  describeJob,
  groupReduce,
  type InputFormat,
  isJob,
  jobTables,
  sum,
} from './index.ts'

const words: InputFormat<string> = {
  name: 'words',
  unit: 'line',
  recordBytesMax: 1000,
  options: { separator: ' ' },
  decoder: () => ({ decode: (bytes, start, end) => bytes.toString('utf8', start, end) }),
}
const map = () => undefined
const least = { input: words, reduce: count(), map }

/** What `defineJob` says of a definition that its types would not let through. */
function refusal(definition: unknown): TallymanError {
  try {
    Reflect.apply(defineJob, undefined, [definition])
  } catch (error) {
    if (error instanceof TallymanError) return error
    throw error
  }
  throw new Error('The definition was accepted.')
}

describe('defineJob', () => {
  it('returns a frozen job', () => {
    const job = defineJob(least)
    expect(isJob(job)).toBe(true)
    expect(Object.isFrozen(job)).toBe(true)
  })

  it('is out of reach of what is done to the definition later', () => {
    const reduce: Record<string, ReturnType<typeof count>> = { a: count() }
    const params = { limit: z.number() }
    const job = defineJob({ ...least, reduce, params })
    reduce.b = count()
    expect(jobTables(job).map(({ name }) => name)).toStrictEqual(['a'])
    expect(Object.isFrozen(job.params)).toBe(true)
  })

  it.each([
    { wrong: undefined, message: 'defineJob() got undefined; it takes an object.' },
    { wrong: [], message: 'defineJob() got an empty list; it takes an object.' },
    { wrong: { ...least, input: undefined }, message: 'Job field "input" is missing.' },
    {
      wrong: { ...least, input: 'a.zip' },
      message: 'Job field "input" is the string "a.zip"; it is a format.',
    },
    {
      wrong: { ...least, input: function jsonl() {} },
      message: 'Job field "input" is the function "jsonl", not called.',
    },
    {
      wrong: { ...least, input: { ...words, unit: 'page' } },
      message:
        'Job field "input" is an object with "name", "unit", "recordBytesMax", "options", …; a format has "name", "unit" ("line" or "file"), "recordBytesMax", "options" and "decoder".',
    },
    { wrong: { ...least, reduce: undefined }, message: 'Job field "reduce" is missing.' },
    {
      wrong: { ...least, reduce: count },
      message: 'Job field "reduce" is the function "count", not called.',
    },
    { wrong: { ...least, reduce: {} }, message: 'Job field "reduce" has no tables.' },
    {
      wrong: { ...least, reduce: [count()] },
      message: 'Job field "reduce" is a list of 1; it is a reducer or an object of reducers.',
    },
    {
      wrong: { ...least, reduce: { kind: 'sum' } },
      message: 'Job field "reduce" of kind "sum" lacks the functions of a reducer.',
    },
    { wrong: { ...least, reduce: { Lang: count() } }, message: 'Job field "reduce.Lang" is no table name.' },
    { wrong: { ...least, reduce: { 'a-b': count() } }, message: 'Job field "reduce.a-b" is no table name.' },
    {
      wrong: { ...least, reduce: { manifest: count() } },
      message:
        'Job field "reduce.manifest" is no table name, since manifest.json of a result is the file that describes it.',
    },
    {
      wrong: { ...least, reduce: { lang: count } },
      message: 'Job field "reduce.lang" is the function "count", not called.',
    },
    {
      wrong: { ...least, reduce: { lang: 5 } },
      message: 'Job field "reduce.lang" is the number 5; it is a reducer.',
    },
    {
      wrong: { ...least, reduce: { empty: () => 0, add: map, merge: map } },
      message: 'Job field "reduce" is an object of functions, not a reducer.',
    },
    {
      wrong: { ...least, reduce: { lang: { empty: () => 0, add: map, merge: map } } },
      message: 'Job field "reduce.lang" is an object of functions, not a reducer.',
    },
    { wrong: { ...least, map: undefined }, message: 'Job field "map" is missing.' },
    { wrong: { ...least, map: 'x' }, message: 'Job field "map" is the string "x"; it is a function.' },
    {
      wrong: { ...least, map: function* () {} },
      message: 'Job field "map" is a generator, whose body would never run.',
    },
    {
      wrong: { ...least, map: async function* () {} },
      message: 'Job field "map" is a generator, whose body would never run.',
    },
    { wrong: { ...least, flush: 1 }, message: 'Job field "flush" is the number 1; it is a function.' },
    { wrong: { ...least, setup: {} }, message: 'Job field "setup" is an empty object; it is a function.' },
    {
      wrong: { ...least, name: '' },
      message: 'Job field "name" is the string ""; it is a text that says something.',
    },
    {
      wrong: { ...least, description: 5 },
      message: 'Job field "description" is the number 5; it is a text that says something.',
    },
    {
      wrong: { ...least, params: z.object({}) },
      message: 'Job field "params" is one schema; it is an object with a schema for each parameter.',
    },
    {
      wrong: { ...least, params: 5 },
      message: 'Job field "params" is the number 5; it is an object with a schema for each parameter.',
    },
    {
      wrong: { ...least, params: { limit: 10 } },
      message:
        'Job field "params.limit" is the number 10; it is a Standard Schema (zod, valibot, arktype and others).',
    },
    {
      wrong: { ...least, params: { 'a b': z.string() } },
      message: 'Job field "params.a b" is no parameter name.',
    },
    {
      wrong: { ...least, expect: '2020' },
      message: 'Job field "expect" is the string "2020"; it is what days() returns.',
    },
    {
      wrong: { ...least, expect: { kind: 'days', from: '2020-01-01', to: '2020-02-30' } },
      message: 'Job field "expect" is an object with "kind", "from", "to"; it is what days() returns.',
    },
    { wrong: { ...least, redcue: count() }, message: 'Job field "redcue" is not one a job has.' },
  ])('says: $message', ({ wrong, message }) => {
    const error = refusal(wrong)
    expect(error.message).toBe(message)
    expect(error.code).toBe('job-invalid')
    expect(error.wayOut).toMatch(/\.$/)
  })

  it('names the nearest field for one a job does not have', () => {
    expect(refusal({ ...least, redcue: 1 }).wayOut).toMatch(/^Did you mean "reduce"\? A job has "name", /)
    expect(refusal({ ...least, Map: 1 }).wayOut).toMatch(/^Did you mean "map"\?/)
    expect(refusal({ ...least, zzzzzzzz: 1 }).wayOut).toMatch(/^A job has "name", /)
  })
})

describe('isJob', () => {
  it('knows a job of another copy of tallyman by its brand', () => {
    expect(isJob({ [Symbol.for('tallyman.job')]: true })).toBe(true)
    expect(isJob(least)).toBe(false)
    expect(isJob(null)).toBe(false)
    expect(isJob('job')).toBe(false)
  })
})

describe('jobTables', () => {
  it('calls the only table result', () => {
    expect(jobTables(defineJob(least)).map(({ name }) => name)).toStrictEqual(['result'])
  })

  it('sorts tables by name', () => {
    const job = defineJob({ ...least, reduce: { b: count(), aB: count(), a_: count(), kind: count() } })
    expect(jobTables(job).map(({ name }) => name)).toStrictEqual(['aB', 'a_', 'b', 'kind'])
  })
})

describe('bindEmit', () => {
  function pushed(job: AnyJob, use: (emit: unknown) => void): unknown[] {
    const calls: unknown[] = []
    use(bindEmit(job, (...call) => calls.push(call)))
    return calls
  }

  it('is a function for a job of one reducer', () => {
    const calls = pushed(defineJob({ ...least, reduce: sum() }), (emit) => {
      if (typeof emit === 'function') emit('a', 1)
    })
    expect(calls).toStrictEqual([[0, 'a', 1]])
  })

  it('is a frozen object with a function for each table, numbered as jobTables has them', () => {
    const job = defineJob({ ...least, reduce: { z: count(), a: sum() } })
    const calls = pushed(job, (emit) => {
      const { a, z } = emit as Record<string, (key: string, value?: number) => void>
      z?.('x')
      a?.('y', 2)
      expect(Object.isFrozen(emit)).toBe(true)
    })
    expect(calls).toStrictEqual([
      [1, 'x', undefined],
      [0, 'y', 2],
    ])
  })
})

describe('describeJob', () => {
  it('tells everything as plain data', () => {
    const job = defineJob({
      name: 'hashtags',
      description: 'Counts hashtags.',
      input: words,
      reduce: { words: count(), gaps: groupReduce(() => 0) },
      params: { limit: z.number().default(3).describe('How many') },
      expect: days('2020-01-01', '2020-01-02'),
      map,
    })
    expect(describeJob(job)).toStrictEqual({
      name: 'hashtags',
      description: 'Counts hashtags.',
      tables: [
        { name: 'gaps', kind: 'group' },
        { name: 'words', kind: 'count' },
      ],
      input: { name: 'words', unit: 'line', recordBytesMax: 1000, options: { separator: ' ' } },
      params: [{ name: 'limit', required: false, default: 3, type: 'number', description: 'How many' }],
      expect: { kind: 'days', from: '2020-01-01', to: '2020-01-02' },
    })
  })

  it('says null for what a job leaves out', () => {
    expect(describeJob(defineJob(least))).toMatchObject({
      name: null,
      description: null,
      params: [],
      expect: null,
    })
  })
})
