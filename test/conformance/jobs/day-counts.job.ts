import { dayOf, defineJob, jsonl, sum } from 'tallyman'

/** What the homework's map writes for a day: tag → language or country → tweets. */
type DayCounts = Readonly<Record<string, Readonly<Record<string, number>>>>

/** Tags whose days are followed; on a day that does not have one, its count is 0. */
const followed = ['#covid19', '#coronavirus', '#virus']

export default defineJob({
  description:
    'Adds up the files that the homework writes for each day, and follows three tags through the year.',
  input: jsonl<DayCounts>(),
  reduce: { totals: sum<[tag: string, what: string]>(), days: sum<[tag: string, day: string | null]>() },
  map(counts, emit, ctx) {
    for (const [tag, table] of Object.entries(counts))
      for (const [what, count] of Object.entries(table)) emit.totals([tag, what], count)
    const day = dayOf(ctx.position.path)
    for (const tag of followed)
      emit.days(
        [tag, day],
        Object.values(counts[tag] ?? {}).reduce((total, count) => total + count, 0),
      )
  },
})
