import { all, count, defineJob, jsonl, mean, sum, variance } from 'tallyman'

export default defineJob({
  description: 'Ratings and reviews of phones by brand; the first line names the columns.',
  input: jsonl<readonly unknown[]>(),
  reduce: {
    brands: count<string>(),
    rated: all({ mean: mean<string>(), variance: variance<string>(), reviews: sum() }),
  },
  map(fields, emit, ctx) {
    if (ctx.position.byte === 0) return
    const [brand, rating, reviews] = [String(fields[1]), Number(fields[5]), Number(fields[7])]
    emit.brands(brand)
    emit.rated(brand, { mean: rating, variance: rating, reviews })
  },
})
