import { count, defineJob, text } from 'tallyman'

export default defineJob({
  description: 'Fails before its first record.',
  input: text(),
  reduce: count<string>(),
  setup() {
    throw new Error('BOOM')
  },
  map(line, emit) {
    emit(line)
  },
})
