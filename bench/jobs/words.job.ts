import { count, defineJob, text } from 'tallyman'

export default defineJob({
  description: 'Counts what stands between blanks.',
  input: text(),
  reduce: count<string>(),
  map(line, emit) {
    for (const word of line.split(' ')) emit(word)
  },
})
