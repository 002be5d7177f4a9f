import { describe, expectTypeOf, it } from 'vitest'
import { type InputFormat, noRecord } from '../../job/index.ts'
import { fixedWidth } from './fixed-width.ts'

describe('fixedWidth', () => {
  it('knows what each field is read as', () => {
    const format = fixedWidth({
      fields: {
        station: [1, 11],
        raw: { at: [1, 11], type: 'raw' },
        year: { at: [12, 15], type: 'number' },
        id: { at: [16, 40], type: 'bigint' },
        flag: { at: [41, 41], missing: ['M'] },
      },
    })
    expectTypeOf(format).toEqualTypeOf<
      InputFormat<{
        station: string
        raw: string
        year: number | null
        id: bigint | null
        flag: string | null
      }>
    >()
    expectTypeOf(noRecord).not.toExtend<string>()
    // @ts-expect-error: a place has two ends
    fixedWidth({ fields: { a: [1] } })
    // @ts-expect-error: there is no such type
    fixedWidth({ fields: { a: { at: [1, 2], type: 'int' } } })
  })
})
