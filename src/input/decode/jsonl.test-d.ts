import { expectTypeOf, test } from 'vitest'
import type { InputFormat } from '../../job/index.ts'
import { bytes } from './bytes.ts'
import { jsonl } from './jsonl.ts'
import { text } from './text.ts'

test('a format carries the type of its records', () => {
  expectTypeOf(jsonl<{ lang: string }>()).toEqualTypeOf<InputFormat<{ lang: string }>>()
  expectTypeOf(jsonl()).toEqualTypeOf<InputFormat<unknown>>()
  expectTypeOf(text()).toEqualTypeOf<InputFormat<string>>()
  expectTypeOf(bytes()).toEqualTypeOf<InputFormat<Uint8Array>>()
})
