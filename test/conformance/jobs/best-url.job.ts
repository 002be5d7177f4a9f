import { defineJob, groupReduce, jsonl, type Row } from 'tallyman'

export default defineJob({
  description: 'For each phone number, its url on the host that has the fewest numbers.',
  input: jsonl<Row<string, [phone: string, url: string][]>>(),
  reduce: groupReduce((_phone: string, found: Iterable<[numbers: number, url: string]>) => {
    const [best] = [...found].sort(([left], [right]) => left - right)
    return best?.[1]
  }),
  map({ value: pairs }, emit) {
    for (const [phone, url] of pairs) emit(phone, [pairs.length, url])
  },
})
