import { count, defineJob, jsonl } from 'tallyman'

export default defineJob({
  description: 'Clicks by time zone; one that is missing is not one that is empty.',
  input: jsonl<{ readonly tz?: string }>(),
  reduce: count<string>(),
  map(click, emit) {
    emit(click.tz ?? '<missing>')
  },
})
