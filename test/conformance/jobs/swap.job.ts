import { collect, defineJob, jsonl, type Row } from 'tallyman'

export default defineJob({
  description: 'Makes values keys, and keys values.',
  input: jsonl<Row<string | null, number>>(),
  reduce: collect<number, string | null>(),
  map({ key, value }, emit) {
    emit(value, key)
  },
})
