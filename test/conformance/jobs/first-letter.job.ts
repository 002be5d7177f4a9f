import { collect, defineJob, groupReduce, text } from 'tallyman'

export default defineJob({
  description: 'Words by their first letter, in the order they came, and sorted.',
  input: text(),
  reduce: {
    arrived: collect<string, string>(),
    sorted: groupReduce((_letter: string, words: Iterable<string>) => [...words].sort()),
  },
  map(word, emit) {
    emit.arrived(word.charAt(0), word)
    emit.sorted(word.charAt(0), word)
  },
})
