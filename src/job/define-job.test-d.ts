import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import type { Key } from '../record/index.ts'
import {
  type AnyJob,
  all,
  collect,
  count,
  countDistinct,
  days,
  defineJob,
  first,
  geometricMean,
  groupReduce,
  type Histogram,
  histogram,
  type InputFormat,
  last,
  max,
  mean,
  min,
  type Position,
  type Reducer,
  reducer,
  sum,
  type TablesOf,
  topK,
  variance,
} from './index.ts'

interface Tweet {
  text: string
  lang: string
  likes: number
  place: { country_code: string } | null
}

declare function jsonl<R>(): InputFormat<R>

/** Rows of a table, for short. */
type Rows<K, R> = { readonly key: K; readonly value: R }[]

describe('defineJob infers', () => {
  it('the record from input, and emit from reduce', () => {
    const job = defineJob({
      input: jsonl<Tweet>(),
      reduce: { lang: count(), country: count() },
      map(tweet, emit, ctx) {
        expectTypeOf(tweet).toEqualTypeOf<Tweet>()
        expectTypeOf(emit.lang).toEqualTypeOf<(key: Key) => void>()
        expectTypeOf(ctx.position).toEqualTypeOf<Position>()
        expectTypeOf(ctx.random()).toEqualTypeOf<number>()
        emit.lang(['tag', tweet.lang])
        emit.country(['tag', tweet.place?.country_code ?? null])
      },
    })
    expectTypeOf<TablesOf<typeof job>>().toEqualTypeOf<{
      readonly lang: Rows<Key, number>
      readonly country: Rows<Key, number>
    }>()
  })

  it('one table from one reducer', () => {
    const job = defineJob({
      input: jsonl<Tweet>(),
      reduce: sum(),
      map(tweet, emit) {
        expectTypeOf(emit).toEqualTypeOf<(key: Key, value: number) => void>()
        emit(tweet.lang, tweet.likes)
      },
    })
    expectTypeOf<TablesOf<typeof job>>().toEqualTypeOf<{ readonly result: Rows<Key, number> }>()
  })

  it('ctx.params from params, and ctx.state from setup', () => {
    defineJob({
      input: jsonl<Tweet>(),
      reduce: count(),
      params: { limit: z.coerce.number().default(3), tags: z.string().transform((text) => text.split(',')) },
      setup(ctx) {
        expectTypeOf(ctx.params.limit).toEqualTypeOf<number>()
        return { tags: new Set(ctx.params.tags) }
      },
      map(tweet, emit, ctx) {
        expectTypeOf(ctx.params).toEqualTypeOf<{ readonly limit: number; readonly tags: string[] }>()
        expectTypeOf(ctx.state).toEqualTypeOf<{ tags: Set<string> }>()
        if (tweet.text === '') ctx.reject('No text')
        emit(tweet.lang)
      },
      flush(emit, ctx) {
        expectTypeOf(ctx.state).toEqualTypeOf<{ tags: Set<string> }>()
        emit([...ctx.state.tags])
      },
    })
  })

  it('ctx.state from a setup that is async, or takes nothing', () => {
    defineJob({
      input: jsonl<Tweet>(),
      reduce: count(),
      map(_tweet, _emit, ctx) {
        expectTypeOf(ctx.state).toEqualTypeOf<{ seen: number }>()
      },
      async setup() {
        return { seen: 0 }
      },
    })
  })

  it('no params and no state where there are none', () => {
    defineJob({
      input: jsonl<Tweet>(),
      reduce: count(),
      map(_tweet, _emit, ctx) {
        expectTypeOf(ctx.state).toEqualTypeOf<undefined>()
        // @ts-expect-error: there is no such parameter
        ctx.params.limit
      },
    })
  })

  it('everything the same where map is async or an arrow', () => {
    const job = defineJob({
      input: jsonl<Tweet>(),
      reduce: { likes: max<string, number>() },
      map: async (tweet, emit) => {
        expectTypeOf(tweet).toEqualTypeOf<Tweet>()
        await Promise.resolve()
        emit.likes(tweet.lang, tweet.likes)
      },
    })
    expectTypeOf<TablesOf<typeof job>>().toEqualTypeOf<{ readonly likes: Rows<string, number> }>()
  })

  it('the result of every reducer', () => {
    const longest = reducer({
      empty: () => '',
      add: (state, word: string) => (word.length > state.length ? word : state),
      merge: (left, right) => left + right,
    })
    const job = defineJob({
      input: jsonl<Tweet>(),
      reduce: {
        sum: sum(),
        sumBig: sum<Key, bigint>(),
        mean: mean(),
        geometric: geometricMean(),
        geometricBig: geometricMean<string, bigint>(),
        variance: variance(),
        sample: variance({ sample: true }),
        min: min(),
        max: max<string, [number, string]>(),
        first: first<string, Tweet>(),
        last: last(),
        collect: collect<string, number>(),
        distinct: countDistinct(),
        topK: topK(3),
        topTweets: topK(3, { by: (tweet: Tweet) => tweet.likes }),
        histogram: histogram({ edges: [0, 1] }),
        longest,
        length: reducer({ ...longest, finish: (state: string, key: string) => state.length + key.length }),
        group: groupReduce((key: string, values: Iterable<number>) => ({ key, total: [...values].length })),
      },
      map() {},
    })
    type Tables = TablesOf<typeof job>
    expectTypeOf<Tables['sum']>().toEqualTypeOf<Rows<Key, number>>()
    expectTypeOf<Tables['sumBig']>().toEqualTypeOf<Rows<Key, bigint>>()
    expectTypeOf<Tables['mean']>().toEqualTypeOf<Rows<Key, number>>()
    expectTypeOf<Tables['geometric']>().toEqualTypeOf<Rows<Key, number>>()
    expectTypeOf<Tables['geometricBig']>().toEqualTypeOf<Rows<string, number>>()
    expectTypeOf<Tables['variance']>().toEqualTypeOf<Rows<Key, number>>()
    expectTypeOf<Tables['sample']>().toEqualTypeOf<Rows<Key, number | null>>()
    expectTypeOf<Tables['min']>().toEqualTypeOf<Rows<Key, Key>>()
    expectTypeOf<Tables['max']>().toEqualTypeOf<Rows<string, [number, string]>>()
    expectTypeOf<Tables['first']>().toEqualTypeOf<Rows<string, Tweet>>()
    expectTypeOf<Tables['last']>().toEqualTypeOf<Rows<Key, unknown>>()
    expectTypeOf<Tables['collect']>().toEqualTypeOf<Rows<string, number[]>>()
    expectTypeOf<Tables['distinct']>().toEqualTypeOf<Rows<Key, number>>()
    expectTypeOf<Tables['topK']>().toEqualTypeOf<Rows<Key, Key[]>>()
    expectTypeOf<Tables['topTweets']>().toEqualTypeOf<Rows<Key, Tweet[]>>()
    expectTypeOf<Tables['histogram']>().toEqualTypeOf<Rows<Key, Histogram>>()
    expectTypeOf<Tables['longest']>().toEqualTypeOf<Rows<Key, string>>()
    expectTypeOf<Tables['length']>().toEqualTypeOf<Rows<string, number>>()
    expectTypeOf<Tables['group']>().toEqualTypeOf<Rows<string, { key: string; total: number }>>()
  })

  it('value and result of all from its fields', () => {
    const job = defineJob({
      input: jsonl<Tweet>(),
      reduce: all({
        n: count<[lang: string]>(),
        likes: sum(),
        inner: all({ longest: max<Key, number>() }),
        counts: all({ n: count() }),
      }),
      map(tweet, emit) {
        emit([tweet.lang], { likes: 1, inner: { longest: 2 } })
        // @ts-expect-error: the key was narrowed by one of the fields
        emit(tweet.lang, { likes: 1, inner: { longest: 2 } })
        // @ts-expect-error: a field is missing
        emit([tweet.lang], { likes: 1 })
        // @ts-expect-error: a field has a wrong type
        emit([tweet.lang], { likes: '1', inner: { longest: 2 } })
        // @ts-expect-error: count takes no value
        emit([tweet.lang], { n: 1, likes: 1, inner: { longest: 2 } })
        // @ts-expect-error: the value is missing
        emit([tweet.lang])
      },
    })
    expectTypeOf<TablesOf<typeof job>['result'][number]['value']>().toEqualTypeOf<{
      readonly n: number
      readonly likes: number
      readonly inner: { readonly longest: number }
      readonly counts: { readonly n: number }
    }>()
    expectTypeOf(all({ n: count() })).toExtend<Reducer<Key, void, unknown[], { readonly n: number }>>()
  })
})

