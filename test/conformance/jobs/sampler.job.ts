import { defineJob, groupReduce, text } from 'tallyman'

const sampleSize = 10_000

export default defineJob({
  description:
    'Draws 10,000 lines, each as likely as any other; and takes the first 10,000, reading no further.',
  input: text(),
  reduce: {
    sample: groupReduce((_key: null, drawn: Iterable<[random: number, line: string]>) =>
      [...drawn]
        .sort(([left], [right]) => left - right)
        .slice(0, sampleSize)
        .map(([, line]) => line),
    ),
    /** Two groups: what is left unread of the first must not be taken for the second. */
    head: groupReduce((_parity: number, lines: Iterable<string>) => {
      const head: string[] = []
      for (const line of lines) {
        head.push(line)
        if (head.length === sampleSize) break
      }
      return head
    }),
  },
  map(line, emit, ctx) {
    emit.sample(null, [ctx.random(), line])
    emit.head(Number(line.charAt(6)) % 2, line)
  },
})
