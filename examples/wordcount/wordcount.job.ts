import { count, defineJob, text } from 'tallyman'

/** Letters, their marks and joiners, and apostrophes between letters: `don’t` is one word, `1984` is none. */
const word = /\p{L}(?:[\p{L}\p{M}\u200c\u200d]|['’](?=\p{L}))*/gu

export default defineJob({
  description: 'Counts the words of any text, in any script.',
  input: text(),
  reduce: count<string>(),
  map(line, emit) {
    // NFC: é written as one character and as e with an accent are one word.
    for (const [found] of line.normalize('NFC').toLowerCase().matchAll(word)) emit(found.replaceAll('’', "'"))
  },
})
