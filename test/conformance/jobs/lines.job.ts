import { collect, count, defineJob, text } from 'tallyman'

export default defineJob({
  description: 'Every line, in order, and how often each is there.',
  input: text(),
  reduce: { lines: collect<null, string>(), count: count<string>() },
  map(line, emit) {
    emit.lines(null, line)
    emit.count(line)
  },
})
