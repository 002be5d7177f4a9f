import { all, countDistinct, defineJob, max, sum, text } from 'tallyman'

export default defineJob({
  description: 'Lines of each file: how many, how many different ones, their characters, the longest.',
  input: text(),
  reduce: {
    files: all({ lines: sum<string>(), characters: sum(), longest: max<string, number>() }),
    different: countDistinct<string, string>(),
  },
  map(line, emit, ctx) {
    const { path } = ctx.position
    emit.files(path, { lines: 1, characters: line.length, longest: line.length })
    emit.different(path, line)
  },
})
