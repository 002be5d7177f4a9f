import { collect, defineJob, text } from 'tallyman'

export default defineJob({
  description: 'Lines of two JSON values with a tab between them: the values of each key.',
  input: text(),
  reduce: collect<string>(),
  map(line, emit, ctx) {
    const fields = line.split('\t')
    if (fields.length !== 2) return ctx.reject(`the line has ${fields.length} fields; it should have 2`)
    const [key, value]: unknown[] = fields.map((field) => JSON.parse(field))
    if (typeof key !== 'string') return ctx.reject('the key is no string')
    emit(key, value)
  },
})
