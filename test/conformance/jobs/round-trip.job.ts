import { collect, defineJob, jsonl, type Key } from 'tallyman'
import * as z from 'zod'

export default defineJob({
  description: 'Pairs of keys and values, unchanged.',
  input: jsonl<[key: unknown, value: unknown]>(),
  reduce: collect<Key, [key: unknown, value: unknown]>(),
  params: {
    objects: z.enum(['as-they-are', 'as-json']).describe('what is done with a key that is an object'),
  },
  map(pair, emit, ctx) {
    const [key] = pair
    const isObject = typeof key === 'object' && key !== null && !Array.isArray(key)
    // The type is what is tried here: an object is not a key, and the engine has to say so.
    emit(isObject && ctx.params.objects === 'as-json' ? JSON.stringify(key) : (key as Key), pair)
  },
})
