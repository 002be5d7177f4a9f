import { describe, expect, it } from 'vitest'
import { emitMistake } from './emit-mistake.ts'
import { count } from './reducers/count.ts'

const words = { reduce: { words: count(), lines: count() } }
const one = { reduce: count() }

/** What V8 throws at a call, and the function it was in. */
function said(
  { reduce }: { readonly reduce: typeof words.reduce | typeof one.reduce },
  call: (record: string, emit: never) => unknown,
  emit: unknown,
): string | null {
  try {
    call('', emit as never)
  } catch (error) {
    return emitMistake({ reduce, call, place: 1 }, error)
  }
  throw new Error('It was taken.')
}
type Any = (key: string) => void
type Named = Record<string, Any>
const named = { words: () => undefined, lines: () => undefined }

describe('emitMistake', () => {
  it('names the tables where emit is called as if there were one, by whatever name it has', () => {
    const tables = 'There are several tables: say emit.words(…) or emit.lines(…).'
    expect(said(words, (_, emit: Any) => emit('x'), named)).toBe(tables)
    expect(said(words, ({ length: _ }: string, put: Any) => put('x'), named)).toBe(
      tables.replaceAll('emit', 'put'),
    )
    expect(said({ reduce: { words: count() } as never }, (_, emit: Any) => emit('x'), named)).toBe(
      'The table has a name: say emit.words(…).',
    )
  })

  it('names the nearest table for one that there is not', () => {
    expect(said(words, (_, emit: Named) => emit.word?.call(null, '') ?? emit.word!('x'), named)).toBe(
      'Did you mean emit.words? There are several tables: say emit.words(…) or emit.lines(…).',
    )
    expect(said(words, (_, emit: Named) => emit.total!('x'), named)).toBe(
      'There are several tables: say emit.words(…) or emit.lines(…).',
    )
  })

  it('says how one table is emitted to', () => {
    expect(
      said(
        one,
        (_, emit: Named) => emit.words!('x'),
        () => undefined,
      ),
    ).toBe('There is one table: say emit(key, value).')
  })

  it('says nothing of other functions and other errors', () => {
    expect(said(words, (record) => (record as unknown as Any)('x'), named)).toBeNull()
    expect(said(one, (_, emit: Any) => emit('x'), 5)).toBeNull()
    expect(said(words, (_, emit: Named) => emit.words!('x'), { words: 5 })).toBeNull()
    const throws = (error: unknown) =>
      said(
        words,
        () => {
          throw error
        },
        named,
      )
    expect(throws(new Error('emit is not a function'))).toBeNull()
    expect(throws('emit is not a function')).toBeNull()
    expect(throws(new TypeError('no such thing'))).toBeNull()
  })

  it('says nothing where what was called cannot be told', () => {
    const error = new TypeError('put is not a function')
    for (const call of [undefined, Math.max, () => undefined]) {
      expect(emitMistake({ ...words, call, place: 0 }, error)).toBeNull()
      expect(
        emitMistake({ ...words, call, place: 0 }, new TypeError('emit is not a function')),
      ).not.toBeNull()
    }
  })
})
