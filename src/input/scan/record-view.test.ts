import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonObjectText } from '../../../test/fixtures/json-texts.ts'
import { compareLines, readWithin, recordUseOf } from '../../../test/fixtures/record-uses.ts'
import { RecordRejection, type RecordUse } from '../../job/index.ts'
import { jsonl } from '../decode/jsonl.ts'

/** Any of these names, and nothing known of their values. */
function readsOfNames(...names: readonly string[]): RecordUse {
  return { reads: new Map(names.map((name) => [name, null])), mayReadLater: true }
}

type Fields = Readonly<Record<string, unknown>>
const names = ['a', 'b', 'id', 'é', 'absent', 'length', 'source', 'values', 'complete']

/** What lines hold under these names, each read twice: at once, and when all lines have been scanned. */
function readsOf(lines: readonly Buffer[], lazy: boolean): unknown[] {
  const decoder = jsonl<Fields>({ lazy }).decoder(readsOfNames(...names))
  const chunk = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]))
  decoder.enterChunk?.(chunk)
  const reads: unknown[] = []
  const kept: Fields[] = []
  for (let start = 0; start < chunk.length; ) {
    const end = decoder.lineEnd?.(start) ?? chunk.indexOf(0x0a, start)
    try {
      const record = decoder.decode(chunk, start, end)
      if (typeof record === 'object' && record !== null) {
        reads.push(names.map((name) => record[name]))
        kept.push(record)
      } else reads.push(record)
    } catch (error) {
      if (!(error instanceof RecordRejection)) throw error
      reads.push(error.message)
    }
    start = end + 1
  }
  const later = kept.map((record) => names.map((name) => record[name]))
  return [reads, later]
}

describe('a record view', () => {
  test('reads as a plain record does, now and later, on generated JSON', () => {
    fc.assert(
      fc.property(fc.array(jsonObjectText, { minLength: 4, maxLength: 30 }), (texts) => {
        const lines = texts.filter((text) => !text.includes('\n')).map((text) => Buffer.from(text))
        expect(readsOf(lines, true)).toEqual(readsOf(lines, false))
      }),
      { numRuns: 1500 },
    )
  })

  test('reads and writes in objects as a plain record does, now and later', () => {
    fc.assert(
      fc.property(fc.array(jsonObjectText, { minLength: 4, maxLength: 30 }), (texts) => {
        const lines = texts.filter((text) => !text.includes('\n')).map((text) => Buffer.from(text))
        const lazy = jsonl().decoder(recordUseOf(readWithin))
        const plain = jsonl({ lazy: false }).decoder()
        expect(compareLines(lines, { lazy, plain }, readWithin).difference).toBeNull()
      }),
      { numRuns: 1500 },
    )
  })

  test('has its chunk for as long as something may be read of it', () => {
    const chunk = Buffer.from('{"a":{"b":"x"}}\n')
    const within: RecordUse['reads'] = new Map([['a', new Map([['b', null]])]])
    const read = (use: RecordUse | null): { left: boolean | undefined; value: () => unknown } => {
      const decoder = jsonl<{ a: { b: string } }>().decoder(use)
      for (const _ of [1, 2, 3]) {
        decoder.enterChunk?.(chunk)
        const record = decoder.decode(chunk, 0, decoder.lineEnd?.(0) ?? 0) as { a: { b: string } }
        const { a } = record
        expect(a.b).toBe('x')
        const left = decoder.leaveChunk?.()
        if (left === true || use === null || use.mayReadLater) return { left, value: () => a.b }
      }
      return { left: false, value: () => null }
    }
    // A proxy, a view whose object is a proxy, and views that a function may read later.
    for (const use of [null, readsOfNames('a'), { reads: within, mayReadLater: true }]) {
      const { left, value } = read(use)
      expect([left, value()]).toEqual([false, 'x'])
    }
    const { left, value } = read({ reads: within, mayReadLater: false })
    expect(left).toBe(true)
    expect(value).toThrow('A record was read after its map had returned, and its line is gone.')
  })

  test('keeps an object the same that was read of it, and what was written into that', () => {
    const decoder = jsonl<{ a: { b: number }; c: number[] }>().decoder(readsOfNames('a', 'c'))
    const chunk = Buffer.from('{"a":{"b":1},"c":[1]}\n{"a":{"b":2},"c":[2]}\n')
    decoder.enterChunk?.(chunk)
    const first = decoder.decode(chunk, 0, decoder.lineEnd?.(0) ?? 0) as { a: { b: number }; c: number[] }
    const { a, c } = first
    a.b = 5
    c.push(6)
    decoder.decode(chunk, 22, decoder.lineEnd?.(22) ?? 0)
    expect([first.a === a, first.c === c, first.a.b, first.c]).toEqual([true, true, 5, [1, 6]])
  })

  test('is written to as any object is', () => {
    const decoder = jsonl<{ a: number; b?: number }>().decoder(readsOfNames('a', 'b'))
    const chunk = Buffer.from('{"a":1}\n')
    decoder.enterChunk?.(chunk)
    const record = decoder.decode(chunk, 0, decoder.lineEnd?.(0) ?? 0) as { a: number; b?: number }
    record.a += 1
    record.b = 7
    record.a += 1
    expect([record.a, record.b]).toEqual([3, 7])
  })

  test('is not shown to a getter that all objects were given', () => {
    const decoder = jsonl<{ all?: string[] }>().decoder(readsOfNames('all'))
    const chunk = Buffer.from('{"a":1,"b":2}\n')
    decoder.enterChunk?.(chunk)
    const record = decoder.decode(chunk, 0, decoder.lineEnd?.(0) ?? 0) as { all?: string[] }
    const get = function (this: object): string[] {
      return Object.keys(this)
    }
    Object.defineProperty(Object.prototype, 'all', { get, configurable: true })
    try {
      expect(record.all).toEqual(['a', 'b'])
    } finally {
      Reflect.deleteProperty(Object.prototype, 'all')
    }
  })

  test('is a plain record where there are more names than the kernel looks for', () => {
    const many = Array.from({ length: 100 }, (_, number) => `name${number}`)
    const decoder = jsonl().decoder(readsOfNames(...many))
    const chunk = Buffer.from('{"name7":1}\n')
    decoder.enterChunk?.(chunk)
    expect(decoder.decode(chunk, 0, decoder.lineEnd?.(0) ?? 0)).toEqual({ name7: 1 })
  })

  test('that is made for each split learns nothing twice', () => {
    const format = jsonl<{ a: number }>()
    const chunk = Buffer.from('{"a":1}\n{"a":2}\n')
    const values = [1, 2, 3].map(() => {
      const decoder = format.decoder(readsOfNames('a'))
      decoder.enterChunk?.(chunk)
      return [0, 8].map(
        (start) => (decoder.decode(chunk, start, decoder.lineEnd?.(start) ?? 0) as { a: number }).a,
      )
    })
    expect(values).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ])
  })
})