describe('defineJob refuses at compile time', () => {
  it('wrong emits', () => {
    defineJob({
      input: jsonl<Tweet>(),
      reduce: {
        tags: count<[tag: string, lang: string | null]>(),
        likes: sum(),
        ids: sum<string, bigint>(),
        words: collect<string, string>(),
        group: groupReduce((_key: string, values: Iterable<number>) => [...values]),
      },
      map(tweet, emit) {
        emit.tags(['#flu', tweet.lang])
        emit.tags(['#flu', null])
        // @ts-expect-error: a table that is not there
        emit.tag(['#flu', null])
        // @ts-expect-error: the key is too short
        emit.tags(['#flu'])
        // @ts-expect-error: the key's elements are of other types
        emit.tags(['#flu', 1])
        // @ts-expect-error: the key is no tuple
        emit.tags('#flu')
        // @ts-expect-error: count takes no value
        emit.tags(['#flu', null], 1)
        // @ts-expect-error: the value is missing
        emit.likes(tweet.lang)
        // @ts-expect-error: the value is no number
        emit.likes(tweet.lang, '5')
        // @ts-expect-error: bigints are asked for by sum<Key, bigint>()
        emit.likes(tweet.lang, 5n)
        // @ts-expect-error: a number among bigints
        emit.ids(tweet.lang, 5)
        // @ts-expect-error: the value is of another type
        emit.words(tweet.lang, 5)
        // @ts-expect-error: the value is of another type
        emit.group(tweet.lang, 'five')
        // @ts-expect-error: an object is no key
        emit.likes({ lang: tweet.lang }, 5)
        // @ts-expect-error: undefined is no key
        emit.likes(tweet.place?.country_code, 5)
        // @ts-expect-error: with tables, emit is no function
        emit(tweet.lang)
      },
    })
  })

  it('a field of the record that is not there', () => {
    defineJob({
      input: jsonl<Tweet>(),
      reduce: count(),
      map(tweet, emit) {
        // @ts-expect-error: the record has no such field
        emit(tweet.language)
        // @ts-expect-error: the place may be null
        emit(tweet.place.country_code)
      },
    })
  })

  it('what is no job', () => {
    // @ts-expect-error: the input is missing
    defineJob({ reduce: count(), map() {} })
    // @ts-expect-error: the reduce is missing
    defineJob({ input: jsonl<Tweet>(), map() {} })
    // @ts-expect-error: the map is missing
    defineJob({ input: jsonl<Tweet>(), reduce: count() })
    // @ts-expect-error: a reducer that was not called
    defineJob({ input: jsonl<Tweet>(), reduce: count, map() {} })
    // @ts-expect-error: a generator never runs
    defineJob({ input: jsonl<Tweet>(), reduce: count(), *map() {} })
    // @ts-expect-error: a field no job has
    defineJob({ input: jsonl<Tweet>(), reduce: count(), mapp() {}, map() {} })
    // @ts-expect-error: a parameter without a schema
    defineJob({ input: jsonl<Tweet>(), reduce: count(), params: { limit: 10 }, map() {} })
    // @ts-expect-error: an expectation that days() did not make
    defineJob({ input: jsonl<Tweet>(), reduce: count(), expect: '2020', map() {} })
    defineJob({ input: jsonl<Tweet>(), reduce: count(), expect: days('2020-01-01', '2020-12-31'), map() {} })
  })

  it('reducers of wrong types', () => {
    // @ts-expect-error: an object is no key
    count<{ lang: string }>()
    // @ts-expect-error: strings do not add up
    sum<Key, string>()
    // @ts-expect-error: objects have no order without by
    topK<Key, Tweet>(3)
    // @ts-expect-error: a groupReduce cannot be combined
    all({ group: groupReduce(() => 0) })
    // @ts-expect-error: merge is missing
    reducer({ empty: () => 0, add: (state: number) => state })
    // @ts-expect-error: there are no edges
    histogram({ from: 0, to: 1 })
  })
})

