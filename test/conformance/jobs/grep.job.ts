import { bytes, collect, count, defineJob } from 'tallyman'
import * as z from 'zod'
import { grep } from './grep.ts'

export default defineJob({
  description: 'The lines that an external grep lets through, and their words with a u in them.',
  input: bytes(),
  reduce: { lines: collect<null, string>(), words: count<string>() },
  params: { args: z.string().describe('options and pattern for grep, as a JSON list') },
  map(content, emit, ctx) {
    for (const line of grep(z.array(z.string()).parse(JSON.parse(ctx.params.args)), content)) {
      emit.lines(null, line)
      for (const [word] of line.matchAll(/[\w']*u[\w']*/gi)) emit.words(word.toLowerCase())
    }
  },
})
