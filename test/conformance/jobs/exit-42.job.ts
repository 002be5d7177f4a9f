import { count, defineJob, text } from 'tallyman'

export default defineJob({
  description: 'Ends its worker without an exception.',
  input: text(),
  reduce: count<string>(),
  map() {
    process.exit(42)
  },
})
