import { defineJob, groupReduce, text } from 'tallyman'

export default defineJob({
  description: 'How many values each line has, and null, the key of all of them.',
  input: text(),
  reduce: groupReduce((_key: string | null, values: Iterable<string | null>) => {
    let count = 0
    for (const _value of values) count += 1
    return count
  }),
  map(line, emit) {
    emit(null, line)
    emit(line, null)
  },
})
