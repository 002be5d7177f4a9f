import { defineJob, groupReduce, jsonl, type Row } from 'tallyman'

export default defineJob({
  description: 'Of words with their counts: the words of each count, sorted.',
  input: jsonl<Row<string, number>>(),
  reduce: groupReduce((_count: number, words: Iterable<string>) => [...words].sort()),
  map({ key: word, value: count }, emit) {
    emit(count, word)
  },
})
