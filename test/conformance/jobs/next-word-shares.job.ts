import { defineJob, groupReduce, jsonl, type Row } from 'tallyman'

type Follower = [next: string, count: number]

export default defineJob({
  description: 'Of what follows each word: [next word, [total, count, percent]].',
  input: jsonl<Row<[word: string, next: string], number>>(),
  reduce: groupReduce((_word: string, followers: Iterable<Follower>) => {
    // "*" comes before every letter, so the total is first.
    const [[, total] = ['*', 0], ...nexts] = [...followers].sort(([left], [right]) => (left < right ? -1 : 1))
    return nexts.map(([next, count]) => [next, [total, count, (100 * count) / total]])
  }),
  map({ key: [word, next], value: count }, emit) {
    emit(word, [next, count])
  },
})
