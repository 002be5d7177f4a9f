import { readFile } from 'node:fs/promises'
import { defineJob, sum, text } from 'tallyman'
import { textParam } from '../../fixtures/plain-params.ts'

export default defineJob({
  description: 'Counts words, but for those of a file with one word a line.',
  input: text(),
  reduce: sum<string>(),
  /** File of the words to leave out; none where it is empty. */
  params: { stop: textParam('') },
  setup: async ({ params: { stop } }) => ({
    stopWords: new Set(stop === '' ? [] : (await readFile(stop, 'utf8')).split('\n')),
  }),
  map(line, emit, ctx) {
    for (const [word] of line.toLowerCase().matchAll(/[\w']+/g))
      if (!ctx.state.stopWords.has(word)) emit(word, 1)
  },
})
