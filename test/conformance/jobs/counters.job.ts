import { count, defineJob, text } from 'tallyman'
import { numberParam } from '../../fixtures/plain-params.ts'

export default defineJob({
  description: 'Passes lines on, and counts them in a counter.',
  input: text(),
  reduce: count<string>(),
  /** What each line adds to Foo/Bar. */
  params: { foobar: numberParam(0) },
  map(line, emit, ctx) {
    emit(line)
    ctx.counter('group/counter_name')
    ctx.counter('Foo/Bar', ctx.params.foobar)
    ctx.counter('Foo/Baz', 1)
    ctx.counter('Foo/Baz', -1)
    ctx.counter('Qux/Quux', 0)
  },
})
