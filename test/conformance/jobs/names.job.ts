import { countDistinct, defineJob, sum, text, topK } from 'tallyman'

export default defineJob({
  description: 'Names given to babies, one file a year: births, names, and the three most given.',
  input: text(),
  reduce: {
    births: sum<[year: number, sex: string]>(),
    names: countDistinct<string, string>(),
    most: topK<[year: number, sex: string], { name: string; births: number }>(3, {
      by: ({ births }) => births,
    }),
  },
  map(line, emit, ctx) {
    const [name = '', sex = '', births] = line.split(',')
    const year = Number(/yob(\d{4})/.exec(ctx.position.path)?.[1])
    emit.births([year, sex], Number(births))
    emit.names(sex, name)
    emit.most([year, sex], { name, births: Number(births) })
  },
})
