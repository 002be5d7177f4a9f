import { count, defineJob, text } from 'tallyman'

export default defineJob({
  description: 'How often each word is followed by each, and by any ("*").',
  input: text(),
  reduce: count<[word: string, next: string]>(),
  map(line, emit) {
    let before: string | null = null
    for (const [word] of line.toLowerCase().matchAll(/[\w']+/g)) {
      if (before !== null) {
        emit([before, '*'])
        emit([before, word])
      }
      before = word
    }
  },
})
