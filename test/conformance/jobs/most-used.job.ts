import { defineJob, jsonl, type Row, reducer } from 'tallyman'

export default defineJob({
  description: 'Of words with their counts, the word with the highest.',
  input: jsonl<Row<string, number>>(),
  reduce: reducer({
    empty: (): [count: number, word: string] => [0, ''],
    add: (best, pair: [count: number, word: string]) => (pair[0] > best[0] ? pair : best),
    merge: (left, right) => (right[0] > left[0] ? right : left),
    finish: ([, word]) => word,
  }),
  map({ key: word, value: count }, emit) {
    emit(null, [count, word])
  },
})
