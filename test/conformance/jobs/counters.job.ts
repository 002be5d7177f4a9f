import { count, defineJob, text } from 'tallyman'
import * as z from 'zod'

export default defineJob({
  description: 'Passes lines on, and counts them in a counter.',
  input: text(),
  reduce: count<string>(),
  params: { foobar: z.number().default(0).describe('what each line adds to Foo/Bar') },
  map(line, emit, ctx) {
    emit(line)
    ctx.counter('group/counter_name')
    ctx.counter('Foo/Bar', ctx.params.foobar)
    ctx.counter('Foo/Baz', 1)
    ctx.counter('Foo/Baz', -1)
    ctx.counter('Qux/Quux', 0)
  },
})
