import { createHash } from 'node:crypto'
import { bytes, collect, defineJob } from 'tallyman'

export default defineJob({
  description: 'Length and SHA-256 of what each file holds, decompressed.',
  input: bytes(),
  reduce: collect<string, [bytes: number, sha256: string]>(),
  map(content, emit, ctx) {
    emit(ctx.position.path, [content.length, createHash('sha256').update(content).digest('hex')])
  },
})
