import { defineJob, reducer, text } from 'tallyman'

export default defineJob({
  description: 'Multiplies by what setup, flush and finish each do once: 10, 2 and 10.',
  input: text(),
  reduce: reducer({
    empty: () => 0,
    add: (total, amount: number) => total + amount,
    merge: (left, right) => left + right,
    finish: (total) => total * 10,
  }),
  setup: () => ({ amount: 0 + 10, total: 0 }),
  map(_line, _emit, { state }) {
    state.total += state.amount
  },
  flush(emit, { state }) {
    emit(null, state.total * 2)
  },
})
