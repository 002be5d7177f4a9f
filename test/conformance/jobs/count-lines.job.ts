import { pathToFileURL } from 'node:url'
import { collect, count, defineJob, sum, text } from 'tallyman'

export default defineJob({
  description: 'Counts lines: all of them, by task, and by file.',
  input: text(),
  reduce: { total: sum<null>(), tasks: collect<null, number>(), files: count<string>() },
  setup: () => ({ lines: 0 }),
  map(_line, emit, ctx) {
    ctx.state.lines += 1
    emit.files(pathToFileURL(ctx.position.path).href)
  },
  flush(emit, { state }) {
    emit.total(null, state.lines)
    emit.tasks(null, state.lines)
  },
})