describe('AnyJob', () => {
  it('is what every job is', () => {
    const job = defineJob({
      input: jsonl<Tweet>(),
      reduce: {
        lang: count<string>(),
        group: groupReduce((key: string, values: Iterable<number>) => [key, ...values]),
      },
      params: { limit: z.number() },
      setup: () => 5,
      map(tweet, emit) {
        emit.lang(tweet.lang)
      },
    })
    expectTypeOf(job).toExtend<AnyJob>()
  })
})

describe('columns', () => {
  it('are as many as the key has elements', () => {
    const map = () => undefined
    defineJob({
      input: jsonl<Tweet>(),
      reduce: count<[tag: string, lang: string]>(),
      columns: ['tag', 'lang'],
      map,
    })
    defineJob({ input: jsonl<Tweet>(), reduce: count<string>(), columns: ['word'], map })
    defineJob({ input: jsonl<Tweet>(), reduce: count(), columns: ['a', 'b', 'c'], map })
    defineJob({
      input: jsonl<Tweet>(),
      reduce: { lang: count<[string, string]>(), day: count<string>() },
      columns: { lang: ['tag', 'lang'] },
      map,
    })
    // @ts-expect-error a name too few
    defineJob({ input: jsonl<Tweet>(), reduce: count<[string, string]>(), columns: ['tag'], map })
    // @ts-expect-error a name too many
    defineJob({ input: jsonl<Tweet>(), reduce: count<string>(), columns: ['tag', 'lang'], map })
    // @ts-expect-error of no table
    defineJob({ input: jsonl<Tweet>(), reduce: { lang: count<string>() }, columns: { long: ['a'] }, map })
  })

  it('leave the inference of all else alone', () => {
    const job = defineJob({
      input: jsonl<Tweet>(),
      reduce: { lang: count<[string, string]>() },
      columns: { lang: ['tag', 'lang'] },
      charts: [{ kind: 'bars', x: 'lang', where: { tag: '#flu' } }],
      map(tweet, emit) {
        expectTypeOf(tweet).toEqualTypeOf<Tweet>()
        emit.lang(['a', tweet.lang])
      },
    })
    expectTypeOf<TablesOf<typeof job>>().toEqualTypeOf<{ readonly lang: Rows<[string, string], number> }>()
  })
})
