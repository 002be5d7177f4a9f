import { count, dayOf, defineJob, jsonl } from 'tallyman'
import * as z from 'zod'

interface Tweet {
  /** Cut at 140 characters. Notices of the stream, such as deletions, have none. */
  text?: string
  extended_tweet?: { full_text: string }
  lang?: string
  /** Null where the place is not known; `country_code` is "" where the place is in no country. */
  place?: { country_code: string } | null
}

// biome-ignore format: a tag a line would push the job off the screen
const tags = [
  '#coronavirus', '#corona', '#covid19', '#covid-19', '#covid2019', '#covid-2019', '#virus', '#flu', '#sick', '#cough',
  '#sneeze', '#hospital', '#nurse', '#doctor', '#코로나바이러스', '#コロナウイルス', '#冠状病毒',
]

export default defineJob({
  description:
    'Counts tweets that mention 17 hashtags, by language, by country and by day; _all counts every tweet once.',
  input: jsonl<Tweet>(),
  reduce: { lang: count(), country: count(), day: count() },
  columns: { lang: ['tag', 'lang'], country: ['tag', 'country'], day: ['tag', 'day'] },
  // biome-ignore format: a chart a line
  charts: [
    { name: 'languages', kind: 'bars', table: 'lang', x: 'lang', where: { tag: '#coronavirus' }, title: '{tag} by language', unit: 'tweets' },
    { name: 'countries', kind: 'bars', table: 'country', x: 'country', where: { tag: '#coronavirus' }, title: '{tag} by country', unit: 'tweets' },
    { name: 'days', kind: 'lines', table: 'day', x: 'day', series: 'tag', where: { tag: tags }, title: 'Tweets a day with each hashtag', unit: 'tweets' },
    { name: 'world', kind: 'map', table: 'country', x: 'country', where: { tag: '_all' }, log: true, title: 'All tweets by country', unit: 'tweets' },
  ],
  params: {
    text: z
      .enum(['short', 'full'])
      .default('short')
      .describe('text as cut at 140 characters, or whole where it was longer'),
  },
  map(tweet, emit, ctx) {
    if (tweet.text === undefined) return ctx.counter('not a tweet')
    const whole = ctx.params.text === 'full' ? tweet.extended_tweet?.full_text : undefined
    const text = (whole ?? tweet.text).toLowerCase()
    const day = dayOf(ctx.position.path)
    for (const tag of ['_all', ...tags.filter((tag) => text.includes(tag))]) {
      emit.lang([tag, tweet.lang ?? null])
      emit.country([tag, tweet.place?.country_code ?? null])
      emit.day([tag, day])
    }
  },
})
