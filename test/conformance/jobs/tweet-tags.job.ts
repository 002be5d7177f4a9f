import { count, defineJob, jsonl } from 'tallyman'
import * as z from 'zod'

interface Tweet {
  text: string
  lang: string
  place: { country_code: string } | null
  extended_tweet?: { full_text: string }
}

type ByArchive = [archive: string, tag: string, what: string]

export default defineJob({
  description:
    'Tags by language and country in each archive, with _all as the course wrote it, mended, and over whole texts.',
  input: jsonl<Tweet>(),
  params: { tags: z.string().describe('the tags, with commas between them') },
  reduce: {
    written_lang: count<ByArchive>(),
    written_country: count<ByArchive>(),
    fixed_lang: count<ByArchive>(),
    fixed_country: count<ByArchive>(),
    fulltext_lang: count<ByArchive>(),
    fulltext_country: count<ByArchive>(),
  },
  map(tweet, emit, ctx) {
    const archive = ctx.position.path.split('/').slice(-2).join('/')
    const country = tweet.place?.country_code ?? 'null'
    const tags = ctx.params.tags.split(',')
    const cut = tweet.text.toLowerCase()
    const whole = (tweet.extended_tweet?.full_text ?? tweet.text).toLowerCase()
    for (const tag of tags.flatMap((tag) => (cut.includes(tag) ? ['_all', tag] : ['_all']))) {
      emit.written_lang([archive, tag, tweet.lang])
      emit.written_country([archive, tag, country])
    }
    for (const tag of ['_all', ...tags.filter((tag) => cut.includes(tag))]) {
      emit.fixed_lang([archive, tag, tweet.lang])
      emit.fixed_country([archive, tag, country])
    }
    for (const tag of ['_all', ...tags.filter((tag) => whole.includes(tag))]) {
      emit.fulltext_lang([archive, tag, tweet.lang])
      emit.fulltext_country([archive, tag, country])
    }
  },
})
