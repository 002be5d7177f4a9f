import { defineJob, sum, text } from 'tallyman'

export default defineJob({
  description: 'Characters, words and lines, as wc counts them; emits once a task, in the end.',
  input: text(),
  reduce: sum<string>(),
  setup: () => ({ chars: 0, words: 0, lines: 0 }),
  map(line, _emit, { state }) {
    state.chars += line.length + 1
    state.words += line.split(/\s+/).filter((word) => word !== '').length
    state.lines += 1
  },
  flush(emit, { state }) {
    for (const [what, count] of Object.entries(state)) emit(what, count)
  },
})
